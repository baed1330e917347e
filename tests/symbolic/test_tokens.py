"""The sides of the statements of chapter 9, by routes that the chapter does not take."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from utils.learning.assay import jacobian, mean_update
from utils.learning.group_objective import factor
from utils.learning.token_world import thinking
from utils.learning.update_rules import minus_group_mean, own_length, policy_loss
from utils.symbolic import tokens
from utils.symbolic.answers import NUMBERS, SIZE, answers
from utils.symbolic.finite_field import random_point


@pytest.fixture
def point():
    return answers(random_point(*SIZE, random.Random(5), NUMBERS + 6))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_mean_over_patterns_is_the_factor_in_floats(n):
    p = sp.Symbol("p", positive=True)
    value = tokens.mean_by_patterns(p, n).subs(p, sp.Rational(3, 10))
    assert float(value) == pytest.approx(float(factor(0.3, n)), rel=1e-12)
    deviation = tokens.mean_deviation(p, n).subs(p, sp.Rational(3, 10))
    assert float(deviation) == pytest.approx(0.21 * float(factor(0.3, n)), rel=1e-12)


def test_the_world_in_odds_is_the_hard_prompt_of_the_thinking_world():
    odds = tokens.odds_world(("1/9", 1, 9))
    at = {odds.x: Fraction(3), odds.z: Fraction(1)}
    field = odds.own_length_update(3)

    def number(element):
        place = list(zip(element.numer.ring.gens, at.values(), strict=True))
        return float(element.numer.evaluate(place) / element.denom.evaluate(place))

    world = thinking(3, prompts=[0, 1])
    rule = policy_loss(minus_group_mean, own_length)
    np.testing.assert_allclose([number(x) for x in field], mean_update(rule, world), atol=1e-13)
    J = jacobian(rule, world)
    assert number(odds.curl(field)) == pytest.approx(J[1, 0] - J[0, 1], abs=1e-7)


def test_the_values_are_the_means_over_the_answers(point):
    assert point.values(point.policy)[0] == point.J
    assert [y.before[0] for y in point.all] == [point.J] * 4
    assert [y.after[-1] for y in point.all] == [y.reward for y in point.all]


def test_the_visits_of_a_place_are_the_chances_of_the_longer_answers(point):
    for k, visits in enumerate(point.visits(point.policy)):
        assert visits == sum(y.probability for y in point.all if len(y.tokens) > k)


def test_the_second_moment_is_a_power_for_numbers():
    p, q = Fraction(1, 2), Fraction(3, 5)
    assert tokens.ratio_moment(p, q, 4) == (1 + (q - p) ** 2 / (p * (1 - p))) ** 4


def test_what_is_clipped():
    cases = tokens.clip_cases(("1/2", "1", "3/2"), (-1, 1), "1/5", "1/5")
    assert tokens.slopes_of_minimum(cases) == [0, Fraction(1, 2), -1, 1, Fraction(-3, 2), 0]
    assert tokens.flat(cases) == tokens.stated_flat(cases) == [1, 0, 0, 0, 0, 1]


def test_a_weight_by_count_sees_its_own_reward_and_the_number_of_right_answers(point):
    fixed = answers(point.mdp, rewards=(1, 0, 1, 0))
    numbers = list(range(10, 16))  # w+(1..3), w-(0..2)
    for ys in product(fixed.all, repeat=3):
        K = sum(y.reward.value for y in ys)
        for i, y in enumerate(ys):
            expected = numbers[K - 1] if y.reward.value else numbers[3 + K]
            assert tokens.by_count(numbers)(ys, i) == expected
