"""The free answers of a language model at a random point."""

from __future__ import annotations

import random

import pytest

from utils.symbolic.answers import NUMBERS, SIZE, answers
from utils.symbolic.finite_field import random_point


@pytest.fixture
def point():
    return answers(random_point(*SIZE, random.Random(3), NUMBERS + 2))


def test_the_probabilities_of_the_answers_sum_to_one(point):
    assert point.mean(lambda y: 1) == 1
    assert point.mean(lambda y: 1, law="old") == 1
    assert point.mean(lambda *ys: 1, n=3) == 1


def test_lengths_and_ends(point):
    assert [y.length.value for y in point.all] == [1, 2, 3, 3]
    assert [y.ended for y in point.all] == [1, 1, 1, 0]


def test_the_score_sum_is_the_slope_of_the_log_probability(point):
    for y in point.all:
        assert point.gradient(y.probability) == y.probability * y.score


def test_the_slope_of_the_log_ratio_is_the_score(point):
    for y in point.all:
        assert point.gradient(y.log_ratio.sum()) == y.score


def test_ratio_and_inverse_belong_to_policy_old_and_reference(point):
    for y in point.all:
        old = y.probability
        for r in y.ratio:
            old = old / r
        assert old == y.old
        for t, token in enumerate(y.tokens):
            assert y.inverse[t] * point.policy[t, token] == point.reference[t, token]


def test_rewards_may_be_given(point):
    fixed = answers(point.mdp, rewards=(1, 0, 1, 0))
    assert [y.reward.value for y in fixed.all] == [1, 0, 1, 0]
    assert len(fixed.spare) == 2
