"""Estimators side by side: recursion, enumeration and simulation give the same variances."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import problems
import pytest
from trajectories import expectation

from utils.estimators import comparison
from utils.estimators.gradient import policy_gradient
from utils.estimators.rows import Row, by_sign
from utils.exact.chain import ScoredChain
from utils.model import counterexamples, examples
from utils.model.policies import LinearSoftmax, TabularSoftmax
from utils.model.rational import RationalMDP, RationalPolicy, logit_policy
from utils.sampling.rollouts import simulate

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


def three_states():
    """Three states, two actions, one parameter; some transitions and actions are impossible."""
    P = [
        [[F(1, 3), 0, F(2, 3)], [0, F(1, 5), F(4, 5)]],
        [[F(3, 7), F(4, 7), 0], [F(1, 7), F(2, 7), F(4, 7)]],
        [[0, 1, 0], [F(2, 5), 0, F(3, 5)]],
    ]
    mdp = RationalMDP(P, [[2, 3], [5, 7], [11, 13]], F(2, 3), [F(1, 4), 0, F(3, 4)])
    pi = [[F(2, 5), F(3, 5)], [F(1, 3), F(2, 3)], [1, 0]]
    scores = [[[3], [-2]], [[4], [-2]], [[0], [0]]]
    return mdp, RationalPolicy(pi, scores)


def test_the_listed_paths_are_the_possible_ones_with_their_chances():
    table = comparison.path_table(*three_states(), 2)
    found = dict(zip(table.steps, table.probabilities, strict=True))
    assert found == {
        ((0, 0), (0, 0)): F(1, 4) * F(2, 5) * F(1, 3) * F(2, 5),
        ((0, 0), (0, 1)): F(1, 4) * F(2, 5) * F(1, 3) * F(3, 5),
        ((0, 0), (2, 0)): F(1, 4) * F(2, 5) * F(2, 3),
        ((0, 1), (1, 0)): F(1, 4) * F(3, 5) * F(1, 5) * F(1, 3),
        ((0, 1), (1, 1)): F(1, 4) * F(3, 5) * F(1, 5) * F(2, 3),
        ((0, 1), (2, 0)): F(1, 4) * F(3, 5) * F(4, 5),
        ((2, 0), (1, 0)): F(3, 4) * F(1, 3),
        ((2, 0), (1, 1)): F(3, 4) * F(2, 3),
    }
    assert list(table.steps) == sorted(table.steps)


def test_terms_of_a_path_are_those_of_its_definition():
    mdp, policy = three_states()
    table = comparison.path_table(mdp, policy, 3)
    gamma, chain = F(2, 3), ScoredChain.of(mdp, policy)
    V, Q = chain.finite_horizon_values(3)
    assert set(table.terms) == set(comparison.SHORT_FORMS)
    for k, path in enumerate(table.steps):
        r = [mdp.R[step] for step in path]
        for t, (s, a) in enumerate(path):
            psi, to_go = policy.scores[s, a, 0], sum(gamma**j * r[j] for j in range(t, 3))
            squares = policy.probabilities[s] * policy.scores[s, :, 0] ** 2
            one_step = (squares @ Q[t][s]) / squares.sum() if squares.any() else 0
            over_actions = (policy.probabilities[s] * policy.scores[s, :, 0]) @ Q[t][s]
            expected = {
                "total": psi * sum(gamma**j * r[j] for j in range(3)),
                "G": psi * to_go,
                "G − V": psi * (to_go - gamma**t * V[t][s]),
                "G − one-step b": psi * (to_go - gamma**t * one_step),
                "Q": psi * gamma**t * Q[t][s, a],
                "A": psi * gamma**t * (Q[t][s, a] - V[t][s]),
                "all actions": gamma**t * over_actions,
            }
            for sign, term in expected.items():
                assert table.terms[sign][k, t].tolist() == [term], sign


def test_mean_and_variances_of_a_form_are_sums_over_the_paths():
    mdp, policy = three_states()
    table = comparison.path_table(mdp, policy, 2)

    def X(s, a):
        r = [mdp.R[s[t], a[t]] for t in range(2)]
        first = policy.scores[s[0], a[0], 0] * (r[0] + F(2, 3) * r[1])
        return first, policy.scores[s[1], a[1], 0] * F(2, 3) * r[1]

    def moments(s, a):
        x, y = X(s, a)
        return np.array([x, y, x**2, y**2, (x + y) ** 2])

    x, y, xx, yy, both = expectation(mdp, policy, 2, moments)
    assert table.mean("G").tolist() == [x + y]
    assert table.variance("G") == both - (x + y) ** 2
    assert table.variance_of_uncorrelated_steps("G") == xx - x**2 + yy - y**2
    assert table.samples("G").tolist() == table.terms["G"].sum(axis=1).tolist()


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_recursion_and_paths_agree_where_some_steps_are_impossible(horizon):
    game = three_states()
    table = comparison.path_table(*game, horizon)
    assert table.probabilities.sum() == 1
    for form, variance in comparison.short_horizon_variances(*game, horizon).items():
        assert table.variance(form) == variance, form


@pytest.mark.parametrize("route", [comparison.path_table, comparison.short_horizon_variances])
def test_no_steps_are_no_problem_to_compare_on(route):
    with pytest.raises(ValueError, match="horizon is 0, not an integer of at least 1"):
        route(*three_states(), 0)


def test_only_the_rows_that_are_wanted_are_computed():
    wanted = by_sign([Row("q"), Row("reward-to-go", "V")])
    found = comparison.short_horizon_variances(*three_states(), 2, wanted)
    assert list(found) == ["Q", "G − V"]
    assert list(comparison.path_table(*three_states(), 2, wanted).terms) == ["Q", "G − V"]


def test_simulated_variances_are_means_over_batches_with_their_errors():
    """Three batches, drawn once more; the baselines are those of their names."""
    rng = np.random.default_rng(7)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.7)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    sampled = comparison.sampled_variances(mdp, policy, 3, 40, 5, np.random.default_rng(8))
    chain, again = ScoredChain.of(mdp, policy), np.random.default_rng(8)
    V, Q = chain.values()
    squares = policy.probabilities * (policy.scores**2).sum(axis=2)
    per_step = (squares * Q).sum(axis=1) / squares.sum(axis=1)
    baselines = {
        "G": ("reward-to-go", None),
        "G − J": ("reward-to-go", mdp.rho0 @ V),
        "G − V": ("reward-to-go", V),
        "G − one-step b": ("reward-to-go", per_step),
        "Q": ("q", None),
        "A": ("q", V),
        "TD error": ("td-error", None),
        "Q − one-step b": ("q", per_step),
        "all actions": ("all-action", None),
    }
    runs = [simulate(mdp, policy, 40, 5, again) for _ in range(3)]
    for sign, (weights, b) in baselines.items():
        variances = [policy_gradient(run, policy, mdp, weights, b).variance for run in runs]
        mean, error = sampled[sign]
        assert np.isclose(mean, np.mean(variances), rtol=1e-9), sign
        assert np.isclose(error, np.std(variances, ddof=1) / 3**0.5, rtol=1e-6), sign
    assert list(sampled) == list(comparison.LONG_FORMS)


def test_every_cell_of_the_table_stands_in_its_row_and_column():
    signs = list(comparison.LONG_FORMS)
    exact = {g: {x: i + shift for i, x in enumerate(signs)} for g, shift in ((0.5, 20), (0.9, 40))}
    sampled = {
        g: {x: (i + shift, i / 100) for i, x in enumerate(signs)}
        for g, shift in ((0.5, 60), (0.9, 80))
    }
    table = comparison.ComparisonTable(exact, sampled)
    head, *body = table.lines()
    columns = ["γ = 0.5, exact", "simulated", "γ = 0.9, exact", "simulated"]
    assert head == ["estimate", *columns]
    assert body == [
        [row.name, f"{20 + i}.0000", f"{60 + i}.0000 ± {i / 100:.4f}",
         f"{40 + i}.0000", f"{80 + i}.0000 ± {i / 100:.4f}"]
        for i, row in enumerate(comparison.LONG_FORMS.values())
    ]  # fmt: skip
    shown, html = repr(table).splitlines(), table._repr_html_()
    assert len(shown) == 13 and {len(line) for line in shown} == {5 * 29 + 4 * 2}
    cells = "".join(f"<th>{x}</th>" for x in head)
    assert f"<thead><tr>{cells}</tr></thead><tbody><tr><td>reward-to-go</td>" in html
    assert html.count("<tr>") == 13 and html.count("<td>") == 60
