"""What the pictures of chapter 9 draw is what its text says."""

from __future__ import annotations

import numpy as np
import pytest

from utils.figures import language_models as figures
from utils.learning import group_objective as groups
from utils.learning import update_rules
from utils.learning.assay import mean_update
from utils.learning.token_world import thinking


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_factor_of_the_standardised_group_is_that_of_the_corollary(n):
    p = np.array([0.05, 0.4, 0.9])
    np.testing.assert_allclose(figures.group_factor(2, n, p), groups.factor(p, n), rtol=1e-12)
    np.testing.assert_allclose(figures.group_factor(1, n, p), 1 - 1 / n, rtol=1e-12)


@pytest.mark.parametrize("kind, rule", [(0, "rloo"), (1, "own_length_mean"), (2, "token_mean")])
def test_the_field_of_the_thinking_logit_is_that_of_the_assay(kind, rule):
    fields, *_ = figures.thinking_field(0.5)
    for place in (10, 40):
        world = thinking(figures.GROUP, theta=(figures.THOUGHT[place], 0.0))
        found = mean_update(getattr(update_rules, rule), world)[0]
        assert fields[kind, place] == pytest.approx(found, abs=1e-13)


@pytest.mark.parametrize("hard", [0.25, 0.5, 0.75, 1])
def test_under_the_own_length_answers_come_to_rest_longer_and_worse(hard):
    fields, J, length = figures.thinking_field(hard)
    rest = [figures.stops(fields[0]), figures.stops(fields[1])]
    tokens, right = (np.interp(rest, figures.THOUGHT, v) for v in (length, J))
    assert tokens[1] > tokens[0] + 0.05 and right[1] < right[0] - 0.003


def test_the_gradient_comes_to_rest_at_the_top_of_the_objective():
    fields, J, _ = figures.thinking_field(0.5)
    spacing = figures.THOUGHT[1] - figures.THOUGHT[0]
    assert figures.stops(fields[0]) == pytest.approx(figures.THOUGHT[J.argmax()], abs=spacing)


def test_the_slopes_of_a_coin_are_those_of_sums_over_two_actions():
    p, q = 0.2, 0.7
    law, score = np.array([1 - p, p]), np.array([-p, 1 - p])
    u = np.log([(1 - p) / (1 - q), p / q])
    found = [float(x) for x in figures.kl_slopes(p, q)]
    sums = [law @ (u * score), law @ score, law @ (u * score), law @ ((1 - np.exp(-u)) * score)]
    np.testing.assert_allclose(found, sums, atol=1e-15)


def test_clipped_ascent_has_the_slope_of_the_objective_at_first_and_stops_where_a_is_clipped():
    h = 1e-5
    rise = [figures.two_prompts(x, 0.2) for x in (-h, h)]
    slopes = [(after - before) / (2 * h) for before, after in zip(*rise, strict=True)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-8)
    _, bounded = figures.two_prompts(figures.SHIFT, 0.2)
    stop = np.log(0.12 / 0.88) - np.log(0.1 / 0.9)
    assert figures.SHIFT[bounded.argmax()] == pytest.approx(stop, abs=1e-3)
    J, _ = figures.two_prompts(figures.SHIFT)
    assert (np.diff(J[figures.SHIFT >= 0]) > 0).all()


def test_the_second_moment_of_a_token_is_a_sum_over_two_actions():
    p, q = 0.5, 0.6
    assert figures.second_moment(p, q) == pytest.approx(p * (q / p) ** 2 + (1 - q) ** 2 / (1 - p))


@pytest.mark.parametrize("prompt, start", [(1, 0.4761), (2, 0.8250)])
def test_along_each_answer_the_advantages_add_up_to_the_reward_less_the_start(prompt, start):
    assert len(figures.answers()) == 7
    for number, text in enumerate(figures.answers(), start=1):
        V = figures.values_along(prompt, number)
        assert V[0] == pytest.approx(start, abs=5e-5)
        assert V[-1] == ("✓" in text) and len(V) == 1 + len(text.split())


def test_the_values_of_the_hard_prompt_are_the_chances_by_hand():
    V = figures.values_along(1, 1 + figures.answers().index("… … ✓."))
    last = 9 / 13
    np.testing.assert_allclose(V[1:], [1 / 5 + 3 / 5 * last, last, 1])
