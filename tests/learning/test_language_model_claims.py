"""Sentences of chapter 9 that no check of the chapter covers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from utils.learning import update_rules
from utils.learning.assay import Tables, assay, expected_return, slope
from utils.learning.group_objective import factor
from utils.learning.token_world import thinking


@pytest.mark.parametrize("p", [0.1, 0.5, 0.57])
def test_for_one_decision_leaving_one_out_of_four_helps_below_four_sevenths(p):
    def variances(p):
        none = p * (1 - p) ** 3
        loo = p * (1 - p) * (1 - 2 * p) ** 2 + 2 * (p * (1 - p)) ** 2 / 3
        return none, loo

    none, loo = variances(p)
    assert loo < none
    for larger in (0.58, 0.75, 0.99):
        none, loo = variances(larger)
        assert loo > none
    assert np.subtract(*variances(4 / 7)) == pytest.approx(0, abs=1e-15)


def test_nine_tenths_solved():
    p, q = 0.9, 0.1
    scores, law = np.array([-p, q]), np.array([q, p])
    rewards = np.array([0.0, 1.0])

    def variance(b):
        return law @ ((rewards - b) ** 2 * scores**2) - (p * q) ** 2

    np.testing.assert_allclose([variance(0.1), variance(0), variance(0.9)], [0, 0.0009, 0.0576],
                               atol=1e-12)  # fmt: skip
    assert variance(0.9) + 2 * (p * q) ** 2 / 3 == pytest.approx(0.0630)


@pytest.mark.parametrize("n", [4, 5, 8, 64])
def test_the_factor_tends_to_root_n_minus_1_at_the_ends_and_is_below_2_in_the_middle(n):
    assert factor(1e-9, n) == pytest.approx(np.sqrt(n - 1), rel=1e-6)
    assert factor(1 - 1e-9, n) == pytest.approx(np.sqrt(n - 1), rel=1e-6)
    assert factor(0.5, n) < min(2, np.sqrt(n - 1))


def test_three_values_of_the_reward_turn_the_sign_of_a_standardised_group_of_four():
    outcomes = [(0.1, 10, 0.5), (0.4, 0, 0.5), (0.5, 1, -0.5)]  # chance, reward, score at p = 1/2
    total = 0.0
    for group in product(outcomes, repeat=4):
        R = np.array([r for _, r, _ in group], dtype=float)
        if R.std() > 0:
            weights = (R - R.mean()) / R.std()
            total += np.prod([c for c, *_ in group]) * (weights @ [s for *_, s in group]) / 4
    assert total == pytest.approx(-0.1871, abs=5e-5)
    assert sum(c * r * s for c, r, s in outcomes) == pytest.approx(0.25)


def test_the_weights_of_a_compatible_critic_are_the_natural_gradient():
    world = thinking(1)
    tables, e = Tables.of(world, world.theta), world.episodes
    chance = tables.probabilities() * world.start[e.states[:, 0]]
    rows, weights, targets = [], [], []
    for k in range(len(chance)):
        for step in range(int(e.mask[k].sum())):
            rows.append(tables.scores[k, step])
            weights.append(chance[k])
            targets.append(e.rewards[k].sum())  # its mean given the step is Q
    rows, weights = np.array(rows), np.sqrt(np.array(weights))
    w, *_ = np.linalg.lstsq(rows * weights[:, None], np.array(targets) * weights, rcond=None)
    fisher = (rows * weights[:, None]).T @ (rows * weights[:, None])
    np.testing.assert_allclose(w, np.linalg.solve(fisher, slope(expected_return, world)), rtol=1e-9)


def test_a_batch_of_a_thousand_tokens_and_a_coin_moved_by_a_twentieth():
    assert 1.01**1000 == pytest.approx(20_959, abs=0.5)


def test_a_first_step_on_fresh_data_clips_nothing():
    ppo, rloo = (assay(r, thinking(3)) for r in (update_rules.ppo, update_rules.rloo))
    np.testing.assert_allclose(ppo.mean, rloo.mean, atol=1e-15)
    np.testing.assert_allclose(ppo.deviation, rloo.deviation, atol=1e-12)
