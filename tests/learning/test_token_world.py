"""The thinking world by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from utils.learning.assay import expected_return, objective_value, slope
from utils.learning.token_world import RIGHT, THINK, TOKENS, WRONG, thinking

EASY = Fraction(9, 13) + Fraction(3, 13) * (Fraction(4, 8) + Fraction(3, 8) * Fraction(1, 5))
HARD = Fraction(1, 37) + Fraction(27, 37) * (Fraction(1, 5) + Fraction(3, 5) * Fraction(9, 13))


def test_the_chances_of_a_right_answer():
    world = thinking(1)
    J = objective_value(expected_return, world, world.theta)
    assert J == pytest.approx(float(EASY + HARD) / 2, rel=1e-14)
    easy = thinking(1, prompts=[1, 0])
    assert objective_value(expected_return, easy, easy.theta) == pytest.approx(float(EASY))


def test_there_are_seven_answers_a_prompt_and_one_of_them_is_cut_off():
    e = thinking(1).episodes
    assert len(e.chance) == 14
    assert (~e.ended).sum() == 2
    assert (e.actions[~e.ended] == THINK).all() and (e.mask[~e.ended] == 1).all()
    assert (e.rewards.sum(axis=1) == (e.actions * e.mask == RIGHT).any(axis=1)).all()


def test_thinking_helps_with_the_hard_prompt_and_hurts_with_the_easy_one():
    easy, hard = (slope(expected_return, thinking(1, prompts=law))[0] for law in ([1, 0], [0, 1]))
    assert easy < 0 < hard


def test_after_the_end_the_network_is_asked_at_the_place_that_comes_next():
    e = thinking(1).episodes
    short = np.flatnonzero((e.mask.sum(axis=1) == 1) & (e.states[:, 0] == 3))
    assert (e.states[short, :3] == [3, 4, 5]).all()


def test_the_tables_of_three_prompts_with_two_places_are_those_of_the_docstring():
    skill = ((2.0, 3.0), (5.0, 7.0), (0.5, 11.0))
    world = thinking(skill=skill, theta=(0.25, -1.5))
    cut, end = 6, 7
    for place, after in enumerate((1, cut, 3, cut, 5, cut)):
        for token, to in ((THINK, after), (RIGHT, end), (WRONG, end)):
            assert np.flatnonzero(world.P[place, token]).tolist() == [to]
            assert world.P[place, token, to] == 1
        odds = np.exp(world.log_probabilities(np.array([0.25, -1.5]))[place])
        expected = [np.exp(0.25), skill[place // 2][place % 2] * np.exp(-1.5)]
        np.testing.assert_allclose(odds[:2] / odds[WRONG], expected, rtol=1e-14)
    assert world.P.shape == (8, 3, 8) and (world.P[cut:, :, end] == 1).all()
    assert world.R.tolist() == [[0, 1, 0]] * 6 + [[0, 0, 0]] * 2
    assert world.start.tolist() == [1 / 3, 0, 1 / 3, 0, 1 / 3, 0, 0, 0]
    assert world.features[:6].tolist() == [[[1, 0], [0, 1], [0, 0]]] * 6
    assert world.offsets.shape == (8, 3) and not world.offsets[cut:].any()
    assert world.features.shape == (8, 3, 2) and not world.features[cut:].any()
    padding = [[0, 1], [end, end], [2, 3], [end, end], [4, 5], [end, end]]
    assert world.padding.tolist() == [*padding, [end, end], [end, end]]
    assert (world.horizon, world.group, world.groups, world.gamma) == (2, 4, 1, 1)
    assert world.theta.tolist() == [0.25, -1.5]
    assert thinking().theta.tolist() == [np.log(3), 0] and len(TOKENS) == 3


def test_a_law_of_the_prompts_is_kept_and_an_empty_group_is_refused():
    assert thinking(prompts=[0.25, 0.75]).start.tolist() == [0.25, 0, 0, 0.75, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="group is 0"):
        thinking(0)
