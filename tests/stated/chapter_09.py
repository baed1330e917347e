"""The numbers in the sentences of chapter 9."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
from prose import Stated
from scipy.optimize import brentq
from scipy.stats import binom

from utils.figures.language_models import second_moment, values_along
from utils.learning.assay import expected_return, later, mean_update, objective_value, slope
from utils.learning.rule_table import FAR, SECOND_EPOCH, reference, table
from utils.learning.token_world import SKILL, THETA, thinking
from utils.learning.update_rules import k1_loss, whitened_gae


def report(part: str):
    """The report of the row with this name, or of the only one whose name has this part."""
    rows = dict(table().rows)
    (found,) = [r for name, r in rows.items() if name == part or part not in rows and part in name]
    return found


def chance(odds: float, which: int) -> Fraction:
    """The probability of "…", "✓." or "✗." if "✓." has these odds and "…" those of the world."""
    weights = [Fraction(round(np.exp(THETA[0]))), Fraction(odds).limit_denominator(99), Fraction(1)]
    return weights[which] / sum(weights)


def right(prompt: int) -> float:
    """The chance of a right answer."""
    world = thinking(1, prompts=np.eye(2)[prompt])
    return float(np.real(objective_value(expected_return, world, world.theta)))


def one_decision(p: float, b: float) -> float:
    """The variance of (a - b)(a - p) for a coin with p."""
    law, a = np.array([1 - p, p]), np.array([0, 1])
    rows = (a - b) * (a - p)
    return float(law @ rows**2 - (law @ rows) ** 2)


def cut_at(limit: float, p: float, n: int) -> tuple[float, float]:
    """RLOO for a coin with p, groups of n: (how often the limit is reached, share lost)."""
    k = np.arange(n + 1)
    law = binom.pmf(k, n, p)
    update = k * (n - k) / (n * (n - 1))  # of the logit, with k right answers
    return float(law[update > limit].sum()), float(
        1 - law @ np.minimum(update, limit) / (law @ update)
    )


EASY, HARD = SKILL
RLOO, PLAIN = report("RLOO: minus"), report("REINFORCE, sum")
OTHERS, OWN = report("others' deviation"), report("RLOO, mean over own")
PPO, RATIO = report("PPO, later step, ε"), report("token ratios")
MASKED, PADDED = report("RLOO, cut-off"), report("padding")
CISPO, FAR_PPO, DUAL = (
    report("up to 1.2"),
    report("PPO, far step"),
    report("dual clip"),
)
ENGINE, CAPPED = report("another engine"), report("ratio of the answer up to 2")
WHITENED, CUT_NORM = report("PPO, whitened"), report("norm of the update")
WHITENED_RETURN = mean_update(whitened_gae(1.0), thinking(4))
DROPPED, MASKED_LATE = report("dropped first"), report("(N − 1)")
K1 = {
    sign: mean_update(k1_loss, later(thinking(1, reference=reference()), sign * SECOND_EPOCH))
    for sign in (1, -1)
}
BY_PROMPT = [slope(expected_return, thinking(1, prompts=row))[0] for row in np.eye(2)]
HARD_THOUGHT = [float(v) for v in thinking(1).values(THETA)[range(3), range(3, 6)]]
THOUGHT = values_along(prompt=2, answer=4)  # "… ✓." to the easy prompt
REACHED, LOST = cut_at(0.1, 0.01, 4)
CAP = 10  # of the distance of a token in programs
LET_GO = brentq(lambda f: f - 1 - log(f) - CAP, 1, 100)  # where k3 reaches it, u = -log f
HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
SQUARE = (0.9 * 0.1) ** 2
COIN = 0.3 * 0.7 * log(0.3 * 0.4 / (0.6 * 0.7))
TURNED = -0.1871293728891152  # by hand in tests/learning/test_language_model_claims.py

NUMBERS = (
    Stated("0.0003", 1, reason="the lower limit in the paper on GSPO"),
    Stated("0.0004", 1, reason="the upper limit in the paper on GSPO"),
    Stated("0.0079", 1, CUT_NORM.mean[0]),
    Stated("0.0349", 1, MASKED_LATE.mean[0]),
    Stated("0.0488", 1, DROPPED.mean[0]),
    Stated("0.0518", 1, CUT_NORM.mean[1]),
    Stated("0.0571", 1, WHITENED.mean[0]),
    Stated("0.0919", 1, DROPPED.mean[1]),
    Stated("0.1259", 1, MASKED_LATE.mean[1]),
    Stated("0.1525", 1, K1[1][0]),
    Stated("0.1545", 1, K1[-1][0]),
    Stated("0.2033", 1, K1[1][1]),
    Stated("0.2060", 1, K1[-1][1]),
    Stated("0.2706", 1, WHITENED.mean[1]),
    Stated("0.0255", 1, WHITENED_RETURN[0]),
    Stated("0.1937", 1, WHITENED_RETURN[1]),
    Stated("0.0009", 2, one_decision(0.9, 0.0)),
    Stated("0.0053", 1, CISPO.mean[0]),
    Stated("0.0057", 1, OTHERS.mean[0]),
    Stated("0.0141", 1, OWN.mean[0]),
    Stated("0.0176", 4, RLOO.mean[0]),
    Stated("0.018", 1, sum(BY_PROMPT) / 2),
    Stated("0.0218", 1, RATIO.mean[0]),
    Stated("0.0348", 1, PPO.gradient[0]),
    Stated("0.0403", 1, PLAIN.variance),
    Stated("0.0455", 1, PADDED.mean[0]),
    Stated("0.0480", 1, DUAL.mean[1]),
    Stated("0.0531", 1, DUAL.mean[0]),
    Stated("0.0555", 1, MASKED.mean[0]),
    Stated("0.0576", 2, one_decision(0.9, 0.9)),
    Stated("0.0630", 1, one_decision(0.9, 0.9) + 2 * SQUARE / 3),
    Stated("0.0662", 1, RLOO.variance),
    Stated("0.0872", 1, PPO.mean[0]),
    Stated("0.0904", 1, FAR_PPO.mean[1]),
    Stated("0.1", 3, float(TENTH)),
    Stated("0.065", 1, BY_PROMPT[1]),
    Stated("0.101", 1, BY_PROMPT[0]),
    Stated("0.1003", 1, FAR_PPO.mean[0]),
    Stated("0.1081", 1, PPO.gradient[1]),
    Stated("0.12", 2, 0.1 * 1.2),
    Stated("0.1219", 1, MASKED.mean[1]),
    Stated("0.1338", 1, CISPO.mean[1]),
    Stated("0.14", 1, HARD_THOUGHT[1] - HARD_THOUGHT[0]),
    Stated("0.1558", 1, RATIO.mean[1]),
    Stated("0.1738", 3, RLOO.mean[1]),
    Stated("0.1821", 1, FAR_PPO.gradient[0]),
    Stated("0.1871", 1, TURNED),
    Stated("0.1938", 1, FAR_PPO.gradient[1]),
    Stated("0.1966", 1, ENGINE.mean[0]),
    Stated("0.1969", 1, PADDED.mean[1]),
    Stated("0.2", 7, 0.5 * 0.5 * (0.9 - 0.1)),  # and the clip range
    Stated("0.205", 1, log(0.12 / 0.88) - log(0.1 / 0.9)),
    Stated("0.21", 1, 0.3 * 0.7),
    Stated("0.2144", 1, OTHERS.mean[1]),
    Stated("0.25", 4, HALF * HALF * (10 * Fraction(1, 5) - 1)),  # and THOUGHT[0] - THOUGHT[1]
    Stated("0.26308", 2, COIN),
    Stated("0.2690", 1, ENGINE.mean[1]),
    Stated("0.3", 2, reason="the coin of the example"),
    Stated("0.30000", 1, 0.3 - 0.6),
    Stated("0.375", 1, THOUGHT[1] - float(chance(EASY[2], 1))),
    Stated("0.425", 1, THOUGHT[2] - THOUGHT[1]),
    Stated("0.4761", 1, right(1)),
    Stated("0.476", 2, HARD_THOUGHT[0]),
    Stated("0.55", 1, reason="the coin that has moved"),
    Stated("0.575", 3, THOUGHT[1]),
    Stated("0.6", 3, reason="the reference of the example"),
    Stated("0.615", 2, HARD_THOUGHT[1]),
    Stated("0.61", 1, report("k1 as a loss").variance),
    Stated("0.6505", 1, (right(0) + right(1)) / 2),
    Stated("0.692", 1, HARD_THOUGHT[2]),
    Stated("0.7", 2, reason="the temperature of patient and text; a probability of the coin"),
    Stated("0.8", 4, SECOND_EPOCH[1]),
    Stated("0.825", 3, THOUGHT[0]),
    Stated("0.8250", 1, right(0)),
    Stated("0.88", 1, 1 - 0.12),
    Stated("0.9", 3, 1 - 0.1),
    Stated("1.01", 1, second_moment(0.5, 0.55)),
    Stated("1.2", 3, report("k2 of each token").angle),  # and the cap of CISPO
    Stated("1.3", 1, CAPPED.angle),
    Stated("2.5", 2, FAR[0]),
    Stated("13.6", 2, LET_GO),
    Stated("4.47", 1, (2 * CAP) ** 0.5),
    Stated("1/10", 4, TENTH),
    Stated("1/100", 2, TENTH**2),
    Stated("1/2", 26, chance(EASY[1], 1)),
    Stated("1/3", 5, Fraction(1, 3)),
    Stated("1/37", 1, chance(HARD[0], 1)),
    Stated("1/5", 5, chance(EASY[2], 1)),
    Stated("1/6", 5, HALF / 3),
    Stated("1/8", 3, HALF / 4),
    Stated("1/9", 2, Fraction(HARD[0]).limit_denominator(99)),
    Stated("27/37", 1, chance(HARD[0], 0)),
    Stated("3/13", 4, chance(EASY[0], 0)),
    Stated("3/5", 2, chance(EASY[2], 0)),
    Stated("3/8", 3, chance(EASY[1], 0)),
    Stated("3.9", 1, 100 * REACHED),
    Stated("4/7", 1, (2 - Fraction(2, 3)) / (3 - Fraction(2, 3))),
    Stated("60.2", 1, 100 * LOST),
    Stated("9/10", 2, 1 - TENTH),
    Stated("9/13", 2, chance(EASY[0], 1)),
)
