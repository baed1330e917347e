"""Answers drawn and answers listed, against the episodes of the assay."""

from __future__ import annotations

import numpy as np
import pytest

from utils.learning.assay import Tables, expected_return, in_world, later, objective_value, slope
from utils.learning.drawn_answers import check_drawn, draw, listed
from utils.learning.rule_table import reference
from utils.learning.token_world import thinking
from utils.learning.update_rules import tempered

LATE = later(thinking(1, reference=reference()), [0.3, 0.8])
WORLDS = (thinking(1), LATE, in_world(thinking(1), behaviour=tempered(0.7)))


@pytest.mark.parametrize("world", WORLDS)
def test_the_list_has_the_answers_of_the_assay_with_their_probabilities(world):
    chances, one = listed(world)
    tables, e = Tables.of(world, world.theta), world.episodes
    ours = {
        tuple([*s, *a]): p
        for s, a, p in zip(one.states[:, 0, :1], one.tokens[:, 0], chances, strict=True)
    }
    theirs = {
        (int(s), *map(int, a)): p / 2
        for s, a, p in zip(e.states[:, 0], e.actions, tables.probabilities(), strict=True)
    }
    assert ours.keys() == theirs.keys() and len(ours) == len(chances)
    np.testing.assert_allclose([ours[k] for k in theirs], list(theirs.values()), rtol=1e-13)


def test_scores_ratios_and_values_are_those_of_the_assay():
    chances, one = listed(LATE)
    tables, e = Tables.of(LATE, LATE.theta), LATE.episodes
    order = np.lexsort((*e.actions.T, e.states[:, 0]))
    mine = np.lexsort((*one.tokens[:, 0].T, one.states[:, 0, 0]))
    on = e.mask[order]

    def same(ours, theirs):
        np.testing.assert_allclose(ours[mine, 0] * _wide(on, ours), theirs[order] * _wide(on, ours))

    def _wide(mask, values):
        return mask[..., None] if values.ndim == 4 else mask

    same(one.psi, tables.scores)
    same(one.ratio, np.exp(tables.log_pi - tables.log_old))
    same(one.u_tokens, tables.log_pi - tables.log_ref)
    same(one.before, tables.values[:, :-1])
    goes_on = np.concatenate([e.mask[:, 1:], 0 * e.mask[:, :1]], axis=1)
    same(one.after, e.rewards + goes_on * tables.values[:, 1:])
    np.testing.assert_array_equal(one.ended[mine, 0], e.ended[order])
    np.testing.assert_array_equal(one.lengths[mine, 0], e.mask[order].sum(axis=1))


def test_the_mean_update_over_the_list_is_the_gradient():
    world = thinking(2)
    chances, ys = listed(world)
    assert chances.sum() == pytest.approx(1) and len(chances) == 2 * 7**2
    for weights in (ys.rewards, ys.beside, 2 * ys.centred):
        np.testing.assert_allclose(
            chances @ ys.update(weights), slope(expected_return, world), atol=1e-14
        )
    at_last = ys.by_token(ys.last * ys.rewards[..., None])
    only = (ys.rewards[..., None] * (ys.last[..., None] * ys.psi).sum(axis=2)).mean(axis=1)
    np.testing.assert_array_equal(at_last, only)


def test_answers_seen_from_the_parameters_that_drew_them_have_the_ratio_one():
    ys = draw(LATE, 50, np.random.default_rng(0))
    assert (ys.at(LATE.old).weight == 1).all()
    assert (ys.weight != 1).any()


def test_draws_have_the_frequencies_of_the_list():
    world, n = WORLDS[2], 40_000
    chances, one = listed(world)
    drawn = draw(world, n, np.random.default_rng(1))
    for value in ("rewards", "lengths", "ended", "weight"):
        exact = getattr(one, value)[:, 0].astype(float)
        mean = chances @ exact
        error = np.sqrt(chances @ (exact - mean) ** 2 / n)
        # five standard errors: false alarm 5.7e-7 for each of four
        assert abs(getattr(drawn, value).mean() - mean) <= 5 * error


def test_a_check_of_drawn_answers_holds_and_refuses_a_wrong_version():
    world = thinking(2)
    J = np.real(objective_value(expected_return, world, world.theta))
    verdict = check_drawn(
        "eq:lm-gradient",
        world,
        lambda y: y.rewards.mean(axis=1),
        J,
        {"the shorter pays more": lambda y: (y.rewards / y.lengths).mean(axis=1)},
        groups=5_000,
    )
    assert verdict.holds and verdict.rejected == ("the shorter pays more",)
