"""Estimators side by side: recursion, enumeration and simulation give the same variances."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import problems
import pytest

from utils.estimators import comparison
from utils.model import counterexamples, examples
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, logit_policy

GAMES = {
    "bandit": (counterexamples.bandit(), 1),
    "constants": (counterexamples.constant_rewards("1/2"), 2),
    "xor": (counterexamples.xor_game(bonus=1), 2),
    "td": (counterexamples.noiseless_td_error(), 2),
    "advantage": (counterexamples.noiseless_advantage(), 2),
}


def running(gamma):
    return examples.running(gamma), LinearSoftmax.logits([0.4, 1 / 3])


@pytest.mark.parametrize("name", GAMES)
def test_recursion_gives_exactly_the_variances_of_the_written_out_paths(name):
    game, horizon = GAMES[name]
    table = comparison.path_table(*game, horizon)
    variances = comparison.short_horizon_variances(*game, horizon)
    assert table.probabilities.sum() == 1
    assert {form: table.variance(form) for form in comparison.SHORT_FORMS} == variances


@pytest.mark.parametrize("name", GAMES)
def test_all_forms_have_the_same_mean(name):
    game, horizon = GAMES[name]
    table = comparison.path_table(*game, horizon)
    means = {tuple(table.mean(form)) for form in comparison.SHORT_FORMS}
    assert len(means) == 1


def test_discounting_does_not_disturb_the_agreement_of_the_two_routes():
    tables = examples.running_tables()
    mdp = RationalMDP(tables.P, tables.R, "1/3", tables.rho0)
    policy = logit_policy(tables.p)
    table = comparison.path_table(mdp, policy, 3)
    for form, variance in comparison.short_horizon_variances(mdp, policy, 3).items():
        assert table.variance(form) == variance, form


def test_paths_hold_rewards_that_depend_on_the_next_state():
    noisy, policy = problems.random_rational(7, random_rewards=True)
    mdp = replace(noisy, reward_sd=0)
    table = comparison.path_table(mdp, policy, 3)
    assert table.probabilities.sum() == 1 and len(table.steps) == 2**7
    for form, variance in comparison.short_horizon_variances(mdp, policy, 3).items():
        assert table.variance(form) == variance, form
    with pytest.raises(ValueError, match="the rewards have noise"):
        comparison.path_table(noisy, policy, 3)


def test_steps_of_the_xor_game_are_anything_but_uncorrelated():
    table = comparison.path_table(*counterexamples.xor_game(), 2)
    assert table.variance("G") == 0
    assert table.variance_of_uncorrelated_steps("G") == 4  # two steps with E[(4/2)^2]/2 each


def test_single_step_has_nothing_to_be_correlated_with():
    table = comparison.path_table(*counterexamples.bandit(), 1)
    assert table.variance_of_uncorrelated_steps("G − V") == table.variance("G − V") == F(144, 25)


def test_long_run_variances_are_the_limits_of_long_horizons():
    limit = comparison.long_run_variances(*running(0.5))
    long = comparison.short_horizon_variances(*running(0.5), 60)
    for form in set(limit) & set(long):
        assert np.isclose(limit[form], long[form], rtol=1e-12), form


@pytest.mark.parametrize("gamma", [0.3, 0.9])
def test_best_baselines_are_not_beaten_by_the_others_of_their_kind(gamma):
    var = comparison.long_run_variances(*running(gamma))
    assert var["G − best constant"] <= min(var["G"], var["G − J"])
    assert var["G − best b(s)"] <= min(var[f"G − {b}"] for b in ("V", "one-step b", "J"))
    assert var["Q − best b(s)"] <= min(var["Q"], var["A"], var["Q − one-step b"])


def test_two_actions_minus_the_one_step_baseline_are_all_actions():
    var = comparison.long_run_variances(*running(0.7))
    assert np.isclose(var["Q − one-step b"], var["all actions"], rtol=1e-12)


def test_simulated_variances_agree_with_the_exact_ones():
    """Each of 24 means lies within 5 of its standard errors (39 degrees of freedom).

    By Student's t a right number fails with probability 1.2e-5, the test by chance with 3e-4.
    """
    table = comparison.compare(
        {g: running(g) for g in (0.5, 0.8)}, 40, 250, {0.5: 30, 0.8: 70}, np.random.default_rng(4)
    )
    for gamma, exact in table.exact.items():
        for form, value in exact.items():
            mean, error = table.sampled[gamma][form]
            assert abs(mean - value) < 5 * error, (gamma, form)


def test_two_batches_give_a_variance_and_its_error_for_every_row():
    mdp, policy = running(0.5)
    sampled = comparison.sampled_variances(mdp, policy, 2, 50, 10, np.random.default_rng(0))
    assert list(sampled) == list(comparison.LONG_FORMS)
    assert all(mean > 0 and error >= 0 for mean, error in sampled.values())
    with pytest.raises(ValueError, match="batches is 1, not an integer of at least 2"):
        comparison.sampled_variances(mdp, policy, 1, 50, 10, np.random.default_rng(0))


def test_comparison_table_shows_every_form_as_text_and_as_html():
    exact = {0.5: dict.fromkeys(comparison.LONG_FORMS, 0.25)}
    sampled = {0.5: dict.fromkeys(comparison.LONG_FORMS, (0.26, 0.005))}
    table = comparison.ComparisonTable(exact, sampled)
    for row in comparison.LONG_FORMS.values():
        assert row.name in repr(table) and f"<td>{row.name}</td>" in table._repr_html_()
    assert comparison.LONG_FORMS["G − V"].name == "reward-to-go − V"
    assert "0.2600 ± 0.0050" in repr(table) and "γ = 0.5, exact" in table._repr_html_()
