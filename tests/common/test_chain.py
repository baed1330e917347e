"""One recursion, many kinds of numbers: the same world gives the same values in each."""

from fractions import Fraction as F

import numpy as np
import problems
import pytest
from sympy import Rational
from trajectories import expectation

from utils import FiniteMDP, exact
from utils.common.chain import Tables
from utils.exact.chain import PolicyChain, ScoredChain
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.symbolic.dual import Dual
from utils.symbolic.free_mdps import coin_mdp, generators

TABLES, GAMMA = examples.running_tables(), F(1, 2)


def in_fractions():
    pi = [[1 - p, p] for p in TABLES.p]
    arrays = (np.array(x, dtype=object) for x in (TABLES.P, TABLES.R, TABLES.rho0, pi))
    P, R, rho0, pi = arrays
    return Tables(P, R, GAMMA, rho0, pi)


def in_dual_numbers():
    chain, lift = in_fractions(), np.frompyfunc(modulo_prime, 1, 1)
    tables = (lift(x) for x in (chain.P, chain.R, chain.rho0, chain.pi))
    P, R, rho0, pi = tables
    return Tables(P, R, modulo_prime(GAMMA), rho0, pi)


def modulo_prime(fraction):
    return Dual(fraction.numerator) / fraction.denominator


def quantities(chain):
    """Everything a chain knows, in one flat list."""
    V, Q = chain.finite_horizon_values(3)
    found = (chain.V, chain.Q, chain.visits, V, Q, chain.state_laws(3), [chain.objective])
    return [x for array in found for x in np.asarray(array).ravel()]


def test_dual_numbers_and_fractions_agree_modulo_the_prime():
    by_fractions = [modulo_prime(F(x)) for x in quantities(in_fractions())]
    assert quantities(in_dual_numbers()) == by_fractions


def test_floats_and_fractions_agree():
    policy = LinearSoftmax.logits([float(p) for p in TABLES.p])
    by_floats = quantities(PolicyChain(examples.running(0.5), policy))
    np.testing.assert_allclose(by_floats, np.array(quantities(in_fractions()), dtype=float))


def test_rational_functions_take_the_values_of_fractions_at_a_point():
    (p,) = generators("p")
    functions = coin_mdp(TABLES.P, TABLES.R, GAMMA, TABLES.rho0, p)
    chain = in_fractions()
    at_third = Tables(chain.P, chain.R, GAMMA, chain.rho0, np.array([[F(2, 3), F(1, 3)]] * 2))

    def value(function):
        x = function.as_expr().subs({"p": Rational(1, 3)})
        return F(int(x.p), int(x.q))

    assert [value(x) for x in quantities(functions)] == quantities(at_third)


def test_values_are_those_of_the_listed_trajectories():
    mdp, policy = problems.random_rational(2)
    chain = ScoredChain.of(mdp, policy)

    def discounted_return(states, actions):
        return sum(mdp.gamma**t * mdp.R[states[t], a] for t, a in enumerate(actions))

    V, _ = chain.finite_horizon_values(3)
    assert mdp.rho0 @ V[0] == expectation(mdp, policy, 3, discounted_return)


def test_with_rate_one_the_sum_ends_with_the_episode():
    # State 0 stays with probability 1/3, so its step is counted 3/2 times in the mean.
    P = np.array([[[F(1, 3), F(2, 3)]], [[F(0), F(1)]]])
    chain = Tables(
        P, np.array([[F(5)], [F(0)]]), F(1), np.array([F(1), F(0)]), np.ones((2, 1), int)
    )
    assert chain.V.tolist() == [F(15, 2), 0]
    assert chain.visits.tolist() == [F(3, 2), 0]


def test_terminal_states_pay_nothing_and_have_no_noise():
    P = np.ones((1, 1, 1))
    for reward, noise, ends in ((0, 0, True), (1, 0, False), (0, 1, False)):
        mdp = FiniteMDP(P, [[reward]], 0.5, [1], noise)
        chain = ScoredChain.of(mdp, LinearSoftmax(np.ones((1, 1, 1)), [0.0]))
        assert chain.terminal.tolist() == mdp.terminal.tolist() == [ends]


def test_a_state_from_which_the_episode_never_ends_is_named():
    policy = examples.running_policy()
    with pytest.raises(ValueError, match="from state 0 the episode never ends"):
        PolicyChain(examples.running(), policy).resolve(1, np.ones(2))
    assert np.isfinite(exact.values(examples.running(), policy)[0]).all()


def three_states():
    """Three states, two actions, no two numbers alike: the chain and its tables as lists."""
    P = [
        [[F(1, 7), F(2, 7), F(4, 7)], [F(3, 11), F(7, 11), F(1, 11)]],
        [[F(5, 13), F(2, 13), F(6, 13)], [F(3, 17), F(10, 17), F(4, 17)]],
        [[F(8, 19), F(9, 19), F(2, 19)], [F(5, 23), F(6, 23), F(12, 23)]],
    ]
    R = [[F(2), F(3)], [F(5), F(-7)], [F(11), F(13)]]
    rho0, pi = (
        [F(2, 9), F(3, 9), F(4, 9)],
        [[F(2, 5), F(3, 5)], [F(1, 6), F(5, 6)], [F(3, 8), F(5, 8)]],
    )
    chain = Tables(np.array(P), np.array(R), F(3, 4), np.array(rho0), np.array(pi))
    return chain, P, R, rho0, pi


def test_each_table_of_a_chain_is_the_sum_that_its_name_stands_for():
    chain, P, R, rho0, pi = three_states()
    S, A, gamma = range(3), range(2), F(3, 4)
    kernel = [[sum(pi[s][a] * P[s][a][z] for a in A) for z in S] for s in S]
    pay = [sum(pi[s][a] * R[s][a] for a in A) for s in S]
    assert chain.P_pi.tolist() == kernel and chain.r_pi.tolist() == pay
    v = [F(31), F(37), F(41)]
    on = [[sum(P[s][a][z] * v[z] for z in S) for a in A] for s in S]
    assert chain.expected_next(np.array(v)).tolist() == on
    back = [[R[s][a] + gamma * on[s][a] for a in A] for s in S]
    assert chain.backup(np.array(v)).tolist() == back
    assert chain.average(np.array(back)).tolist() == [
        sum(pi[s][a] * back[s][a] for a in A) for s in S
    ]
    # V and the visits are the only solutions of their equations; Q and J follow from V.
    V, visits = chain.V.tolist(), chain.visits.tolist()
    for s in S:
        assert V[s] == pay[s] + gamma * sum(kernel[s][z] * V[z] for z in S)
        assert visits[s] == rho0[s] + gamma * sum(visits[z] * kernel[z][s] for z in S)
        for a in A:
            assert chain.Q[s, a] == R[s][a] + gamma * sum(P[s][a][z] * V[z] for z in S)
    assert chain.objective == sum(rho0[s] * V[s] for s in S)
    assert chain.objective == sum(visits[s] * pay[s] for s in S)


def test_the_values_of_a_finite_horizon_are_sums_over_trajectories():
    chain, P, R, rho0, pi = three_states()
    gamma, horizon = F(3, 4), 3

    def rest(s, steps):
        """The expected return of so many steps from s, one trajectory after the other."""
        return sum((pi[s][a] * after(s, a, steps) for a in range(2)), F(0)) if steps else F(0)

    def after(s, a, steps):
        return R[s][a] + gamma * sum(P[s][a][z] * rest(z, steps - 1) for z in range(3))

    V, Q = chain.finite_horizon_values(horizon)
    assert V.tolist() == [[rest(s, horizon - t) for s in range(3)] for t in range(horizon + 1)]
    assert Q.tolist() == [
        [[after(s, a, horizon - t) for a in range(2)] for s in range(3)] for t in range(horizon)
    ]
    laws = [rho0]
    for _ in range(horizon):
        laws.append([sum(laws[-1][s] * chain.P_pi[s, z] for s in range(3)) for z in range(3)])
    assert chain.state_laws(horizon).tolist() == laws
    assert chain.state_laws(0).tolist() == [rho0]


def walk():
    """From 3 over 1 and 0 to the end 2, which is the only state that pays nothing for ever.

    Each step succeeds with probability 2/3 under action 0; action 1 stays and is never taken.
    """
    P = np.full((4, 2, 4), F(0))
    for s, to in ((3, 1), (1, 0), (0, 2)):
        P[s, 0, to], P[s, 0, s], P[s, 1, s] = F(2, 3), F(1, 3), F(1)
    P[2, :, 2] = F(1)
    R = np.array([[F(2), F(-1)], [F(3), F(4)], [F(0), F(0)], [F(5), F(6)]])
    pi = np.array([[F(1), F(0)]] * 4)
    return Tables(P, R, F(1), np.array([F(1, 5), F(0), F(1, 5), F(3, 5)]), pi)


def test_without_a_discount_an_episode_is_summed_to_its_end():
    chain = walk()
    assert chain.terminal.tolist() == [False, False, True, False]
    assert chain.going.tolist() == [True, True, False, True]
    # Each state is left after 3/2 steps on average.
    steps = F(3, 2)
    assert chain.V.tolist() == [2 * steps, 5 * steps, 0, 10 * steps]
    assert chain.visits.tolist() == [F(4, 5) * steps, F(3, 5) * steps, 0, F(3, 5) * steps]
    # Several sources at once, and a transposed one of two columns.
    source = np.array([[F(2), F(7)], [F(3), F(0)], [F(11), F(13)], [F(5), F(1)]])
    assert chain.resolve(1, source).tolist() == [
        [2 * steps, 7 * steps],
        [5 * steps, 7 * steps],
        [0, 0],
        [10 * steps, 8 * steps],
    ]
    assert chain.resolve_transposed(1, source).tolist() == [
        [10 * steps, 8 * steps],
        [8 * steps, 1 * steps],
        [0, 0],
        [5 * steps, 1 * steps],
    ]


def test_a_state_is_terminal_if_all_its_actions_stay_and_pay_nothing():
    def ends(stay, pay):
        P = np.full((2, 2, 2), F(0))
        P[1, :, 0] = F(1)
        for a in (0, 1):
            P[0, a] = [stay[a], 1 - stay[a]]
        R = np.array([pay, [F(1), F(1)]])
        return Tables(P, R, F(1, 2), np.array([F(1), F(0)]), np.full((2, 2), F(1, 2))).terminal

    assert ends([F(1), F(1)], [F(0), F(0)]).tolist() == [True, False]
    for stay, pay in (
        ([F(1), F(0)], [F(0), F(0)]),
        ([F(1, 3), F(1)], [F(0), F(0)]),
        ([F(1), F(1)], [F(0), F(-2)]),
        ([F(1), F(1)], [F(3), F(0)]),
    ):
        assert ends(stay, pay).tolist() == [False, False]


def test_the_first_state_without_an_end_is_the_one_that_is_named():
    chain = walk()
    P = chain.P.copy()
    P[3, 0], P[1, 0] = [0, F(1), 0, 0], [0, 0, 0, F(1)]  # 1 and 3 lead to each other only
    caught = Tables(P, chain.R, F(1), chain.rho0, chain.pi)
    with pytest.raises(ValueError) as error:
        caught.resolve(1, caught.r_pi)
    assert str(error.value) == (
        "from state 1 the episode never ends under this policy; "
        "without a discount each state must lead to a terminal one"
    )
