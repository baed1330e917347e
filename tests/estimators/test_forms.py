import re
from fractions import Fraction as F
from pathlib import Path

import numpy as np
import problems
import pytest

from utils import exact, policy_gradient, simulate
from utils.estimators import comparison, rows
from utils.estimators.forms import (
    FORMS,
    AlongPaths,
    AtTriples,
    Form,
    along_path,
    along_steps,
    baseline_values,
    critic_tables,
    discounted_rewards_to_go,
    discounted_sums,
    form_named,
    generalised_advantages,
    mean_of_others,
    rewards_to_go,
    td_error,
    td_errors,
)
from utils.estimators.paths import path_table
from utils.estimators.variance import estimator_moments
from utils.model import examples

MDP, POLICY = examples.running(gamma=0.8), examples.running_policy()
ROLLOUTS = simulate(MDP, POLICY, n=30, horizon=7, rng=np.random.default_rng(4))
V, Q = exact.values(MDP, POLICY)


def test_reward_to_go_is_the_discounted_sum_of_what_follows():
    rewards = np.array([[1.0, 0.0], [2.0, -1.0], [4.0, 3.0]])
    np.testing.assert_allclose(rewards_to_go(rewards, 0.5), [[3, 0.25], [4, 0.5], [4, 3]])


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_gamma_to_the_t_can_be_pulled_into_the_reward_to_go(gamma):
    discounts = gamma ** np.arange(7)[:, None]
    np.testing.assert_allclose(
        discounted_rewards_to_go(ROLLOUTS.rewards, gamma),
        discounts * rewards_to_go(ROLLOUTS.rewards, gamma),
    )


def test_gae_with_lambda_zero_is_the_td_error():
    np.testing.assert_array_equal(
        generalised_advantages(ROLLOUTS, MDP, V, 0), td_errors(ROLLOUTS, MDP, V)
    )


def test_gae_with_lambda_one_telescopes_for_any_critic():
    v = np.array([3.0, -1.0])
    remaining = MDP.gamma ** (7 - np.arange(7))[:, None]
    np.testing.assert_allclose(
        generalised_advantages(ROLLOUTS, MDP, v, 1),
        rewards_to_go(ROLLOUTS.rewards, 0.8)
        - v[ROLLOUTS.states]
        + remaining * v[ROLLOUTS.path[-1]],
        atol=1e-14,
    )


def test_a_critic_may_carry_a_time_index():
    V_t, Q_t = exact.finite_horizon_values(MDP, POLICY, 7)
    errors = td_errors(ROLLOUTS, MDP, V_t)
    t, n = 3, 11
    s, a, s_next = ROLLOUTS.states[t, n], ROLLOUTS.actions[t, n], ROLLOUTS.next_states[t, n]
    assert errors[t, n] == MDP.R[s, a] + 0.8 * V_t[t + 1, s_next] - V_t[t, s]
    assert along_steps(Q_t, ROLLOUTS)[t, n] == Q_t[t, s, a]
    # At the last step nothing follows: the TD error is the reward minus its mean.
    np.testing.assert_allclose(errors[-1], ROLLOUTS.rewards[-1] - V_t[-2][ROLLOUTS.states[-1]])


def test_mean_of_others_leaves_out_the_own_value():
    values = np.array([1.0, 2.0, 6.0])
    np.testing.assert_allclose(mean_of_others(values, values.sum(), 3), [4, 3.5, 1.5])
    with pytest.raises(ValueError, match="leave-one-out is 1, not an integer of at least 2"):
        mean_of_others(values[:1], 1.0, 1)


@pytest.mark.parametrize("lam", [None, -0.1, 1.5])
def test_lambda_outside_the_unit_interval_is_rejected(lam):
    with pytest.raises(ValueError, match="lam is"):
        generalised_advantages(ROLLOUTS, MDP, V, lam)


def test_a_new_form_is_one_entry_that_sampler_recursion_and_paths_read(monkeypatch):
    # Half Q, half TD error, a third of the next weight carried on.
    halfway = Form(
        "halfway",
        "½",
        "eq:pgt-finite",
        rho=lambda step: (step.action_value + step.reward + step.gamma * step.next_value) / 2,
        kappa=lambda gamma, lam: gamma / 3,
    )
    monkeypatch.setitem(FORMS, halfway.name, halfway)
    with_it = rows.short_rows()
    assert set(with_it) - set(rows.SHORT_FORMS) == {"½"}

    game = problems.random_rational(3)
    by_paths = path_table(*game, 3, with_it)
    assert comparison.short_horizon_variances(*game, 3, with_it)["½"] == by_paths.variance("½") > 0

    # 4 coordinates at 5 standard errors: false alarm below 4 * 5.7e-7. The spread of 20 000
    # samples is known to about 1 %; the bound is five times that.
    rollouts = simulate(MDP, POLICY, n=20_000, horizon=7, rng=np.random.default_rng(1))
    estimate = policy_gradient(rollouts, POLICY, mdp=MDP, weights="halfway")
    moments = estimator_moments(MDP, POLICY, "halfway", horizon=7)
    assert (np.abs(estimate.mean - moments.mean) < 5 * estimate.standard_error).all()
    spread = np.sqrt(moments.variance / 20_000)
    np.testing.assert_allclose(estimate.standard_error, spread, rtol=0.05)


def test_every_form_names_an_equation_of_the_book():
    chapters = (Path(__file__).resolve().parents[2] / "book").glob("*.ipynb")
    labels = {x for path in chapters for x in re.findall(r"\((eq:[\w-]+)\)", path.read_text())}
    assert {form.label for form in FORMS.values()} <= labels


@pytest.mark.parametrize("name", FORMS)
def test_weights_of_a_form_are_at_most_linear_in_the_reward(name):
    """The exact variances add the variance of a reward by its factor, a constant."""
    form = FORMS[name]

    def rho(reward):
        return form.rho(AtTriples(0.8, np.array([[[reward]]]), np.array([2.0]), np.array([[3.0]])))

    assert rho(5.0) - rho(4.0) == rho(1.0) - rho(0.0)


def test_a_form_is_found_by_its_name():
    assert form_named("gae") is FORMS["gae"]
    with pytest.raises(ValueError, match="weights is 'G', not one of 'total-return'"):
        form_named("G")


def test_signs_of_the_rows_say_form_and_baseline():
    found = rows.by_sign([rows.Row("q"), rows.Row("reward-to-go", "V")])
    assert list(found) == ["Q", "G − V"] and found["Q"].form is FORMS["q"]


def test_discounted_sums_of_fractions_are_fractions():
    sums = discounted_sums(problems.random_fractions(np.random.default_rng(0), (3, 2)), F(1, 2))
    assert {type(x) for x in sums.flat} == {F}
    np.testing.assert_array_equal(discounted_sums(np.array([[1], [2]]), 0), [[1.0], [2.0]])


@pytest.mark.parametrize("timed", [False, True])
def test_a_form_sees_the_same_step_along_paths_and_in_tables(timed):
    critic = exact.finite_horizon_values(MDP, POLICY, 7) if timed else (V, Q)
    along = AlongPaths.of(ROLLOUTS, MDP.gamma, *critic)
    tables = AtTriples(MDP.gamma, MDP.R[:, :, None], *critic)
    t = np.broadcast_to(np.arange(7)[:, None], ROLLOUTS.actions.shape)
    where = ROLLOUTS.states, ROLLOUTS.actions, ROLLOUTS.next_states
    table = td_error(tables)
    np.testing.assert_allclose(td_error(along), table[(t, *where)] if timed else table[where])
    q = along_steps(critic[1], ROLLOUTS)
    np.testing.assert_array_equal(along.action_value, q)
    np.testing.assert_array_equal(along.value, along_path(critic[0], ROLLOUTS.path)[:-1])


def test_without_a_critic_the_exact_values_serve():
    for found, known in zip(critic_tables(ROLLOUTS, POLICY, MDP, None), (V, Q), strict=True):
        np.testing.assert_array_equal(found, known)


def test_a_baseline_is_nothing_a_number_or_a_table_along_the_path():
    assert baseline_values(ROLLOUTS, MDP, None) == 0
    assert baseline_values(ROLLOUTS, MDP, 2) == 2
    np.testing.assert_array_equal(baseline_values(ROLLOUTS, MDP, V), V[ROLLOUTS.states])
    table = np.arange(14.0).reshape(7, 2)
    t = np.arange(7)[:, None]
    np.testing.assert_array_equal(baseline_values(ROLLOUTS, MDP, table), table[t, ROLLOUTS.states])
