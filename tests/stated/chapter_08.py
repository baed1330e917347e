"""The numbers of chapter 8: exact worlds, the ward, and the stored runs."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as F
from unittest.mock import patch

import numpy as np
from prose import Stated as S

from utils import exact
from utils.common.chain import Tables
from utils.figures import stored_runs
from utils.learning import clinic
from utils.learning.cartpole import SCALE
from utils.learning.patients import PATIENTS
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.model.rational import fractions

_tables = examples.running_tables()
_p = fractions(_tables.p)
_pi = np.stack([1 - _p, _p], axis=1)
_running = Tables(fractions(_tables.P), fractions(_tables.R), F(1, 2), fractions(_tables.rho0), _pi)
_Q, _V = _running.Q, _running.V
_grid = stored_runs.lake_grid()  # [steps, methods, runs]
_cosines = stored_runs.pole_cosines()[1:]
_least, _largest = _cosines.min(axis=0), _cosines.max(axis=0)
_mdp, _policy = clinic.ward()
_values = exact.evaluate(_mdp, _policy).V
_slope, _first = clinic.right_step(), clinic.right_step(cut=True)
_gamma, _q = F(4, 5), (F(2, 5), F(1, 3))


def _walk(*actions: int) -> F:
    """The probability of these actions in the ward."""
    s, chance = 0, F(1)
    for a in actions:
        chance *= _q[s] if a else 1 - _q[s]
        s = s + 1 if a else 0
    return chance


def _spread(step: int, method: int) -> tuple[float, float, float]:
    row = _grid[step, method]
    return row.mean(), row.min(), row.max()


def _curl(patient: int) -> float:
    """The second coordinate by the first logit minus the first by the second, of a mean step."""
    mdp, policy = clinic.ward()

    def mean_at(theta: np.ndarray) -> np.ndarray:
        moved = LinearSoftmax(policy.features, theta)
        with patch.object(clinic, "ward", lambda: (mdp, moved)):
            return replace(PATIENTS[patient - 1]).mean_estimate  # a copy that has computed nothing

    h = 1e-5 * np.eye(3)
    slopes = [
        (mean_at(policy.theta + h[i]) - mean_at(policy.theta - h[i]))[1 - i] / 2e-5 for i in (0, 1)
    ]
    return slopes[0] - slopes[1]


def _by_step() -> np.ndarray:
    """gamma^t E[psi_t G_t] for t = 0, 1, 2 in the ward, [3, 2]."""
    out = np.zeros((3, 2))
    for walk in clinic.walks():
        paid = [0.8**k * _mdp.R[step] for k, step in enumerate(walk)]
        for t, step in enumerate(walk):
            out[t] += clinic.probability(walk) * sum(paid[t:]) * _policy.scores[step][:2]
    return out


_steps = _by_step()
_undiscounted = (_steps / 0.8 ** np.arange(3)[:, None]).sum(axis=0)
_five = [_spread(0, m) for m in range(3)]
_ten = [_spread(1, m) for m in range(3)]
_twenty = [_spread(2, m) for m in range(3)]

NUMBERS = (
    S("1/2", 6, F(1, 2)),
    S("1/3", 2, _q[1]),
    S("0.95", 3, stored_runs.LAKE_GAMMA),  # twice a cosine, of runs 2 and 8
    S("0.006", 1, 0.95**100),
    S("2/5", 3, _p[0]),
    S("99/61", 1, _Q[0, 0]),
    S("39/61", 1, _Q[0, 1]),
    S("75/61", 1, _V[0]),
    S("60/61", 1, _Q[0, 0] - _Q[0, 1]),
    S("0.2", 1, reason="the rate of the critics, chosen"),
    S("0.048", 1, _five[0][0]),
    S("0.043", 1, _five[0][1]),
    S("0.056", 1, _five[0][2]),
    S("0.062", 1, _five[1][0]),
    S("0.035", 1, _five[1][1]),
    S("0.111", 1, _five[1][2]),
    S("0.038", 1, _five[2][0]),
    S("0.019", 1, _five[2][1]),
    S("0.075", 1, _five[2][2]),
    S("0.122", 2, _ten[0][0]),
    S("0.050", 1, _ten[0][1]),
    S("0.175", 2, _ten[0][2]),
    S("0.116", 2, _ten[1][0]),
    S("0.054", 1, _ten[1][1]),
    S("0.161", 2, _ten[1][2]),
    S("0.140", 2, _ten[2][0]),
    S("0.123", 1, _ten[2][1]),
    S("0.151", 1, _ten[2][2]),
    S("0.083", 1, _twenty[0][0]),
    S("0.033", 1, _twenty[0][1]),
    S("0.115", 1, _twenty[1][0]),
    S("0.028", 1, _twenty[1][1]),
    S("0.162", 1, _twenty[1][2]),
    S("0.170", 1, _twenty[2][0]),
    S("0.158", 1, _twenty[2][1]),
    S("2.4", 1, SCALE[0]),
    S("0.21", 1, SCALE[2]),
    S("1/10", 1, reason="a bound: the largest second derivative is 1/(6 sqrt 3) = 0.0962"),
    S("1/20", 1, F(1, 10) / 2),
    S("0.99", 6, _least[2]),
    S("0.71", 1, -_least[0]),
    S("0.92", 1, -_least[3]),
    S("0.11", 1, -_least[5]),
    S("0.98", 1, _least[6]),
    S("0.9", 1, reason="a bound for nearly certain, chosen"),
    S("0.87", 1, _largest[0]),
    S("0.94", 2, _largest[3]),
    S("0.85", 1, _largest[7]),
    S("1.00", 2, _largest[2]),
    S("0.05", 1, 0.99**300),
    S("3/2", 2, reason="a reward of the example"),
    S("3/4", 1, F(3, 2) / 2),
    S("4/5", 1, _gamma),
    S("4.771", 1, _values[0]),
    S("5.878", 1, _values[1]),
    S("0.0517", 1, -_first[0]),
    S("0.6507", 1, _first[1]),
    S("1/6", 1, F(1, math.factorial(3))),
    S("2/15", 1, _walk(1, 1)),
    S("2/25", 1, _walk(0, 1, 1)),
    S("6.4", 1, _gamma**2 * 10),
    S("27/125", 1, _walk(0, 0, 0)),
    S("0.8", 3, _gamma),
    S("0.64", 3, _gamma**2),
    S("0.0861", 1, _steps[0, 0]),
    S("0.1367", 1, _steps[1, 0]),
    S("0.6770", 1, _steps[1, 1]),
    S("0.0963", 1, _steps[2, 0]),
    S("0.3413", 1, _steps[2, 1]),
    S("0.1066", 1, _undiscounted[0]),
    S("1.3796", 1, _undiscounted[1]),
    S("18/125", 1, _walk(0, 0, 1)),
    S("4/25", 2, _walk(0, 1, 0)),
    S("8/75", 1, _walk(1, 0, 1)),
    S("16/15", 1, _walk(1, 1) * 8),
    S("74/125", 1, _walk(0, 1, 1) * (1 + 10 * _gamma**2)),
    S("2.707", 1, exact.finite_horizon_objective(_mdp, _policy, 3)),
    S("0.1266", 1, _slope[0]),
    S("1.0183", 1, _slope[1]),
    S("0.97", 1, reason="the lambda of the program that is retold"),
    S("0.48", 1, _curl(2)),
    S("0.06", 1, -_curl(3)),
    S("0.004", 1, -_curl(4)),
    S("0.18", 1, _curl(6)),
)
