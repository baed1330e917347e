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
