"""Sentences of chapter 9 that no check of the chapter covers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from utils.learning import update_rules
from utils.learning.assay import (
    Tables,
    assay,
    expected_return,
    in_world,
    mean_update,
    slope,
)
from utils.learning.group_objective import factor
from utils.learning.rule_table import normalisers, sampled_return, table
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


@pytest.mark.parametrize(
    "law, power, percent",
    [(update_rules.tempered(0.7), 0.7, 7), (update_rules.nucleus(0.9), 1, 11)],
)
def test_the_baseline_of_rloo_takes_most_of_the_second_term_away(law, power, percent):
    world = in_world(thinking(4), behaviour=law)
    factor_part = power * slope(sampled_return, world)
    plain, rloo = (
        np.linalg.norm(mean_update(rule, world) - factor_part)
        for rule in (update_rules.reinforce, update_rules.rloo)
    )
    assert round(100 * rloo / plain) == percent
    np.testing.assert_allclose(
        mean_update(update_rules.reinforce, world),
        factor_part + slope(normalisers(power), world),
        atol=1e-13,
    )


def test_for_one_decision_at_a_temperature_nothing_is_left_of_it():
    q, n = 0.3, 4  # drawn with q; the policy's score is a - p; the mean is tau times the slope of q
    p, tau = 0.6, np.log(0.6 / 0.4) / np.log(0.3 / 0.7)
    total = 0.0
    for actions in product((0, 1), repeat=n):
        a = np.array(actions, dtype=float)
        chance = np.prod(np.where(a == 1, q, 1 - q))
        total += chance * ((a - (a.sum() - a) / (n - 1)) * (a - p)).mean()
    assert total == pytest.approx(q * (1 - q))  # = tau dq/dlogit(p), as logit q = logit p / tau
    assert np.log(q / (1 - q)) == pytest.approx(np.log(p / (1 - p)) / tau)


@pytest.mark.parametrize(
    "part, degrees",
    [
        ("by another engine, no ratio", 30),
        ("ratio of each token up to 2", 18),
        ("no answer with a ratio above 2", 12),
    ],
)
def test_the_angles_of_the_other_engine(part, degrees):
    (report,) = [report for name, report in table().rows if part in name]
    assert round(report.angle) == degrees


def test_most_rules_that_are_the_gradient_of_nothing_point_within_15_degrees():
    angles = [r.angle for _, r in table().rows if r.what == "the gradient of nothing"]
    assert sum(angle < 15 for angle in angles) > len(angles) / 2


def test_ratios_of_tokens_can_turn_the_sign_and_the_ratio_of_the_answer_does_not():
    """Two tokens: the engine and the trainer agree on the first and not on the second."""
    trainer, engine = {"x": 0.9, "y": 0.1}, {"x": 0.1, "y": 0.9}
    gradient = by_tokens = by_answers = 0.0
    for first, right in product("xy", (True, False)):
        chance, drawn = (q[first] if right else 1 - q[first] for q in (trainer, engine))
        score = 0.5 if first == "x" else -0.5  # of the first token; the second has no parameter
        gradient += 0.5 * chance * right * score
        by_tokens += 0.5 * drawn * right * score  # its ratio is 1
        by_answers += 0.5 * drawn * (chance / drawn) * right * score
    assert [gradient, by_tokens, by_answers] == pytest.approx([0.2, -0.2, 0.2])


def test_whitened_gae_is_no_gradient_with_lambda_1_either():
    assert assay(update_rules.whitened_gae(1.0), thinking(4)).curl > 1e-3


def test_with_dual_clip_the_far_step_is_half_as_long_in_nearly_the_same_direction():
    far, dual = (
        next(report for name, report in table().rows if part in name)
        for part in ("PPO, far step", "dual clip")
    )
    assert 0.5 < np.linalg.norm(dual.mean) / np.linalg.norm(far.mean) < 0.55
    assert abs(dual.angle - far.angle) < 0.1
