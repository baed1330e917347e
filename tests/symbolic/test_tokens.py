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
    field = odds.own_length_update(2)  # the short world below has groups of three as well

    def number(element):
        place = list(zip(element.numer.ring.gens, at.values(), strict=True))
        return float(element.numer.evaluate(place) / element.denom.evaluate(place))

    world = thinking(2, prompts=[0, 1])
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


# Each statement of chapter 9, at one random point. Its two sides share no code.


def agree(found, stated) -> bool:
    """Numbers, sequences and dictionaries of them, in the same places."""
    if isinstance(stated, dict):
        return found.keys() == stated.keys() and all(agree(found[k], stated[k]) for k in stated)
    if isinstance(stated, list):
        return len(found) == len(stated) and all(map(agree, found, stated))
    return bool(found == stated)


@pytest.fixture(scope="module")
def free():
    return answers(random_point(*SIZE, random.Random(8), NUMBERS + 64))


@pytest.fixture(scope="module")
def judged(free):
    """The same answers, of which those of one and of three tokens are right."""
    return answers(free.mdp, rewards=(1, 0, 1, 0))


def test_action_value_less_value_of_a_token_is_the_rise_of_the_value(free):
    found = [Q - V for Q, V in tokens.bellman(free)]
    assert agree(found, [rise for y in free.all for rise in y.after - y.before])


def test_leaving_one_out_is_three_halves_of_the_distance_from_the_mean_and_has_no_bias(free):
    for ys in free.batches(3):
        assert tokens.leave_one_out(ys, 1) * 2 == tokens.minus_mean(ys, 1) * 3
    slope = free.gradient(free.J)
    assert free.mean(lambda *ys: tokens.update(ys, tokens.leave_one_out), 3) == slope
    assert free.mean(lambda *ys: tokens.update(ys, tokens.minus_mean), 3) * 3 == slope * 2
    assert free.mean(lambda *ys: tokens.update(ys, tokens.minus(free.spare[0])), 2) == slope


def test_one_number_for_all_answers_of_a_batch_adds_its_slope_over_n(free):
    weight = tokens.minus_one_number(free.spare)
    found = free.mean(lambda *ys: tokens.update(ys, weight), 3)
    assert found == free.gradient(free.J - tokens.mean_number(free, free.spare, 3) / 3)


def test_variances_of_a_constant_baseline_and_of_leaving_one_out_are_the_stated_ones(free):
    constant = tokens.variance(free, tokens.minus(free.spare[0]))
    out = tokens.variance(free, tokens.leave_one_out)
    found = {"constant": constant, "best": constant, "RLOO": out}
    assert agree(found, tokens.stated_variances(free))


def test_each_option_leaves_its_own_part_of_the_variances_out(free):
    b, g = free.spare[0], free.gradient(free.J)
    information = free.mean(lambda y: y.score**2)
    at_J = free.mean(lambda y: (y.reward - free.J) ** 2 * y.score**2) - g**2
    spread = free.mean(lambda y: (y.reward - free.J) ** 2)
    full = tokens.stated_variances(free)
    assert tokens.stated_variances(free, slope=0)["constant"] == full["constant"] + g**2
    best = tokens.stated_variances(free, best=free.J)["best"]
    assert best == at_J + (b - free.J) ** 2 * information
    assert tokens.stated_variances(free, others=0)["RLOO"] == at_J + g**2 / 2
    assert tokens.stated_variances(free, shared=0)["RLOO"] == at_J + information * spread / 2
    assert tokens.stated_variances(free, n=5)["RLOO"] == at_J + (information * spread + g**2) / 4


def test_a_weight_by_the_number_of_right_answers_climbs_the_mean_of_a_function_of_it(judged):
    weights = judged.spare[:6]
    found = judged.mean(lambda *ys: tokens.update(ys, tokens.by_count(weights)), 3)
    assert found == tokens.group_slope(judged, weights)
    pairs = judged.mean(lambda *ys: tokens.update(ys, tokens.by_count(weights[:4])), 2)
    assert pairs == tokens.group_slope(judged, weights[:4], n=2)
    late = [*weights[:3], *weights[4:], 0]  # w-(k + 1) in the place of w-(k)
    assert tokens.group_slope(judged, weights, late=True) == tokens.group_slope(judged, late)


def test_the_standardised_update_of_two_to_four_answers_has_the_stated_factor():
    p = sp.Rational(1, 3)
    stated = {2: 1, 3: sp.sqrt(2), 4: sp.sqrt(3) + (3 - 2 * sp.sqrt(3)) * p * (1 - p)}
    for n, factor_n in stated.items():
        assert sp.simplify(tokens.mean_by_patterns(p, n) - factor_n) == 0
        assert sp.simplify(tokens.mean_deviation(p, n) - factor_n * p * (1 - p)) == 0


def test_a_scale_set_by_the_others_multiplies_the_gradient_by_its_mean(free):
    weight = tokens.scaled_by_others(free.spare)
    found = free.mean(lambda *ys: tokens.update(ys, weight), 3)
    assert found == tokens.mean_number(free, free.spare, 2) * free.gradient(free.J)


def test_numbers_belong_to_answers_in_their_order_and_the_first_scale_sees_the_own_answer(free):
    one, two, three, cut = free.all
    assert [tokens.kind(y) for y in free.all] == [0, 1, 2, 3]
    ys, places = (one, two, cut), (1, 4, 12)  # 4 kind(own) + kind(the first of the others)
    for i, place in enumerate(places):
        scaled = free.spare[place] * tokens.leave_one_out(ys, i)
        assert tokens.scaled_by_first(free.spare)(ys, i) == scaled
    scaled = free.spare[4 * 1 + 3] * tokens.leave_one_out(ys, 0)
    assert tokens.scaled_by_others(free.spare)(ys, 0) == scaled
    ys = (three, one, cut)
    assert tokens.minus_one_number(free.spare)(ys, 2) == cut.reward - free.spare[16 * 2 + 3]


def test_groups_of_two_that_speak_are_averaged_and_silence_costs_what_it_is_likely(judged):
    kept = judged.mean(tokens.kept_halves, 4)
    assert kept == (1 + tokens.silent(judged)) * judged.gradient(judged.J)
    right = [y for y in judged.all if y.reward.value]
    assert tokens.kept_halves(*right, *right) == 0
    assert tokens.kept_halves(*judged.all[:2]) == 0  # a half of one answer says nothing


def test_division_by_the_own_length_climbs_reward_per_token_less_j_times_what_shortness_gives(free):
    found = free.mean(lambda *ys: tokens.update(ys, tokens.per_own_length), 3)
    assert found * 3 == tokens.own_length_slope(free) * 2
    rate = free.mean(lambda y: y.reward / y.length)
    inverse = free.mean(lambda y: 1 / y.length)
    assert tokens.own_length_slope(free, base=0) == free.gradient(rate)
    moved = free.gradient(rate - free.J * inverse)
    assert tokens.own_length_slope(free, held=False) == moved


def test_division_by_all_tokens_climbs_the_gain_over_the_others_per_token_of_all(free):
    found = free.mean(lambda *ys: tokens.update(ys, tokens.per_all_tokens), 3)
    assert found == free.mean(lambda *others: 3 * tokens.slope_beside(free, others), 2)
    one, _, three, _ = free.all
    B = (one.reward + three.reward) / 2
    alone = free.gradient(free.mean(lambda y: (y.reward - B) / y.length))
    assert tokens.slope_beside(free, (one, three), alone=True) == alone


def test_the_update_with_own_lengths_turns_by_the_product_of_two_slopes():
    odds = tokens.odds_world(("1/9", 1))
    J = odds.mean(lambda y: y.reward)
    inverse = odds.mean(lambda y: odds.one / y.length)
    dJ, dL = odds.gradient(J), odds.gradient(inverse)
    across = dJ[1] * dL[0] - dJ[0] * dL[1]
    assert across != 0 and odds.one == 1
    assert odds.curl(odds.own_length_update(3)) * 3 == across * 2
    assert odds.curl(odds.own_length_update(2)) * 2 == across


def test_the_answers_in_odds_have_probabilities_of_sum_one_and_the_scores_of_their_logarithms():
    odds = tokens.odds_world(("1/9", "3/2"))
    assert odds.mean(lambda y: 1) == 1
    assert [(y.reward, y.length) for y in odds.all] == [(1, 1), (0, 1), (1, 2), (0, 2), (0, 2)]
    for y in odds.all:
        assert (odds.gradient(y.probability) == y.score * y.probability).all()
    first = odds.all[0].probability
    assert first == (odds.z / 9) / (1 + odds.x + odds.z / 9)


@pytest.mark.parametrize(
    "left, right",
    [
        (tokens.mean_slopes, tokens.stated_slopes),
        (tokens.old_slopes, tokens.stated_old_slopes),
        (tokens.token_slopes, tokens.stated_token_slopes),
        (tokens.old_data, tokens.stated_old_data),
    ],
)
def test_both_sides_of_the_statements_on_distances_and_old_data_agree(free, left, right):
    assert agree(left(free), right(free))


def test_actions_of_the_old_policy_have_no_advantage_anywhere(free):
    assert tokens.stated_old_data(free, actions=free.old)["error"] == 0
    assert all(
        sum(free.old[k] * row) == 0 for k, row in enumerate(tokens.advantages(free, free.old))
    )


@pytest.mark.parametrize("length", [1, 2])
def test_the_second_moment_of_a_ratio_is_a_product_over_the_tosses(length):
    p, q = Fraction(1, 3), Fraction(3, 5)
    one = Fraction(27, 25) + Fraction(6, 25)  # q^2/p + (1-q)^2/(1-p)
    assert tokens.ratio_moment(p, q, length) == one**length


def test_clipping_flattens_upward_above_and_downward_below_and_nowhere_else():
    cases = tokens.clip_cases(("1/2", "4/5", "1", "13/10", "3/2"), (-1, 1), "1/5", "3/10")
    assert cases[0] == (Fraction(1, 2), -1, Fraction(4, 5), Fraction(13, 10))
    assert tokens.slopes_of_minimum(cases) == tokens.stated_weights(cases)
    assert tokens.flat(cases) == tokens.stated_flat(cases) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    above = tokens.other_clipping(cases, lambda case: case[0] > 1)
    assert above["clipped"] == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    halves = [Fraction(-1, 2), Fraction(1, 2), Fraction(-4, 5), Fraction(4, 5), -1, 1]
    assert above["slope"] == [*halves, 0, 0, 0, 0]


def test_answers_that_are_cut_off_and_masked_are_worth_their_baseline(free):
    w = answers(free.mdp, rewards=(None, None, None, 0))
    cut = w.gradient(tokens.cut_off(w))
    found = w.mean(lambda *ys: tokens.update(ys, tokens.masked), 3)
    assert found == w.gradient(w.J) + w.J * cut
    assert tokens.cut_off(w) == w.all[-1].probability


def test_data_of_another_law_follow_a_multiple_of_the_gradient_and_the_drift_of_its_constants(free):
    found = free.mean(lambda y: y.reward * tokens.other_score(free, y))
    drift = free.mean(lambda y: y.reward * tokens.drift(free, y))
    assert found == free.spare[0] * free.gradient(free.J) + drift
    assert tokens.drift(free, free.all[1]) == free.spare[1] + free.spare[2]
