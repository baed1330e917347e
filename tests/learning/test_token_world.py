"""The thinking world by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from utils.learning.assay import expected_return, objective_value, slope
from utils.learning.token_world import RIGHT, THINK, thinking

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
