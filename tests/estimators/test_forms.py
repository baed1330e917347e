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
    OneStep,
    along_path,
    along_steps,
    baseline_values,
    critic_tables,
    discounted_rewards_to_go,
    discounted_sums,
    discounts,
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


STEP = OneStep(F(2, 3), reward=F(5), value=F(7), next_value=F(11), action_value=F(13))


@pytest.mark.parametrize(
    "name, rho, reward_factor, kappa",
    [
        ("total-return", 5, 1, F(2, 3)),
        ("reward-to-go", 5, 1, F(2, 3)),
        ("q", 13, 0, 0),
        ("advantage", 6, 0, 0),
        ("td-error", F(16, 3), 1, 0),  # 5 + 22/3 - 7
        ("gae", F(16, 3), 1, F(2, 15)),
        ("all-action", 13, 0, 0),
    ],
)
def test_a_form_is_made_of_its_step_and_of_what_it_carries_on(name, rho, reward_factor, kappa):
    form = form_named(name)
    assert form.rho(STEP) == rho
    assert form.reward_factor(STEP.gamma) == reward_factor
    assert form.kappa(STEP.gamma, F(1, 5)) == kappa


def test_a_step_is_empty_but_for_what_is_said():
    empty = OneStep(F(2, 3))
    assert (empty.reward, empty.value, empty.next_value, empty.action_value) == (0, 0, 0, 0)


def test_what_sets_the_forms_apart():
    def with_flag(flag):
        return {name for name, form in FORMS.items() if getattr(form, flag)}

    assert with_flag("takes_critic") == set(FORMS) - {"total-return", "reward-to-go"}
    assert with_flag("takes_lam") == {"gae"}
    assert with_flag("leave_one_out") == {"total-return", "reward-to-go"}
    assert with_flag("whole") == {"total-return"}
    assert with_flag("over_actions") == {"all-action"}


def test_a_form_takes_a_critic_and_is_plain_unless_told():
    form = Form("plain", "P", "eq:pgt-finite", rho=lambda step: step.reward)
    assert form.takes_critic and form.kappa(F(2, 3), F(1, 5)) == 0
    assert not (form.takes_lam or form.leave_one_out or form.whole or form.over_actions)


@pytest.mark.parametrize("lam", [0, F(1, 2), 1])
def test_lambda_may_be_anything_from_0_to_1(lam):
    FORMS["gae"].check_lam(lam)


@pytest.mark.parametrize("lam", [None, -0.25, 1.25])
def test_a_form_without_lambda_does_not_look_at_it(lam):
    FORMS["q"].check_lam(lam)
    with pytest.raises(ValueError, match=rf"^lam is {lam}, not in \[0, 1\]$"):
        FORMS["gae"].check_lam(lam)


def test_baselines_that_a_form_does_not_take_are_named():
    table = np.array([2.0, 3.0])
    for form in FORMS.values():
        form.check_baseline(None)
    for name in set(FORMS) - {"all-action"}:
        FORMS[name].check_baseline(3)
    for name in set(FORMS) - {"all-action", "total-return"}:
        FORMS[name].check_baseline(table)
    for name in ("total-return", "reward-to-go"):
        FORMS[name].check_baseline("leave-one-out")
    number = "^weights='total-return' takes a single number as baseline$"
    with pytest.raises(ValueError, match=number):
        FORMS["total-return"].check_baseline(table)
    for baseline in (0, table, "leave-one-out"):
        with pytest.raises(ValueError, match="^weights='all-action' takes no baseline: it would"):
            FORMS["all-action"].check_baseline(baseline)
    for name in ("q", "advantage", "td-error", "gae"):
        with pytest.raises(ValueError, match=f"^baseline='leave-one-out' is .* not for '{name}'$"):
            FORMS[name].check_baseline("leave-one-out")


@pytest.mark.parametrize("rate", [F(0), F(1, 3), F(2, 3), F(1), F(4, 3), F(-1, 2)])
def test_weights_of_a_form_add_up_what_it_carries_on(rate):
    """gamma^t w_t, w_t = sum_k rate^(k-t) rho_k; a rate of gamma = 2/3 has a way of its own."""
    form = Form("a", "A", "eq:gae", rho=lambda step: step.reward, kappa=lambda gamma, lam: lam)
    rewards = np.array([[F(2), F(3)], [F(5), F(7)], [F(11), F(13)], [F(17), F(19)]])
    none = np.zeros((4, 2), dtype=int)
    found = form.weights(AlongPaths(none, none, rewards, F(2, 3)), rate)
    by_hand = [
        [F(2, 3) ** t * sum(rate ** (k - t) * rewards[k, n] for k in range(t, 4)) for n in range(2)]
        for t in range(4)
    ]
    assert found.tolist() == by_hand


@pytest.mark.parametrize("gamma", [F(0), F(2, 3), F(1)])
def test_discounts_and_rewards_to_go_are_the_same_in_fractions_and_in_floats(gamma):
    rewards = np.array([[F(2), F(3)], [F(5), F(7)], [F(11), F(13)], [F(17), F(19)]])
    pulled = [[sum(gamma**k * rewards[k, n] for k in range(t, 4)) for n in range(2)]
              for t in range(4)]  # fmt: skip
    assert discounts(gamma, 4).tolist() == [[1], [gamma], [gamma**2], [gamma**3]]
    assert discounted_rewards_to_go(rewards, gamma).tolist() == pulled
    np.testing.assert_allclose(discounts(float(gamma), 4), discounts(gamma, 4).astype(float))
    floats = discounted_rewards_to_go(rewards.astype(float), float(gamma))
    np.testing.assert_allclose(floats, np.array(pulled, dtype=float))
    assert discounted_rewards_to_go(rewards[:1], gamma).tolist() == rewards[:1].tolist()


def test_nothing_is_carried_on_at_rate_0_and_the_terms_are_left_alone():
    terms = np.array([[2.0], [np.inf]])
    np.testing.assert_array_equal(discounted_sums(terms, 0), [[2.0], [np.inf]])
    terms = np.array([[2.0], [3.0], [5.0]])
    assert discounted_sums(terms, 1).tolist() == [[10], [8], [5]]
    assert discounted_sums(terms, -1).tolist() == [[4], [-2], [5]]
    assert rewards_to_go(terms[:1], 0.5).tolist() == [[2]]
    assert terms.tolist() == [[2], [3], [5]]


def test_a_critic_is_a_pair_of_tables_that_fit():
    V_t, Q_t = exact.finite_horizon_values(MDP, POLICY, 7)
    for given in ((V, Q), (V_t, Q_t), (V, Q_t), (V_t, Q)):
        for found, known in zip(critic_tables(ROLLOUTS, POLICY, MDP, given), given, strict=True):
            np.testing.assert_array_equal(found, known)
    for wrong in ((V,), (V, Q, Q)):
        with pytest.raises(ValueError, match="zip"):
            critic_tables(ROLLOUTS, POLICY, MDP, wrong)
    for wrong, message in (
        ((V[:1], Q), r"V has shape \[1\], not \[2\]"),
        ((V_t[:-1], Q), r"V has shape \[7, 2\], not \[8, 2\]"),
        ((V_t[..., None], Q), r"V has shape \[8, 2, 1\], not \[8, 2\]"),
        ((V, Q[:1]), r"Q has shape \[1, 2\], not \[2, 2\]"),
        ((V, Q_t[:-1]), r"Q has shape \[6, 2, 2\], not \[7, 2, 2\]"),
        ((V, V), r"Q has shape \[2\], not \[7, 2, 2\]"),
    ):
        with pytest.raises(ValueError, match=message):
            critic_tables(ROLLOUTS, POLICY, MDP, wrong)


def test_a_baseline_that_does_not_fit_is_named():
    for wrong, message in (
        (np.nan, "baseline is nan"),
        ([1.0, np.inf], r"baseline\[1\] is inf"),
        ([1.0, 2, 3], r"baseline has shape \[3\], not \[2\]"),
        (np.zeros((6, 2)), r"baseline has shape \[6, 2\], not \[7, 2\]"),
        (np.zeros((7, 2, 1)), r"baseline has shape \[7, 2, 1\], not \[7, 2\]"),
    ):
        with pytest.raises(ValueError, match=message):
            baseline_values(ROLLOUTS, MDP, wrong)


def test_the_mean_of_one_other_is_its_value():
    values = np.array([[2.0, 5.0], [7.0, 11.0]])
    sums = values.sum(axis=1, keepdims=True)
    assert mean_of_others(values, sums, 2).tolist() == [[5, 2], [11, 7]]


def test_the_rows_of_the_tables_are_these():
    assert list(rows.SHORT_FORMS) == [
        "total", "G", "G − V", "G − one-step b", "Q", "A", "TD error", "all actions"
    ]  # fmt: skip
    assert list(rows.LONG_FORMS) == [
        "G", "G − J", "G − best constant", "G − V", "G − one-step b", "G − best b(s)",
        "Q", "A", "TD error", "Q − one-step b", "all actions", "Q − best b(s)",
    ]  # fmt: skip
    assert rows.Row("q").name == "exact Q" and rows.Row("gae").name == "GAE"
    assert rows.Row("q", "V").name == "exact Q − V" and rows.Row("q").baseline is None
