"""Rows of the table of update rules, written out once more without the assay.

The answers of the thinking world, their scores and ratios are typed here by hand. Groups are summed
by the number of right answers among the others, and slopes are differences of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import comb, exp, log

import numpy as np
import pytest

from utils.learning.rule_table import ENGINE, FAR, SECOND_EPOCH, table

ROWS = dict(table().rows)
SKILL = ((9.0, 4.0, 1.0), (1 / 9, 1.0, 9.0))
START = np.array([log(3), 0.0])
THINK, RIGHT, WRONG = range(3)
H = 1e-5


def row(part):
    """The report of the only row whose name has this part."""
    (found,) = [report for name, report in ROWS.items() if part in name]
    return found


def law(skill, theta):
    """The probabilities of the three tokens."""
    odds = np.array([exp(theta[0]), skill * exp(theta[1]), 1.0])
    return odds / odds.sum()


@dataclass
class Token:
    """Its place, its number, and the probability with which it was drawn."""

    skill: float
    token: int
    drawn: float

    def ratio(self, theta):
        return law(self.skill, theta)[self.token] / self.drawn

    def score(self, theta):
        think, right, _ = law(self.skill, theta)
        return np.array([self.token == THINK, self.token == RIGHT]) - np.array([think, right])


def answers(prompt, engine=0.0):
    """(chance, reward, tokens) of the seven answers, drawn at START by an engine off by this."""
    out, reached, text = [], 1.0, []
    for skill in SKILL[prompt]:
        q = law(skill, START + np.array([engine, 0]))
        out += [
            (reached * q[a], float(a == RIGHT), [*text, Token(skill, a, q[a])])
            for a in (RIGHT, WRONG)
        ]
        reached, text = reached * q[THINK], [*text, Token(skill, THINK, q[THINK])]
    return [*out, (reached, 0.0, text)]


def mean(value, engine=0.0):
    """E[value(R - mean of the three others, tokens)] over prompts and groups of four."""
    total = 0.0
    for prompt in (0, 1):
        every = answers(prompt, engine)
        p = sum(chance * R for chance, R, _ in every)
        for k in range(4):
            others = comb(3, k) * p**k * (1 - p) ** (3 - k) / 2
            total = total + sum(c * others * value(R - k / 3, text) for c, R, text in every)
    return np.asarray(total)


def slopes(value, theta):
    """The differences of E[value(A, tokens, theta)] along both parameters."""
    ends = [
        [mean(lambda A, text, at=theta + sign * h: value(A, text, at)) for sign in (1, -1)]
        for h in H * np.eye(2)
    ]
    return np.array([(up - down) / (2 * H) for up, down in ends])


def clipped(rho, A):
    return min(rho * A, min(max(rho, 0.8), 1.2) * A)


def test_the_far_step_of_ppo_with_and_without_dual_clip_is_the_slope_of_its_objective():
    now = START + FAR

    def ppo(A, text, theta):
        return sum(clipped(t.ratio(theta), A) for t in text)

    def dual(A, text, theta):
        each = [clipped(t.ratio(theta), A) for t in text]
        return sum(max(x, 3 * A) if A < 0 else x for x in each)

    np.testing.assert_allclose(row("PPO, far step").mean, slopes(ppo, now), atol=1e-9)
    np.testing.assert_allclose(row("dual clip").mean, slopes(dual, now), atol=1e-9)


def test_at_the_later_step_of_the_table_a_dual_clip_at_three_would_change_nothing():
    ratios = {
        t.ratio(START + SECOND_EPOCH)
        for prompt in (0, 1)
        for _, R, text in answers(prompt)
        for t in text
        if not R  # only wrong answers have negative weights
    }
    assert max(ratios) < 1


def test_cispo_weighs_scores_and_climbs_a_logarithm_above_its_cap():
    now = START + SECOND_EPOCH

    def update(A, text):
        return sum(min(t.ratio(now), 1.2) * A * t.score(now) for t in text)

    def objective(A, text, theta):
        each = [t.ratio(theta) for t in text]
        return A * sum(min(x, 1.2) + 1.2 * log(max(x / 1.2, 1)) for x in each)

    np.testing.assert_allclose(row("up to 1.2").mean, mean(update), atol=1e-12)
    np.testing.assert_allclose(row("up to 1.2").mean, slopes(objective, now), atol=1e-9)


def whole(text):
    return np.prod([t.ratio(START) for t in text])


@pytest.mark.parametrize(
    "part, weight",
    [
        ("by another engine, no ratio", lambda text: 1),
        ("ratio of the answer up to 2", lambda text: min(whole(text), 2)),
        ("no answer with a ratio above 2", lambda text: whole(text) * (whole(text) <= 2)),
        ("ratio of the answer without a cap", whole),
    ],
)
def test_the_rows_of_another_engine_are_sums_over_its_answers(part, weight):
    def update(A, text):
        return A * weight(text) * sum(t.score(START) for t in text)

    np.testing.assert_allclose(row(part).mean, mean(update, engine=ENGINE[0]), atol=1e-12)


def test_the_row_with_a_ratio_for_each_token_is_such_a_sum_too():
    def update(A, text):
        return A * sum(min(t.ratio(START), 2) * t.score(START) for t in text)

    found = row("ratio of each token up to 2").mean
    np.testing.assert_allclose(found, mean(update, engine=ENGINE[0]), atol=1e-12)


def test_both_caps_of_the_engine_rows_are_reached():
    every = [text for prompt in (0, 1) for _, _, text in answers(prompt, ENGINE[0])]
    assert max(t.ratio(START) for text in every for t in text) > 2
    assert max(whole(text) for text in every) > 2


def right(prompt, theta):
    """The chance of a right answer."""
    first, second, third = (law(skill, theta) for skill in SKILL[prompt])
    return first[RIGHT] + first[THINK] * (second[RIGHT] + second[THINK] * third[RIGHT])


P = [right(prompt, START) for prompt in (0, 1)]
SLOPE = [
    np.array([right(prompt, START + h) - right(prompt, START - h) for h in H * np.eye(2)]) / (2 * H)
    for prompt in (0, 1)
]


def mean_of_pairs(weigh):
    """E[(1/4) sum_i w_i M_i] of two groups of two, over prompts and patterns of right and wrong."""
    total = np.zeros(2)
    for prompts in product((0, 1), repeat=2):
        of = [prompts[0]] * 2 + [prompts[1]] * 2
        for R in product((0.0, 1.0), repeat=4):
            chance = np.prod([P[s] if r else 1 - P[s] for r, s in zip(R, of, strict=True)]) / 4
            scores = [SLOPE[s] / (P[s] if r else P[s] - 1) for r, s in zip(R, of, strict=True)]
            total += chance * np.array(weigh(np.array(R))) @ np.array(scores) / 4
    return total


def own(R):
    return R - np.repeat([R[:2].mean(), R[2:].mean()], 2)


def divided(x, spread):
    return x / spread if spread > 0 else 0 * x


def kept(R):
    loud = np.repeat([R[0] != R[1], R[2] != R[3]], 2)
    return 2 * own(R) * loud * divided(2.0, loud.sum() / 2)


@pytest.mark.parametrize(
    "part, weigh",
    [
        ("deviation over answers", lambda R: divided(R - R.mean(), R.std())),
        ("divided by the batch's deviation", lambda R: divided(own(R), R.std())),
        ("then whitened over answers", lambda R: divided(own(R), own(R).std())),
        ("silent groups dropped", kept),
    ],
)
def test_the_rows_of_two_groups_of_two_are_sums_over_patterns_of_right_and_wrong(part, weigh):
    np.testing.assert_allclose(row(part).mean, mean_of_pairs(weigh), atol=1e-9)


def test_dropping_silent_groups_multiplies_the_gradient_by_one_plus_their_share():
    silent = sum(p**2 + (1 - p) ** 2 for p in P) / 2
    gradient = (SLOPE[0] + SLOPE[1]) / 2
    np.testing.assert_allclose(row("silent groups").mean, (1 + silent) * gradient, atol=1e-9)


@pytest.mark.parametrize(
    "part", ["batch's deviation, 2", "then whitened over answers", "silent groups"]
)
def test_in_groups_of_two_these_rules_have_the_direction_and_are_still_no_gradient(part):
    report = row(part)
    assert report.angle < 1e-6 and report.curl > 1e-3 and not report.climbs
