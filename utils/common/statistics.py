"""Means with their errors, and intervals."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from utils.common.validation import check_count


def mean_and_standard_error(samples) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the first axis of ``samples`` [N, ...] and its standard error.

    The standard error is sqrt(sum (x - mean)^2 / (N - 1) / N), in the units of the samples.
    """
    samples = np.asarray(samples, dtype=float)
    n = check_count("the number of samples", samples.shape[0] if samples.ndim else 0, least=2)
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / math.sqrt(n)


def normal_quantile(level: float) -> float:
    """z such that a standard normal variable lies in [-z, z] with probability ``level``."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, not strictly between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)


def confidence_interval(mean, standard_error, level: float = 0.95):
    """(low, high) = mean -+ z standard_error, the normal interval of this level."""
    half_width = normal_quantile(level) * np.asarray(standard_error)
    return mean - half_width, mean + half_width


def student_interval(mean, standard_error, n: int, level: float = 0.95):
    """(low, high) = mean -+ t standard_error with Student's t: for a small number ``n``."""
    from scipy.special import stdtrit  # deferred: it makes `import utils` slower

    quantile = stdtrit(check_count("n", n, least=2) - 1, (1 + level) / 2)
    half_width = quantile * np.asarray(standard_error)
    return mean - half_width, mean + half_width
