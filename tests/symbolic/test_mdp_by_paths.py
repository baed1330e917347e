"""Each mean of `SymbolicMDP` is a sum over paths, written out here step by step.

Three states and two actions with numbers of a finite field: no number is 0, 1 or equal to another.
"""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from utils import symbolic
from utils.common.linear import object_array
from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import random_point

STATES, ACTIONS = range(3), range(2)


@pytest.fixture
def m():
    shapes = {"q": (4, 3, 2), "f": (3, 2), "h": (3,), "r": (3, 2, 3)}
    return random_point(3, 2, random.Random(11), extra=2, tables=shapes)


def paths(length):
    return product(product(STATES, ACTIONS), repeat=length)


def chance(m, tau):
    (s, a), *rest = tau
    out = m.rho0[s] * m.pi[s, a]
    for s_next, a_next in rest:
        out = out * m.P[s, a, s_next] * m.pi[s_next, a_next]
        s, a = s_next, a_next
    return out


def mean(m, value, length):
    return sum((chance(m, tau) * value(tau) for tau in paths(length)), Dual(0))


def psi(m, step):
    return m.dpi[step] / m.pi[step]


def test_the_sizes_are_those_of_the_tables(m):
    assert (m.n_states, m.n_actions) == (3, 2)


def test_prefixes_are_in_lexicographic_order():
    for horizon in range(4):
        found = list(symbolic.prefixes(3, 2, horizon))
        assert found == list(paths(horizon))


def test_a_negative_horizon_is_refused_in_words():
    with pytest.raises(ValueError, match="^horizon is -1; it should be at least 0$"):
        list(symbolic.prefixes(2, 2, -1))


def test_the_factors_of_a_prefix_are_start_policy_kernel_policy(m):
    tau = ((2, 1), (0, 0), (1, 1))
    right = [m.rho0[2], m.pi[2, 1], m.P[2, 1, 0], m.pi[0, 0], m.P[0, 0, 1], m.pi[1, 1]]
    assert m.factors(tau) == right
    assert m.factors(tau[:1]) == right[:2]
    assert m.likelihood(tau) == chance(m, tau)


def test_the_law_is_the_likelihood_of_each_prefix_and_a_reader_cannot_spoil_it(m):
    for horizon in (2, 1, 3):
        assert m.law(horizon) == {tau: chance(m, tau) for tau in paths(horizon)}
    m.law(2).clear()
    assert len(m.law(2)) == 36


def test_the_sum_of_scores_does_not_depend_on_the_order_and_counts_each_step(m):
    a, b, c = (2, 1), (0, 0), (1, 1)
    for tau in [(), (a,), (b, a), (a, b), (a, b, a), (c, a, b), (a, a, a)]:
        assert m.score_sum(tau) == sum((psi(m, step) for step in tau), Dual(0))


def test_advantages_are_action_values_less_the_value(m):
    for s, a in product(STATES, ACTIONS):
        assert m.A[s, a] == m.Q[s, a] - m.V[s]
        assert m.score[s, a] * m.pi[s, a] == m.dpi[s, a]


def test_a_return_sums_later_rewards_each_with_its_own_power(m):
    tau, g = ((2, 1), (0, 0), (1, 1)), m.gamma
    r = [m.R[step] for step in tau]
    assert m.G(tau) == r[0] + g * r[1] + g * g * r[2]
    assert m.G(tau, 1) == r[1] + g * r[2]
    assert m.G(tau, 2) == r[2]
    assert m.G(tau, 1, gamma=5) == r[1] + 5 * r[2]
    assert m.G(tau, 3) == 0


def test_a_reward_on_a_transition_looks_one_step_on_and_another_does_not(m):
    tau = ((2, 1), (0, 0), (1, 1))
    assert m.reward(tau, 0) == m.R[2, 1] and m.reward(tau, 2) == m.R[1, 1]
    n = replace(m, R_next=m.tables["r"])
    assert n.reward(tau, 0) == m.tables["r"][2, 1, 0]
    assert n.reward(tau, 1) == m.tables["r"][0, 0, 1]


@pytest.mark.parametrize("t", [0, 1, 2])
def test_means_at_one_time_are_means_over_paths(m, t):
    f = m.tables["f"]
    assert m.mean_at(t, f) == mean(m, lambda tau: f[tau[t]], t + 1)
    assert m.mean_score_at(t, f) == mean(m, lambda tau: psi(m, tau[t]) * f[tau[t]], t + 1)
    for s in STATES:
        share = mean(m, lambda tau, s=s: int(tau[t][0] == s), t + 1)
        assert m.state_law(t)[s] == share == m.state_law_by_enumeration(t)[s]


def test_the_objective_of_few_steps_is_the_mean_return(m):
    assert m.finite_horizon_objective(0) == 0
    for horizon in (1, 3):
        total = sum(
            (m.gamma**t * mean(m, lambda tau, t=t: m.R[tau[t]], t + 1) for t in range(horizon)),
            Dual(0),
        )
        assert m.finite_horizon_objective(horizon) == total
        assert m.expectation(m.G, horizon) == total


def test_discounted_visits_are_discounted_shares_of_the_paths(m):
    for s in STATES:
        shares = [mean(m, lambda tau, t=t, s=s: int(tau[t][0] == s), t + 1) for t in range(3)]
        right = shares[0] + m.gamma * shares[1] + m.gamma**2 * shares[2]
        assert m.discounted_visits(3)[s] == right
    assert all(m.discounted_visits(0) == 0) and len(m.discounted_visits(0)) == 3


def test_the_occupancy_from_a_start_satisfies_its_flow_equation(m):
    start = m.tables["h"]
    for d, source in ((m.occupancy_from(start), start), (m.occupancy, m.rho0)):
        for s in STATES:
            inflow = sum(
                d[before] * m.pi[before, a] * m.P[before, a, s]
                for before, a in product(STATES, ACTIONS)
            )
            assert d[s] == (1 - m.gamma) * source[s] + m.gamma * inflow
    # Probabilities that sum to one keep their sum.
    assert m.occupancy.sum() == 1


def test_a_discounted_sum_weighs_each_state_by_its_visits(m):
    h = m.tables["h"]
    visits = [d / (1 - m.gamma) for d in m.occupancy]
    assert m.discounted_sum(h) == sum(x * y for x, y in zip(visits, h, strict=True))


def test_the_theorem_takes_any_table_in_the_place_of_q(m):
    for given, table in ((None, m.Q), (m.tables["f"], m.tables["f"])):
        right = sum(
            m.occupancy[s] / (1 - m.gamma) * m.dpi[s, a] * table[s, a]
            for s, a in product(STATES, ACTIONS)
        )
        assert m.policy_gradient(given) == right
    assert m.policy_gradient() == m.gradient(m.objective)


def test_first_terms_take_the_table_of_their_time_and_the_power_of_the_rate(m):
    Q = m.tables["q"]
    each = [mean(m, lambda tau, t=t: psi(m, tau[t]) * Q[t][tau[t]], t + 1) for t in range(3)]
    for rate, g in ((None, m.gamma), (1, Dual(1)), (Dual(7), Dual(7))):
        right = each[0] + g * each[1] + g * g * each[2]
        assert m.first_terms(3, Q, rate) == right
    assert m.first_terms(0, Q) == 0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_unrolling_keeps_the_gradient_and_without_remainder_leaves_the_first_terms(m, count):
    assert (m.unrolled(count) == m.gradient(m.V)).all()
    first = m.unrolled(count, remainder=False)
    for s in STATES:
        n = m.started_in(s)
        right = [
            m.gamma**t * mean(n, lambda tau, t=t: psi(m, tau[t]) * m.Q[tau[t]], t + 1)
            for t in range(count)
        ]
        assert first[s] == sum(right, Dual(0))


def test_a_certain_start_changes_nothing_but_the_start(m):
    n = m.started_in(2)
    assert [x.value for x in n.rho0] == [0, 0, 1]
    assert n.objective == m.V[2]
    assert n.P is m.P and n.pi is m.pi and n.R is m.R


@pytest.mark.parametrize("t, horizon", [(0, 1), (0, 3), (1, 3), (2, 3)])
def test_returns_of_a_pair_and_of_a_state_are_summed_over_the_paths_through_them(m, t, horizon):
    pairs, states = m.pair_returns(t, horizon), m.state_returns(t, horizon)
    assert pairs.shape == (3, 2) and states.shape == (3,)
    for s, a in product(STATES, ACTIONS):
        through = mean(m, lambda tau, p=(s, a): m.G(tau, t) if tau[t] == p else Dual(0), horizon)
        assert pairs[s, a] == through
    for s in STATES:
        assert states[s] == pairs[s, 0] + pairs[s, 1]


def test_means_given_a_history_depend_on_its_last_pair_only(m):
    # One step later the return of two steps is V_2 = r + gamma P_pi r, by the last pair's kernel.
    later = m.r_pi + m.gamma * (m.P_pi @ m.r_pi)
    histories = [((2, 1),), ((0, 0),)]
    found = m.mean_return_given(histories, 1, 3)
    assert list(found) == histories
    for history in histories:
        assert found[history] == m.P[history[-1]] @ later
    long = ((2, 1), (0, 0))
    assert m.mean_return_given([long], 0, 3)[long] == (
        m.R[2, 1] + m.gamma * m.R[0, 0] + m.gamma**2 * (m.P[0, 0] @ m.r_pi)
    )
    rewards = m.mean_reward_given([(), *histories, long], 2)
    assert list(rewards) == [(), *histories, long]
    assert rewards[()] == m.state_law(2) @ m.r_pi
    for history in histories:
        assert rewards[history] == m.P[history[-1]] @ m.P_pi @ m.r_pi
    assert rewards[long] == m.P[0, 0] @ m.r_pi


@pytest.mark.parametrize("t, k", [(0, 0), (1, 0), (0, 1), (2, 1)])
def test_a_score_meets_a_reward_over_all_paths_and_past_rewards_not_at_all(m, t, k):
    n = replace(m, R_next=m.tables["r"])
    length = max(t, k) + 2
    own = mean(m, lambda tau: psi(m, tau[t]) * m.R[tau[k]], length)
    peeks = mean(m, lambda tau: psi(m, tau[t]) * m.R[tau[k]] * tau[t][1], length)
    moved = mean(m, lambda tau: psi(m, tau[t]) * m.tables["r"][(*tau[k], tau[k + 1][0])], length)
    assert m.mean_score_reward(t, k) == own
    assert m.mean_score_reward(t, k, peeks=True) == peeks and not peeks == own
    assert n.mean_score_reward(t, k) == moved
    assert (own == 0) == (k < t)


def test_mean_rewards_are_those_of_the_last_step_of_longer_and_longer_paths(m):
    found = m.mean_rewards(3)
    assert found.shape == (3,)
    for t in range(3):
        assert found[t] == mean(m, lambda tau, t=t: m.R[tau[t]], t + 1)


def test_expectations_where_a_state_is_met_split_the_expectation(m):
    for t in (0, 1):
        found = m.expectation_where(m.G, t, 2)
        for s in STATES:
            inside = mean(m, lambda tau, s=s, t=t: m.G(tau) if tau[t][0] == s else Dual(0), 2)
            assert found[s] == inside


def test_action_gradients_sum_over_the_actions(m):
    f = m.tables["f"]
    found = m.action_gradient(f)
    for s in STATES:
        assert found[s] == m.dpi[s, 0] * f[s, 0] + m.dpi[s, 1] * f[s, 1]


def test_a_polynomial_moves_with_its_symbols_and_a_number_does_not():
    for division in (True, False):
        m = symbolic.free_mdp(2, 3, division=division)
        p, q = m.pi[0, 0], m.pi[1, 1]
        slope = m.gradient(p**2 * q + m.R[0, 0])
        assert slope == 2 * p * m.dpi[0, 0] * q + p**2 * m.dpi[1, 1]
        assert m.gradient(5) == 0
        both = m.gradient(object_array([p, q**3]))
        assert list(both) == [m.dpi[0, 0], 3 * q**2 * m.dpi[1, 1]]
        assert np.shape(m.gradient(m.pi)) == (2, 3) and (m.gradient(m.pi) == m.dpi).all()


@pytest.fixture
def ending(m):
    """The same world, each of whose steps leaves it with a chance of its own."""
    return replace(m, P=m.P * m.tables["f"][:, :, None])


@pytest.mark.parametrize("t", [0, 1])
def test_where_episodes_end_a_mean_counts_the_paths_that_are_just_long_enough(ending, t):
    for s in STATES:
        share = mean(ending, lambda tau, s=s: int(tau[t][0] == s), t + 1)
        assert ending.state_law_by_enumeration(t)[s] == share
    scored = mean(ending, lambda tau: psi(ending, tau[t]) * ending.R[tau[0]], t + 1)
    assert ending.mean_score_reward(t, 0) == scored
    paid = replace(ending, R_next=ending.tables["r"])
    looks_ahead = mean(
        ending,
        lambda tau: psi(ending, tau[0]) * paid.R_next[(*tau[t], tau[t + 1][0])],
        t + 2,
    )
    assert paid.mean_score_reward(0, t) == looks_ahead
    whole = mean(ending, lambda tau: Dual(1), t + 1)
    paid_now = mean(ending, lambda tau: ending.R[tau[t]], t + 1)
    assert ending.mean_reward_given([()], t)[()] == paid_now / whole
