"""Answers drawn and answers listed, against the episodes of the assay."""

from __future__ import annotations

from itertools import product
from math import exp, log, prod, sqrt

import numpy as np
import pytest

from utils.learning.assay import (
    NoReference,
    Tables,
    expected_return,
    in_world,
    later,
    objective_value,
    slope,
)
from utils.learning.drawn_answers import (
    Answers,
    advantages,
    check_drawn,
    deviation_of_others,
    draw,
    half_groups,
    inverse,
    listed,
    minus_others,
    slope_beside,
    unclipped,
    visits,
)
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


SKILL = ((9.0, 4.0, 1.0), (1 / 9, 1.0, 9.0))
PAY = (0.75, 1.5, 2.25, 0.5, 1.25, 3.0)  # of the right word at each of the six places
PAID = np.zeros((8, 3))
PAID[:6, 1] = PAY
UNEVEN = in_world(later(thinking(3, reference=reference()), [0.3, 0.8]), R=PAID)
TEXTS = (((1,), (0, 2), (0, 0, 1)), ((0, 1), (0, 0, 0), (2,)))  # of prompt 0 and of prompt 1


def made_answers():
    """The answers of ``TEXTS``, each with its state at each step; after the end state 7."""
    states, tokens = np.full((2, 3, 4), 7), np.zeros((2, 3, 3), dtype=int)
    for g, i in product(range(2), range(3)):
        text = TEXTS[g][i]
        tokens[g, i, : len(text)] = text
        states[g, i, : len(text)] = [3 * g + t for t in range(len(text))]
        if text == (0, 0, 0):
            states[g, i, 3] = 6  # cut off
    return Answers(UNEVEN, states, tokens)


def law(place, theta):
    """The probabilities of the three tokens at a place."""
    odds = [exp(theta[0]), SKILL[place // 3][place % 3] * exp(theta[1]), 1.0]
    return [x / sum(odds) for x in odds]


def psi(place, token, theta):
    think, right, _ = law(place, theta)
    return np.array([(token == 0) - think, (token == 1) - right])


def value(place, theta):
    """V at a place, with all the steps to go that are left."""
    think, right, _ = law(place, theta)
    ahead = value(place + 1, theta) if place % 3 < 2 else 0.0
    return think * ahead + right * PAY[place]


def steps():
    """(g, i, t, place, token) of every token of the made answers."""
    return [
        (g, i, t, 3 * g + t, a)
        for g, i in product(range(2), range(3))
        for t, a in enumerate(TEXTS[g][i])
    ]


def filled(each, *more):
    """An array [2, 3, 3, ...] of a function of (place, token, t, text), 0 after the end."""
    out = np.zeros((2, 3, 3, *more))
    for g, i, t, place, a in steps():
        out[g, i, t] = each(place, a, t, TEXTS[g][i])
    return out


def test_what_is_known_of_made_answers_is_that_of_a_loop():
    y, now, before = made_answers(), UNEVEN.theta, UNEVEN.old
    even = (0.0, 0.5)  # the parameters of the reference

    def log_ratio(place, a):
        return log(law(place, now)[a] / law(place, even)[a])

    def paid(place, a):
        return PAY[place] if a == 1 else 0

    def after(place, a):
        goes_on = a == 0 and place % 3 < 2
        return value(place + 1, now) if goes_on else paid(place, a)

    def known(found, each, *more):
        np.testing.assert_allclose(found, filled(each, *more), rtol=1e-13, atol=1e-15)

    known(y.mask, lambda place, a, t, text: 1)
    known(y.thought, lambda place, a, t, text: a == 0)
    known(y.last, lambda place, a, t, text: t == len(text) - 1)
    known(y.paid, lambda place, a, t, text: paid(place, a))
    known(y.psi, lambda place, a, t, text: psi(place, a, now), 2)
    known(y.u_tokens, lambda place, a, t, text: log_ratio(place, a))
    known(
        y.u_to_go,
        lambda place, a, t, text: sum(log_ratio(place - t + k, text[k]) for k in range(t, 3)
                                      if k < len(text)),
    )  # fmt: skip
    known(y.before, lambda place, a, t, text: value(place, now))
    known(y.after, lambda place, a, t, text: after(place, a))
    known(y.A, lambda place, a, t, text: after(place, a) - value(place, now))
    known(
        np.where(y.mask > 0, y.ratio, 0),
        lambda place, a, t, text: law(place, now)[a] / law(place, before)[a],
    )
    assert (y.ratio[y.mask == 0] == 1).all()
    whole = [
        [prod(law(3 * g + t, now)[a] / law(3 * g + t, before)[a] for t, a in enumerate(text))
         for text in TEXTS[g]]
        for g in range(2)
    ]  # fmt: skip
    np.testing.assert_allclose(y.weight, whole, rtol=1e-13)
    np.testing.assert_allclose(y.u, filled(lambda place, a, *_: log_ratio(place, a)).sum(axis=2))
    R, lengths = [[0.75, 0, 2.25], [1.25, 0, 0]], [[1, 2, 3], [2, 3, 1]]
    assert y.rewards.tolist() == R and y.lengths.tolist() == lengths
    np.testing.assert_allclose(y.per_length, [[0.75, 0, 0.75], [0.625, 0, 0]])
    assert y.ended.tolist() == [[True, True, True], [True, False, True]]
    np.testing.assert_allclose(y.centred, [[-0.25, -1, 1.25], [2.5 / 3, -1.25 / 3, -1.25 / 3]])
    np.testing.assert_allclose(y.beside, [[-0.375, -1.5, 1.875], [1.25, -0.625, -0.625]])
    one = sqrt((0.25**2 + 1 + 1.25**2) / 3)
    expected = [[-0.25 / one, -1 / one, 1.25 / one], [sqrt(2), -sqrt(0.5), -sqrt(0.5)]]
    np.testing.assert_allclose(y.standard, expected, rtol=1e-13)


def test_updates_of_made_answers_are_means_over_their_groups():
    y, now = made_answers(), UNEVEN.theta
    weights = np.array([[2.0, -3.0, 5.0], [7.0, 11.0, -13.0]])
    M = np.zeros((2, 3, 2))
    of_tokens, token_weights = np.zeros((2, 2)), np.arange(18.0).reshape(2, 3, 3) ** 2
    for g, i, t, place, a in steps():
        M[g, i] += psi(place, a, now)
        of_tokens[g] += token_weights[g, i, t] * psi(place, a, now) / 3
    update = np.array([sum(weights[g, i] * M[g, i] for i in range(3)) / 3 for g in range(2)])
    np.testing.assert_allclose(y.M, M, rtol=1e-13)
    np.testing.assert_allclose(y.update(weights), update, rtol=1e-13)
    np.testing.assert_allclose(y.by_token(token_weights), of_tokens, rtol=1e-13)
    gap = update - [0.5, -1.5]
    scatter = [3 * (gap[g, 0] * gap[g, 0] + gap[g, 1] * gap[g, 1]) for g in range(2)]
    np.testing.assert_allclose(y.scatter(weights, np.array([0.5, -1.5])), scatter, rtol=1e-13)
    S = [M[g, 0] + M[g, 1] + M[g, 2] for g in range(2)]
    turn = [update[g, 1] * S[g][0] - update[g, 0] * S[g][1] for g in range(2)]
    np.testing.assert_allclose(y.turn(weights), turn, rtol=1e-12)


def test_weights_of_rows_by_hand():
    x = np.array([[1.0, 4.0, 10.0], [2.0, 2.0, 2.0]])
    np.testing.assert_allclose(minus_others(x), [[-6, -1.5, 7.5], [0, 0, 0]])
    np.testing.assert_allclose(deviation_of_others(x), [[3, 4.5, 1.5], [0, 0, 0]])
    np.testing.assert_allclose(inverse(np.array([4.0, 0.0, 1e-13, 0.5])), [0.25, 0, 0, 2])
    ratio = np.array([0.75, 0.8, 1.0, 1.2, 1.25])
    assert unclipped(ratio, np.array(0.5)).tolist() == [1, 1, 1, 1, 0]
    assert unclipped(ratio, np.array(-0.5)).tolist() == [0, 1, 1, 1, 1]
    assert unclipped(ratio, np.array(0.0)).tolist() == [0, 1, 1, 1, 1]
    assert unclipped(ratio, np.array(2.0), 0.5, 1.1).tolist() == [1, 1, 1, 0, 0]
    assert unclipped(ratio, np.array(-2.0), 0.9, 1.1).tolist() == [0, 0, 1, 1, 1]


def test_silent_halves_are_dropped_and_the_loud_ones_count_double():
    # rewards 0, 1 | 0, 0 and 1, 1 | 0, 1 and 1, 0 | 0, 1 and 0, 0 | 0, 0
    world = thinking(4)
    texts = np.array([[2, 1, 2, 2], [1, 1, 2, 1], [1, 2, 2, 1], [2, 2, 2, 2]])
    states = np.full((4, 4, 4), 7)
    states[..., 0] = 0
    tokens = np.zeros((4, 4, 3), dtype=int)
    tokens[..., 0] = texts
    found = half_groups(Answers(world, states, tokens))
    expected = [[-2, 2, 0, 0], [0, 0, -2, 2], [1, -1, -1, 1], [0, 0, 0, 0]]
    np.testing.assert_allclose(found, expected)


def test_a_single_group_may_come_without_an_axis():
    both = made_answers()
    one = Answers(UNEVEN, both.states[1], both.tokens[1])
    for name in ("mask", "last", "paid", "rewards", "lengths", "per_length", "ended", "psi", "M",
                 "u_to_go", "u", "weight", "before", "after", "A", "beside", "centred",
                 "standard"):  # fmt: skip
        np.testing.assert_array_equal(getattr(one, name), getattr(both, name)[1])


def all_answers(prompt, theta):
    """(chance, reward, length, states, tokens, score sum) of the seven answers of a prompt."""
    out = []
    for text in ((1,), (2,), (0, 1), (0, 2), (0, 0, 1), (0, 0, 2), (0, 0, 0)):
        at = [(3 * prompt + t, a) for t, a in enumerate(text)]
        chance = prod(law(place, theta)[a] for place, a in at)
        reward = PAY[at[-1][0]] if text[-1] == 1 else 0.0
        out.append((chance, reward, len(text), at, sum(psi(*x, theta) for x in at)))
    return out


def test_visits_and_advantages_are_sums_over_answers():
    world = in_world(UNEVEN, start=np.array([0.25, 0, 0, 0.75, 0, 0, 0, 0]))
    counts, theta = np.zeros(8), np.array([0.2, -0.7])
    for prompt, share in ((0, 0.25), (1, 0.75)):
        for chance, _, _, at, _ in all_answers(prompt, world.old):
            for place, _ in at:
                counts[place] += share * chance
    np.testing.assert_allclose(visits(world), counts, rtol=1e-13)
    found = advantages(world, theta)
    for place in range(6):
        V = value(place, theta)
        ahead = value(place + 1, theta) if place % 3 < 2 else 0.0
        np.testing.assert_allclose(found[place], [ahead - V, PAY[place] - V, -V], rtol=1e-12)


def test_the_slope_beside_two_others_is_a_sum_over_three_answers():
    world = in_world(UNEVEN, old=None, start=np.eye(8)[3])
    every, total = all_answers(1, world.theta), np.zeros(2)
    for one, two, own in product(every, repeat=3):
        B, L = (one[1] + two[1]) / 2, one[2] + two[2]
        total += 3 * one[0] * two[0] * own[0] * (own[1] - B) / (own[2] + L) * own[4]
    np.testing.assert_allclose(slope_beside(world), total, rtol=1e-12)


def test_a_draw_is_the_inverse_of_the_cumulated_law_at_uniform_numbers():
    world = in_world(UNEVEN, start=np.array([0.25, 0, 0, 0.75, 0, 0, 0, 0]))
    y, rng = draw(world, 5, np.random.default_rng(3)), np.random.default_rng(3)
    prompts = rng.choice(8, 5, p=world.start)
    assert y.states.shape == (5, 3, 4) and set(prompts) == {0, 3}
    assert (y.states[..., 0] == prompts[:, None]).all()
    state = np.repeat(prompts[:, None], 3, axis=1)
    for t in range(3):
        uniform = rng.random((5, 3, 1))[..., 0]
        for g, i in product(range(5), range(3)):
            place = state[g, i]
            if place > 5:
                assert (y.tokens[g, i, t], y.states[g, i, t + 1]) == (0, 7)
                continue
            think, right, _ = law(place, world.old)
            token = 0 if uniform[g, i] < think else 1 if uniform[g, i] < think + right else 2
            after = 7 if token else place + 1 if place % 3 < 2 else 6
            assert (y.tokens[g, i, t], y.states[g, i, t + 1]) == (token, after)
            state[g, i] = after


def test_the_list_of_pairs_has_the_products_of_the_chances():
    world = in_world(UNEVEN, start=np.array([0.25, 0, 0, 0.75, 0, 0, 0, 0]), group=2)
    chances, y = listed(world)
    expected = {}
    for prompt, share in ((0, 0.25), (1, 0.75)):
        every = all_answers(prompt, world.old)
        for one, two in product(every, repeat=2):
            expected[prompt, tuple(one[3]), tuple(two[3])] = share * one[0] * two[0]
    assert len(chances) == len(expected) == 2 * 49
    for p, states, tokens, lengths in zip(chances, y.states, y.tokens, y.lengths, strict=True):
        one, two = (
            tuple(zip(s[: int(n)].tolist(), a[: int(n)].tolist(), strict=True))
            for s, a, n in zip(states, tokens, lengths, strict=True)
        )
        assert p == pytest.approx(expected[states[0, 0] // 3, one, two], rel=1e-13)
    no_wrong_word = in_world(thinking(1), behaviour=lambda pi: pi * [1, 1, 0])
    assert len(listed(no_wrong_word)[0]) == 2 * 4  # after 0, 1, 2 thoughts, and cut off


def test_a_world_without_a_reference_has_no_log_ratio():
    with pytest.raises(NoReference, match="the world has no reference policy"):
        _ = draw(thinking(1), 2, np.random.default_rng(0)).u


@pytest.mark.parametrize(
    "group, words", [(1, "answers"), (2, "groups of two"), (3, "groups of three"),
                     (4, "groups of four")],
)  # fmt: skip
def test_a_check_says_what_was_drawn_and_has_the_exact_error(group, words):
    world = thinking(group, prompts=[1, 0])
    P = np.real(objective_value(expected_return, world, world.theta))
    verdict = check_drawn(
        "eq:lm-gradient",
        world,
        lambda y: {"mean": y.rewards.mean(axis=1), "first": y.rewards[:, 0]},
        {"mean": P, "first": P},
        {"nothing": lambda y: {"mean": 0 * y.rewards[:, 0], "first": 0 * y.rewards[:, 0]}},
        groups=400,
    )
    assert verdict.holds and verdict.simulation.samples_are == words
    assert verdict.simulation.samples == 400 and verdict.simulation.coordinates == 2
    error = sqrt(P * (1 - P) / (400 * group))  # of the clearest coordinate, which is the mean
    assert verdict.simulation.standard_error == pytest.approx(error, abs=6e-5)


def test_a_check_draws_forty_thousand_groups_with_the_seed_0():
    world = thinking(1)
    P = np.real(objective_value(expected_return, world, world.theta))

    def found(**options):
        wrong = {"nothing": lambda y: 0 * y.rewards[:, 0]}
        first = check_drawn("eq:lm-gradient", world, lambda y: y.rewards[:, 0], P, wrong, **options)
        return first.simulation

    assert found() == found(groups=40_000, seed=0) != found(seed=1)
