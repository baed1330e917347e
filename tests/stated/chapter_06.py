"""The numbers of chapter 6."""

from fractions import Fraction as F
from math import exp, log, pi, sqrt

from prose import Stated
from scipy.optimize import brentq
from scipy.stats import norm

from stated.chapter_04 import Q, d
from utils.continuous.lqr import LQR, LinearGaussianPolicy
from utils.continuous.symbolic_lqr import symbolic_lqr
from utils.figures.continuous import clipped_score_mean

half = F(1, 2)
constant = log(2 * pi) / 2
# the running regulator, T = 2
world = symbolic_lqr(
    2,
    alpha=1,
    beta=half,
    q=1,
    c=F(1, 5),
    gamma=half,
    theta=-1,
    sigma=half,
    noise_sd=half,
    start_sd=1,
)
v, k = ([F(str(x.as_expr())) for x in xs] for xs in (world.state_variances(), world.curvatures()))
x = [F(str(f.as_expr())) for f in world.pushes(world.curvatures()[1:])]
steps = [-2 * half**t * v[t] * x[t] for t in (0, 1)]
quiet = steps[0] - 2 * half * (v[1] - half**2 * half**2) * x[1]  # without action noise
late = F(str(world.score_form(world.scores, delay=1).as_expr()))
# a parabola, m = 1 and sigma = 1/2
offsets = {"none": F(1), "V": 1 - F(5, 4), "best": 1 - 1 - 3 * half**2}
variances = {
    name: (B**2 + 6 * B * half**2 + 15 * half**4) / half**2 + 8 for name, B in offsets.items()
}
assert LQR(gamma=0.5, noise_variance=0.25).c == 0.2 == float(F(1, 5))
assert LinearGaussianPolicy(-1).sigma == float(half)
# where the second moments of the wave agree, for sigma = 1 and cos(2 k mu) = 1 or -1
crossings = [
    brentq(
        lambda k, turn=turn: (
            1 + (1 - 4 * k**2) * turn * exp(-2 * k**2) - k**2 * (1 - turn * exp(-2 * k**2))
        ),
        0.1,
        3,
    )
    for turn in (1, -1)
]
# the lever in state 0 of the running MDP
lever = {
    "visits": d[0] / (1 - half),
    "difference": Q[0][1] - Q[0][0],
}
pull = norm.ppf(2 / 5)
push = float(lever["visits"] * lever["difference"]) * norm.pdf(pull)
shift = norm.pdf(0) - norm.pdf(1)
inside = norm.cdf(1) - 0.5

NUMBERS = (
    Stated("0.0163", 1, exp(-3.2) / sqrt(2 * pi)),
    Stated("0.0540", 1, norm.pdf(2)),
    Stated("0.1", 1, reason="a standard deviation, chosen as an example"),
    Stated("0.1570", 1, shift),
    Stated("0.253", 2, pull),
    Stated("0.3413", 1, inside),
    Stated("0.352", 1, norm.pdf(0.5)),
    Stated("0.386", 1, norm.pdf(pull)),
    Stated("0.39", 1, clipped_score_mean(1, 1, -1, 1)),
    Stated("0.3989", 1, norm.pdf(0)),
    Stated("0.399", 1, norm.pdf(0)),
    Stated("0.460", 1, shift / inside),
    Stated("0.5", 2, reason="the mean in a figure, chosen"),
    Stated("0.59", 1, push),
    Stated("0.73", 1, -1 / 2 + log(2) - constant),
    Stated("0.798", 1, 2 * norm.pdf(0)),
    Stated("0.85", 1, crossings[0]),
    Stated("0.92", 3, constant),
    Stated("1.11", 1, crossings[1]),
    Stated("1.38", 1, log(10) - constant),
    Stated("1.596", 1, 4 * norm.pdf(0)),
    Stated("1/10", 2, steps[0]),
    Stated("1/16", 1, half**2 * half**2),
    Stated("1/2", 42, half),
    Stated("1/3", 1, reason="the policy of the running MDP"),
    Stated("1/4", 4, half**2),
    Stated("1/5", 4, quiet),
    Stated("1/8", 1, half**3),
    Stated("10.5", 1, variances["V"]),
    Stated("17/80", 2, sum(steps)),
    Stated("2/2", 9, F(2, 2)),
    Stated("2/5", 2, norm.cdf(pull)),
    Stated("21.75", 1, variances["none"]),
    Stated("3.14", 1, pi),
    Stated("3.2", 2, reason="the log-density in a question, chosen"),
    Stated("3/10", 1, -late),
    Stated("3/2", 1, 1 + half),
    Stated("3/4", 1, -offsets["best"]),
    Stated("40/4", 1, 10),
    Stated("6.9", 1, log(1000)),
    Stated("6/5", 2, k[1]),
    Stated("60/61", 2, -lever["difference"]),
    Stated("9.5", 1, variances["best"]),
    Stated("95/61", 2, lever["visits"]),
    Stated("9/16", 2, v[1]),
    Stated("9/80", 1, steps[1]),
)
