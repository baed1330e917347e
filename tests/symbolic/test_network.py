"""The score of a small network."""

from __future__ import annotations

import random

import numpy as np

from utils.checks.without_sampling import check_at_random_points
from utils.symbolic import network
from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import random_point


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


def test_the_score_of_a_network_is_carried_by_hand():
    x = random_point(1, 3, random.Random(29), tables=network.TABLES)
    t, three, two = x.tables, range(3), range(2)
    pi = [w / sum(t["w"], Dual(0)) for w in t["w"]]
    hidden = [(1 - t["h"][k] ** 2) * sum(t["dW"][k, i] * t["x"][i] for i in two) for k in three]
    logits = {
        "U": [sum(t["dU"][b, k] * t["h"][k] for k in three) for b in three],
        "W": [sum(t["U"][b, k] * hidden[k] for k in three) for b in three],
    }
    for found in (network.forward(x), network.backward(x)):
        for line, slopes in logits.items():
            mean = sum(p * slope for p, slope in zip(pi, slopes, strict=True))
            assert list(found[line]) == [slope - mean for slope in slopes]
    loose = network.backward(x, centred=0)
    assert list(loose["U"]) == logits["U"] and list(loose["W"]) == logits["W"]
    straight = network.backward(x, centred=0, bend=0)["W"]
    into = [sum(t["dW"][k, i] * t["x"][i] for i in two) for k in three]
    assert list(straight) == [sum(t["U"][b, k] * into[k] for k in three) for b in three]
    turned = network.backward(x, centred=0, transposed=False)["W"]
    assert list(turned) == [sum(t["U"][k, b] * hidden[k] for k in three) for b in three]
