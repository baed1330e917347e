"""Means with their errors, intervals, and how many samples a check needs."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from scipy.special import stdtrit

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
    quantile = stdtrit(check_count("n", n, least=2) - 1, (1 + level) / 2)
    half_width = quantile * np.asarray(standard_error)
    return mean - half_width, mean + half_width


def interval_over_runs(runs, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, low, high) over the first axis of ``runs`` [n, ...], by Student's law."""
    mean, error = mean_and_standard_error(runs)
    return mean, *student_interval(mean, error, len(runs), level)


def sample_size_for_power(
    sd: float, bias: float, sd_mutant: float, z_alarm: float = 5, z_miss: float = 4
) -> int:
    """How many samples a check needs in order to reject a wrong statement.

    The check accepts a mean that lies within z_alarm * sd / sqrt(N) of the exact value, ``sd``
    being the exact standard deviation of the correct estimator. A wrong estimator with this
    ``bias`` and standard deviation ``sd_mutant`` then passes with probability Phi(-z_miss) if

        N >= ((z_alarm sd + z_miss sd_mutant) / bias)^2.

    The defaults give a false alarm with probability 5.7e-7 and a miss with 3.2e-5 for each
    coordinate, by the normal approximation. The answer is never below 100, to keep the
    approximation fair.
    """
    if not bias:
        raise ValueError("bias is 0: no number of samples tells the two estimators apart")
    needed = ((z_alarm * sd + z_miss * sd_mutant) / bias) ** 2
    return max(100, math.ceil(needed))
