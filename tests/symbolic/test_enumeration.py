"""Means by enumeration agree with the closed forms of the symbolic MDP."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from utils import symbolic
from utils.symbolic import enumeration as by_hand
from utils.symbolic import second_moments
from utils.symbolic.finite_field import random_point


@pytest.fixture
def x():
    return random_point(2, 2, random.Random(3), extra=4)


def test_values_before_zero_are_the_finite_horizon_values():
    m = symbolic.free_mdp(2, 2)
    values = by_hand.values_before(m, m.r_pi * 0, 2)
    assert (np.array(values) == m.finite_horizon_values(2)[0]).all()


def test_values_before_the_stationary_value_stay_stationary():
    m = symbolic.free_mdp(2, 2)
    assert (by_hand.values_before(m, m.V, 1)[0] == m.V).all()


def test_score_times_a_function_of_the_present_state_has_mean_zero(x):
    table = symbolic.object_array(x.extra[:2])
    assert by_hand.mean_score_times(x, 1, table, 1) == 0
    assert not by_hand.mean_score_times(x, 1, table, 2) == 0


def test_score_times_a_function_of_a_later_state_is_the_slope_of_its_law(x):
    table = symbolic.object_array(x.extra[:2])
    sums = sum(by_hand.mean_score_times(x, t, table, 2) for t in (0, 1))
    assert sums == x.gradient(x.state_law(2) @ table)


def test_exact_critic_leaves_gae_unbiased_for_every_lambda(x):
    critic = by_hand.values_before(x, symbolic.object_array(x.extra[:2]), 2)
    for t in (0, 1):
        right = by_hand.mean_score_times_q(x, t, critic[t + 1])
        assert by_hand.mean_gae(x, critic, x.extra[2], t) == right


def test_gae_with_lambda_zero_is_one_td_error(x):
    critic = [symbolic.object_array([x.extra[i], x.extra[i + 1]]) for i in (0, 1, 2)]
    right = by_hand.mean_score_times_q(x, 1, critic[2])  # the own state's value drops out
    assert by_hand.mean_gae(x, critic, 0, 1) == right


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("kind", ["total return", "each time"])
def test_own_batch_mean_shrinks_the_gradient(x, kind, n):
    J_2 = x.rho0 @ (x.r_pi + x.P_pi @ x.r_pi * x.gamma)
    update = by_hand.mean_own_batch_update(x, kind, n=n)
    assert update == x.gradient(J_2) * (n - 1)


def test_one_constant_in_reward_to_go_has_another_factor_at_each_time(x):
    terms = [
        x.expectation(lambda tau, t=t: by_hand.return_form(x, tau, [t]), 2) * (2 - x.gamma**t)
        for t in (0, 1)
    ]
    assert by_hand.mean_own_batch_update(x, "one constant") == sum(terms)


def test_unknown_own_mean_is_refused(x):
    with pytest.raises(ValueError, match="one constant"):
        by_hand.mean_own_batch_update(x, "median")


def test_returns_and_values_have_the_gradient_as_their_mean(x):
    J_3 = x.rho0 @ x.finite_horizon_values(3)[0][0]
    Q = x.finite_horizon_values(3)[1]
    returns = x.expectation(lambda tau: by_hand.return_form(x, tau, range(3)), 3)
    values = x.expectation(lambda tau: by_hand.value_form(x, tau, range(3), Q), 3)
    assert returns == x.gradient(J_3) and values == x.gradient(J_3)


def test_episodes_with_exits_have_probabilities_that_sum_to_1():
    m = symbolic.free_mdp(2, 2, extra=["x0", "x1", "x2", "x3"])
    world = by_hand.with_exits(m, symbolic.object_array([m.extra[:2], m.extra[2:]]))
    law = by_hand.episodes(world, 2)
    assert sum(law.values()) == 1
    assert len(law) == 4 + 16
    # An episode of one step ends there: its probability contains the exit.
    assert law[((0, 1),)] == m.rho0[0] * m.pi[0, 1] * m.extra[1]


def test_without_exits_every_episode_has_full_length():
    m = symbolic.free_mdp(2, 2)
    law = by_hand.episodes(by_hand.with_exits(m, np.zeros((2, 2), dtype=int)), 2)
    for tau in m.prefixes(2):
        assert law[tau] == m.likelihood(tau)
    assert all(p == 0 for tau, p in law.items() if len(tau) == 1)


def test_list_of_batches_shows_the_factor_for_three_and_for_two(x):
    assert by_hand.own_batch_updates(x) == by_hand.own_batch_slopes(x)
    assert not by_hand.own_batch_updates(x, "one constant") == by_hand.own_batch_slopes(x)


def test_advantages_are_the_series_of_their_prefixes():
    p, g = symbolic.generators("p g")
    m = symbolic.coin_mdp([[[0, 1], [1, 0]], [[1, 0], [0, 1]]], [[0, 1], [2, 0]], g, [1, 0], p)
    assert (symbolic.series(m.A, g, 2) == by_hand.advantage_series(m, 3)).all()


def test_products_of_scores_vanish_unless_a_version_is_wrong(x):
    spots = [((0, 0), (1, 1)), ((1, 0), (1, 1))]
    assert all(mean == 0 for mean in by_hand.score_products(x, spots).values())
    without = by_hand.score_products(x, spots, "no indicators")
    assert without[spots[0]] == 0 and not without[spots[1]] == 0


def test_harmless_critics_leave_no_gap(x):
    v = [symbolic.object_array(x.extra[i : i + 2]) for i in (0, 1, 2)]
    for gaps in by_hand.harmless_critics(x, v, x.extra[3], v[0] * 3).values():
        assert all(gap == 0 for gap in gaps)


def test_single_terms_gain_the_square_of_their_difference(x):
    gains = by_hand.gains(x, 2)
    assert gains["each"] == gains["gap"] and not gains["sum"] == sum(gains["gap"])


def test_return_above_value_is_the_later_surprise(x):
    assert by_hand.returns_above_values(x, 2) == second_moments.surprises_to_come(x, 2)


def test_whole_returns_obey_their_recursion(x):
    assert by_hand.whole_returns(x, 2, x.extra[0]) == second_moments.whole_return(x, 2, x.extra[0])


def test_normal_equations_have_three_terms(x):
    terms = second_moments.best_baseline_terms(x, 2)
    found = by_hand.normal_equations(x, 2)
    assert (found == terms["own"] + terms["later"] + terms["earlier"]).all()


def test_moments_in_the_mean_over_the_start(x):
    moments = {"⟨GX⟩": x.r_pi, "⟨X²⟩": x.r_pi * 2}
    assert second_moments.start_means(x, moments)["⟨X²⟩"] == x.rho0 @ x.r_pi * 2


def test_mean_over_the_steps_of_one_episode_takes_the_last_step_away_without_discount(x):
    """At gamma = 1 the last of T steps keeps the factor 1 - T/T = 0 (``eq:own-steps``)."""
    assert by_hand.own_steps_updates(x, 3) == by_hand.own_steps_means(x, 3)
    undiscounted = replace(x, gamma=x.gamma**0)
    assert by_hand.own_steps_updates(undiscounted, 3)[-1] == 0
    assert not by_hand.own_steps_updates(undiscounted, 3)[0] == 0


@pytest.fixture
def critic():
    return random_point(2, 2, random.Random(4), tables={"v": (4, 2), "lam": (), "last": (2,)})


def test_what_gae_misses_at_each_time_is_the_bias_by_the_errors_of_its_critic(critic):
    v, lam, last = critic.tables.values()
    gap = by_hand.gae_gap(critic, v, lam, last)
    assert gap == by_hand.gae_bias(critic, v, lam, last)
    assert len(gap) == 3 and not any(part == 0 for part in gap)


def test_a_part_of_the_bias_of_gae_is_what_a_part_of_the_errors_leaves(critic):
    v, lam, last = critic.tables.values()
    V, g = by_hand.values_before(critic, last, 3), critic.gamma
    right_at_the_end = by_hand.gae_gap(critic, [*v[:-1], last], lam, last)
    assert by_hand.gae_bias(critic, v, lam, last, end=0) == right_at_the_end
    wrong_at_the_end = by_hand.gae_gap(critic, [*V[:-1], v[-1]], lam, last)
    assert by_hand.gae_bias(critic, v, lam, last, between=0) == wrong_at_the_end
    undamped = by_hand.gae_bias(critic, v, lam, last, end=0, between=1)
    assert [part * (1 - lam) for part in undamped] == right_at_the_end

    def error(t, k):
        return by_hand.mean_score_times(critic, t, v[k] - V[k], k)

    assert by_hand.gae_bias(critic, v, lam, last, fading=lam) == [
        g * ((1 - lam) * (error(0, 1) + lam * error(0, 2)) + lam**2 * error(0, 3)),
        g * ((1 - lam) * error(1, 2) + lam * error(1, 3)),
        g * error(2, 3),
    ]


def test_a_critic_that_is_wrong_elsewhere_does_harm(critic):
    v, lam, last = critic.tables.values()
    V = by_hand.values_before(critic, last, 3)

    def harm(**where):
        return by_hand.harmless_critics(critic, v, lam, last, **where)

    none = [0, 0, 0]
    assert harm() == dict.fromkeys("abd", none)
    middle = by_hand.gae_bias(critic, [v[0], v[1], v[2], last], lam, last)
    assert harm(middle=True) == {"a": middle, "b": none, "d": none} and not middle[0] == 0
    late = by_hand.gae_bias(critic, [*V[:-1], v[3]], lam, last)
    assert harm(end=True) == {"a": late, "b": by_hand.gae_bias(critic, v, 1, last), "d": none}
    shifted = by_hand.gae_bias(critic, [value + v[0] for value in V], lam, last)
    assert harm(by_state=True) == {"a": none, "b": none, "d": shifted} and not shifted[2] == 0


def test_other_multiples_of_the_gradient_may_be_kept(x):
    slopes = by_hand.own_batch_slopes(x, kept=lambda n: n * 5)
    J_2, J_3 = (x.gradient(x.finite_horizon_objective(T)) for T in (2, 3))
    assert slopes == {"N = 3": [J_2 * 15] * 2, "N = 2": [J_3 * 10] * 2}


def test_the_own_step_weighs_less_the_later_it_is_and_later_steps_are_taken_away(x):
    V, Q = x.finite_horizon_values(3)
    own, g = [x.mean_score_at(t, Q[t]) for t in range(3)], x.gamma
    alone = by_hand.own_steps_means(x, 3, earlier=0, later=0)
    assert alone == [2 * part for part in own]
    without_later = by_hand.own_steps_means(x, 3, later=0)
    assert without_later == [2 * own[0], (2 - g) * own[1], (2 - g - g**2) * own[2]]
    doubled = by_hand.own_steps_means(x, 3, later=0, rate=2)
    assert doubled == [2 * own[0], 0, -4 * own[2]]
    # E[psi_0 f(s_2)] is the slope of the law of s_2 along the action of time 0 alone.
    behind = x.rho0 @ x.action_gradient(x.P @ V[1] + x.P @ (x.P_pi @ V[2]))
    assert by_hand.own_steps_means(x, 3)[0] == 2 * own[0] - behind


def test_coefficients_of_the_advantage_are_powers_of_the_kernel_on_the_rewards(x):
    found, later = by_hand.advantage_series(x, 3), x.R
    assert found.shape == (2, 2, 3)
    for k in range(3):
        assert (found[:, :, k] == later - x.average(later)[:, None]).all()
        later = x.P @ x.average(later)


def test_false_versions_of_orthogonality_leave_a_product_of_chances(x):
    g, D, first = x.gamma, x.dpi, ((0, 0), (1, 1))
    pairs = [first, ((1, 0), (1, 1))]
    to_other = (D * x.P[:, :, 1]).sum(axis=1)[0] * x.rho0[0]  # E[psi_0 1{s_0 = 0, s_1 = 1}]
    squares = x.average(x.score**2)
    apart = by_hand.score_products(x, pairs, "no indicators")
    assert apart == {first: 0, pairs[1]: g**2 * (x.state_law(1) @ squares)}
    same = by_hand.score_products(x, pairs, "same score")
    stay = (x.pi * x.score**2 * x.P[:, :, 1]).sum(axis=1)[0]
    assert same == {first: g * x.rho0[0] * stay, pairs[1]: 0}
    returned = by_hand.score_products(x, pairs, "return")
    assert returned == {first: g * to_other * x.action_gradient(x.R)[1], pairs[1]: 0}
    with pytest.raises(ValueError, match="version is 'all', not one of '', 'no indicators'"):
        by_hand.score_products(x, pairs, "all")


def test_normal_equations_over_three_steps_have_three_terms(x):
    terms = second_moments.best_baseline_terms(x, 3)
    found = by_hand.normal_equations(x, 3)
    assert found.shape == (3, 2)
    assert (found == terms["own"] + terms["later"] + terms["earlier"]).all()
    assert terms["I"].shape == (3, 2) and (terms["I"] == x.average(x.score**2)).all()


def test_gains_of_three_steps_are_the_decomposition_and_single_gaps(x):
    gains = by_hand.gains(x, 3)
    assert gains["each"] == gains["gap"] and len(gains["gap"]) == 2
    assert gains["sum"] == sum(second_moments.decomposition(x, 3))
    surprise = by_hand.returns_above_values(x, 3)
    assert surprise == second_moments.surprises_to_come(x, 3)
    squares = {1: 0, 0: 0}
    for (tau, t), above in surprise.items():
        squares[t] += x.likelihood(tau) * (x.gamma**t * x.score[tau[t]] * above) ** 2
    assert gains["gap"] == [squares[0], squares[1]]


def test_lives_count_step_t_with_the_chance_to_see_it():
    s, *f = symbolic.generators("s f0 f1 f2")
    seen = f[0] + s * f[1] + s**2 * f[2]
    assert by_hand.mean_over_lives(f, s, 3) == seen
    assert by_hand.mean_over_lives(f, s, 3, first=0) == s * seen
    assert by_hand.mean_over_lives(f, s, 2) == f[0] + s * f[1]
    assert by_hand.mean_over_lives(f, s, 1) == f[0]


def test_where_episodes_end_a_mean_counts_the_paths_that_are_just_long_enough(x):
    m = by_hand.with_exits(x, x.R)
    table, other = x.extra[:2], x.extra[2:]

    def mean(value, length):
        steps = list(product((0, 1), repeat=2))
        chances = {tau: m.likelihood(tau) for tau in product(steps, repeat=length)}
        return sum(chance * value(tau) for tau, chance in chances.items())

    for t, k in ((0, 0), (0, 1), (1, 1)):
        right = mean(lambda tau, t=t, k=k: m.score[tau[t]] * table[tau[k][0]], k + 1)
        assert by_hand.mean_score_times(m, t, table, k) == right
    spots = [((0, 0), (1, 1)), ((0, 1), (0, 1))]
    found = by_hand.score_products(m, spots)
    for (t, s), (u, z) in spots:

        def both(tau, t=t, s=s, u=u, z=z):
            there = int(tau[t][0] == s and tau[u][0] == z)
            return there * m.gamma ** (t + u) * m.score[tau[t]] * m.score[tau[u]]

        assert found[(t, s), (u, z)] == mean(both, 2)

    def td_error(tau):
        return m.R[tau[0]] + m.gamma * other[tau[1][0]] - table[tau[0][0]]

    right = mean(lambda tau: m.score[tau[0]] * td_error(tau), 2)
    assert by_hand.mean_gae(m, [table, other], 5, 0) == right


def test_a_single_state_has_harmless_critics_too():
    m = random_point(1, 2, random.Random(4), extra=4)
    v = [symbolic.object_array([number]) for number in m.extra[:3]]
    for gaps in by_hand.harmless_critics(m, v, m.extra[3], v[2] * 3).values():
        assert len(gaps) == 2 and all(gap == 0 for gap in gaps)
