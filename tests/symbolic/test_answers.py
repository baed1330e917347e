"""The free answers of a language model at a random point."""

from __future__ import annotations

import random
from itertools import product

import pytest

from utils.symbolic.answers import NUMBERS, SIZE, answers
from utils.symbolic.dual import Dual
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


@pytest.fixture
def a():
    return answers(random_point(*SIZE, random.Random(37), NUMBERS + 2))


def test_the_numbers_of_the_point_are_used_in_order(a):
    n = a.mdp.extra
    assert list(a.rewards) == list(n[:4]) and [y.reward for y in a.all] == list(n[:4])
    for table, first in ((a.reference, 4), (a.old, 7)):
        assert table.tolist() == [[n[first + k], 1 - n[first + k]] for k in range(3)]
    logs = {(k, b): n[10 + 2 * k + b] for k in range(3) for b in (0, 1)}
    for y in a.all:
        for t, token in enumerate(y.tokens):
            assert y.log_ratio[t] == logs[t, token]
            assert y.log_ratio[t].slope == y.scores[t].value
    assert list(a.spare) == list(n[16:]) and len(a.spare) == 2


def test_the_answers_are_one_two_or_three_tokens_and_one_that_is_cut_off(a):
    assert [y.tokens for y in a.all] == [(1,), (0, 1), (0, 0, 1), (0, 0, 0)]
    assert [a.number(y) for y in a.all] == [0, 1, 2, 3]
    assert [y.ended for y in a.all] == [1, 1, 1, 0]
    for y in a.all:
        steps = list(enumerate(y.tokens))
        chance, old, score, weight, u = Dual(1), Dual(1), Dual(0), Dual(1), Dual(0)
        for t, step in enumerate(steps):
            chance, old = chance * a.policy[step], old * a.old[step]
            own = a.mdp.dpi[step] / a.mdp.pi[step]
            score, u = score + own, u + y.log_ratio[t]
            weight = weight * a.policy[step] / a.old[step]
            assert y.scores[t] == own
            assert y.inverse[t] == a.reference[step] / a.policy[step]
            assert y.ratio[t] == a.policy[step] / a.old[step]
        assert (y.probability, y.old) == (chance, old)
        assert (y.score, y.weight, y.u) == (score, weight, u)
        assert y.probability.slope == (y.probability * y.score).value


def test_values_are_worked_out_from_behind_and_visits_from_the_front(a):
    r = a.rewards
    for table in (a.policy, a.reference, a.old):
        V2 = table[2, 0] * r[3] + table[2, 1] * r[2]
        V1 = table[1, 0] * V2 + table[1, 1] * r[1]
        V0 = table[0, 0] * V1 + table[0, 1] * r[0]
        assert a.values(table) == [V0, V1, V2, r[3]]
        assert a.visits(table) == [1, table[0, 0], table[0, 0] * table[1, 0]]
    V = a.values(a.policy)
    assert a.J == V[0] == sum(y.probability * y.reward for y in a.all)
    for y in a.all:
        assert list(y.before) == V[: len(y.tokens)]
        assert list(y.after) == [*V[1 : len(y.tokens)], y.reward]


def test_a_mean_over_pairs_is_a_double_sum_under_the_law_that_is_named(a):
    def value(y, z):
        return y.reward * y.reward * z.reward

    for law in ("probability", "old"):
        right = sum(
            getattr(y, law) * getattr(z, law) * value(y, z) for y, z in product(a.all, repeat=2)
        )
        assert a.mean(value, n=2, law=law) == right
    assert a.mean(value, n=2) == a.mean(value, n=2, law="probability")
    assert len(list(a.batches(2))) == 16 and a.batches(2).__next__() == (a.all[0], a.all[0])
    assert a.gradient(a.J) == sum(y.probability * y.score * y.reward for y in a.all)


def test_a_given_reward_takes_the_place_of_its_random_one_only(a):
    n = a.mdp.extra
    fixed = answers(a.mdp, rewards=(5, None, 0, None))
    assert list(fixed.rewards) == [5, n[1], 0, n[3]]
    assert fixed.reference.tolist() == a.reference.tolist()
