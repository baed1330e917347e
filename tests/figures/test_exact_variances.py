"""What the pictures of chapter 10 draw is what its text says."""

from fractions import Fraction as F

import numpy as np
import pytest

from utils.figures import exact_variances


def test_bandit_of_the_text_has_value_8_and_best_baseline_0():
    value, best = exact_variances.bandit_baselines(0.9)
    assert np.isclose(value, 8) and np.isclose(best, 0, atol=1e-12)


def test_value_and_best_baseline_meet_at_one_half():
    assert len(set(exact_variances.bandit_baselines(0.5))) == 1


def test_xor_game_with_a_fair_coin_has_the_stated_variances():
    table = exact_variances.xor_paths(F(1, 2), 0)
    assert [table.variance(form) for form in exact_variances.XOR_ROWS] == [0, 0, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("bonus", [-1, 1])
def test_xor_game_with_a_bonus_has_the_variances_named_in_the_text(bonus):
    table = exact_variances.xor_paths(F(1, 2), bonus)
    of = {form: table.variance(form) for form in exact_variances.XOR_ROWS}
    assert max(of["total"], of["G"]) == F(3, 16)
    assert (of["Q"], of["A"], of["all actions"]) == (F(17, 16), 1, 1)
    assert of["G − V"] == of["G − one-step b"] == 2


@pytest.mark.parametrize("p, bonus", [(F(1, 10), 0), (F(1, 2), 1), (F(9, 10), -1)])
def test_paths_of_the_xor_game_stay_inside_the_axes_and_have_the_gradient_as_mean(p, bonus):
    table = exact_variances.xor_paths(p, bonus)
    for form in exact_variances.XOR_ROWS:
        assert abs(table.samples(form)).max() < F(59, 10)
        assert table.mean(form)[0] == p * (1 - p) * (8 - 16 * p + bonus)
