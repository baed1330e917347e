"""The score of a small network."""

from __future__ import annotations

import numpy as np

from utils.checks.without_sampling import check_at_random_points
from utils.symbolic import network


def test_slopes_carried_forward_are_the_score_times_the_direction_and_slips_are_not():
    verdict = check_at_random_points(
        "eq:network-score",
        network.forward,
        network.backward,
        {(1, 3): 60},
        {
            "not centred": lambda x: network.backward(x, centred=0),
            "no slope of the tangent": lambda x: {"W": network.backward(x, bend=0)["W"]},
            "not transposed": lambda x: {"W": network.backward(x, transposed=False)["W"]},
        },
        tables=network.TABLES,
    )
    assert verdict.holds and len(verdict.rejected) == 3


def test_the_formula_is_the_derivative_of_a_real_network():
    rng = np.random.default_rng(0)
    W, U, x = rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=2)

    def log_pi(W, U):
        z = U @ np.tanh(W @ x)
        return z - np.log(np.exp(z).sum())

    h = np.tanh(W @ x)
    for a in range(3):
        delta = np.eye(3)[a] - np.exp(log_pi(W, U))
        formula = np.outer(U.T @ delta * (1 - h**2), x), np.outer(delta, h)
        for k, value in enumerate(formula):
            for place in np.ndindex(value.shape):
                step = np.zeros(value.shape, dtype=complex)
                step[place] = 1e-100j
                moved = log_pi(W + step, U) if k == 0 else log_pi(W, U + step)
                assert np.isclose(moved[a].imag * 1e100, value[place], rtol=1e-12)
