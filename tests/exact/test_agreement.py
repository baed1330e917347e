"""The exact gradient by routes that share no code: enumeration, complex step, automatic
differentiation, and fractions. All agree to ten digits."""

import autograd
import autograd.numpy as anp
import numpy as np
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import random_problem
from trajectories import expectation

from utils import FiniteMDP, exact
from utils.estimators.variance import estimator_moments
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, logit_policy

RELATIVE = 1e-10
seeds = st.integers(0, 2**32 - 1)


def close(found, reference):
    """Agreement relative to the size of the whole gradient, or to 1 where that vanishes."""
    size = max(np.abs(reference).max(), 1e-3)
    return np.abs(np.asarray(found) - reference).max() <= RELATIVE * size


def objective(numpy, mdp, pi, horizon=None):
    """J written once more, for any array module that can differentiate."""
    kernel = numpy.einsum("sa,san->sn", pi, mdp.P)
    reward = numpy.sum(pi * mdp.R, axis=1)
    if horizon is None:
        return mdp.rho0 @ numpy.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * kernel, reward)
    V = 0 * reward
    for _ in range(horizon):
        V = reward + mdp.gamma * (kernel @ V)
    return mdp.rho0 @ V


def softmax(numpy, logits):
    weights = numpy.exp(logits)
    return weights / numpy.sum(weights, axis=1, keepdims=True)


@given(seeds)
def test_gradient_agrees_with_automatic_differentiation(seed):
    mdp, policy = random_problem(seed)
    for horizon in (None, 4):
        oracle = autograd.grad(lambda theta: objective(anp, mdp, softmax(anp, theta), horizon))  # noqa: B023
        if horizon is None:
            found = exact.policy_gradient(mdp, policy)
        else:
            found = exact.finite_horizon_policy_gradient(mdp, policy, horizon)
        assert close(found, oracle(policy.theta.copy()))


@given(seeds)
def test_gradient_of_shared_parameters_agrees_with_automatic_differentiation(seed):
    mdp, tabular = random_problem(seed)
    rng = np.random.default_rng(seed + 1)
    features = rng.normal(size=(*mdp.R.shape, 3))
    policy = LinearSoftmax(features, rng.normal(size=3), tabular.theta)
    oracle = autograd.grad(
        lambda theta: objective(anp, mdp, softmax(anp, tabular.theta + features @ theta))
    )
    assert close(exact.policy_gradient(mdp, policy), oracle(policy.theta.copy()))


@given(seeds)
def test_gradient_agrees_with_the_complex_step(seed):
    mdp, policy = random_problem(seed)
    found = np.empty(policy.theta.shape)
    for index in np.ndindex(*found.shape):
        theta = policy.theta.astype(complex)
        theta[index] += 1e-30j
        found[index] = objective(np, mdp, softmax(np, theta)).imag / 1e-30
    assert close(found, exact.policy_gradient(mdp, policy))


@given(seeds)
@settings(max_examples=25)
def test_gradient_agrees_with_the_enumeration_of_all_trajectories(seed):
    mdp, policy = random_problem(seed, largest=2)

    def reinforce(s, a):
        total = sum(mdp.gamma**t * mdp.R[s[t], a[t]] for t in range(3))
        return total * sum(policy.score(s[t], a[t]) for t in range(3))

    found = exact.finite_horizon_policy_gradient(mdp, policy, 3)
    assert close(found, expectation(mdp, policy, 3, reinforce))


@given(seeds)
def test_recursion_enumeration_and_automatic_differentiation_agree(seed):
    # All three on one MDP, whose rewards are on transitions for every other seed. The nightly
    # profile tries 10 000 of them.
    mdp, policy = random_problem(seed, largest=2)
    if seed % 2:
        R_next = np.random.default_rng(seed).normal(size=mdp.P.shape)
        mdp = FiniteMDP(mdp.P, R_next, mdp.gamma, mdp.rho0)

    def reinforce(s, a):
        rewards = (mdp.transition_reward(s[t], a[t], s[t + 1]) for t in range(3))
        total = sum(mdp.gamma**t * r for t, r in enumerate(rewards))
        return total * sum(policy.score(s[t], a[t]) for t in range(3))

    def J(theta):
        return objective(anp, mdp, softmax(anp, theta), 3)

    found = exact.finite_horizon_policy_gradient(mdp, policy, 3)
    assert close(found, expectation(mdp, policy, 3, reinforce))
    assert close(found, autograd.grad(J)(policy.theta.copy()))


def test_gradient_of_the_running_mdp_is_the_derivative_of_a_rational_function():
    # SymPy differentiates J(p0, p1); dp/dtheta = p (1 - p).
    tables, gamma = examples.running_tables(), sp.Rational(1, 2)
    p = sp.symbols("p0 p1")
    pi = [[1 - p[s], p[s]] for s in range(2)]

    def rational(x):
        return sp.Rational(x.numerator, x.denominator)

    kernel = sp.Matrix(
        2, 2, lambda s, n: sum(pi[s][a] * rational(tables.P[s][a][n]) for a in range(2))
    )
    reward = sp.Matrix(
        [sum(pi[s][a] * rational(tables.R[s][a]) for a in range(2)) for s in range(2)]
    )
    J = ((sp.eye(2) - gamma * kernel).inv() * reward)[0]
    at = dict(zip(p, map(rational, tables.p), strict=True))
    by_sympy = [(sp.diff(J, x) * x * (1 - x)).subs(at) for x in p]
    mdp = RationalMDP(tables.P, tables.R, "1/2", tables.rho0)
    by_fractions = estimator_moments(mdp, logit_policy(tables.p), "q").mean
    assert [sp.Rational(x.numerator, x.denominator) for x in by_fractions] == by_sympy
    by_floats = exact.policy_gradient(examples.running(), examples.running_policy())
    assert close(by_floats[:, 1], np.array(by_sympy, dtype=float))
    assert close(by_floats[:, 0], -np.array(by_sympy, dtype=float))


@given(seeds)
@settings(max_examples=40)
def test_every_unbiased_estimator_has_the_gradient_as_its_exact_mean(seed):
    mdp, policy = random_problem(seed, largest=4)
    gradient = exact.policy_gradient(mdp, policy)
    for weights in ("reward-to-go", "q", "advantage", "td-error", "gae", "all-action"):
        moments = estimator_moments(mdp, policy, weights, lam=0.7)
        assert close(moments.mean, gradient)
        assert (moments.variance >= 0).all()
