"""The numbers of the FAQ, which are those of the chapters."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
from prose import Stated as S
from scipy.stats import norm

from stated.chapter_03 import found as log_found
from stated.chapter_03 import true as log_true
from stated.chapter_04 import cost, truth, wrong
from utils.estimators import variance
from utils.learning import clinic
from utils.model import examples
from utils.model.policies import LinearSoftmax

half = F(1, 2)
world, logits = examples.running(0.5), LinearSoftmax.logits(examples.running_tables().p)
affinity = (np.sqrt(0.5 * 0.9) + np.sqrt(0.5 * 0.1)) ** 100
# The better action pays 9 with probability 9/10, the other -1; V = 8. The score is by the logit.
better = F(9, 10)
pairs = ((better, 9, 1 - better), (1 - better, -1, -better))  # probability, reward, score
mean = sum(p * r * psi for p, r, psi in pairs)
with_V = sum(p * ((r - 8) * psi - mean) ** 2 for p, r, psi in pairs)
# Action 1 pays 10 with probability 1/5, action 0 pays 1, batches of two: the standardised returns
# are +1 and -1, so the mean is the chance to be above less the chance to be below.
lucky = F(1, 5)
standardised = lucky - (1 - lucky)
low, high = norm.cdf(-1, 1, 1), norm.sf(1, 1, 1)


def clipped_mean() -> float:
    """The mean of (clip(a) - mu) over sigma^2 for a normal a with mu = sigma = 1, limits -1, 1."""
    inside = 1 * (norm.cdf(0) - norm.cdf(-2)) + norm.pdf(-2) - norm.pdf(0)
    return -low + high + inside - 1


NUMBERS = (
    S("1/2", 7, half),
    S("9/10", 2, better),
    S("1.4", 1, affinity * 1e5),
    S("0.99", 1, reason="a discount, chosen"),
    S("3/2", 1, reason="the second prize of the example, chosen"),
    S("1/4", 2, half * half),
    S("22.4", 1, variance.estimator_moments(world, logits, "total-return", horizon=50).trace),
    S("0.549", 1, variance.estimator_moments(world, logits, horizon=50).trace),
    S("0.2553", 1, log_true[0]),
    S("0.3918", 1, log_true[1]),
    S("0.0123", 1, log_found[0]),
    S("0.0016", 1, log_found[1]),
    S("3/8", 1, cost),
    S("1/16", 1, -truth),
    S("3/16", 1, wrong),
    S("0.1266", 1, clinic.right_step()[0]),
    S("0.0517", 1, -clinic.right_step(cut=True)[0]),
    S("144/25", 1, with_V),
    S("0.9", 2, float(better)),
    S("1/5", 1, lucky),
    S("3/5", 1, -standardised),
    S("0.1", 1, reason="a standard deviation, chosen"),
    S("1.38", 1, norm.logpdf(0, scale=0.1)),
    S("6.9", 1, np.log(1000)),
    S("0.39", 1, clipped_mean()),
)
