"""Ten thousand random problems, extreme ones among them, through exact and simulate."""

import numpy as np

from utils import FiniteMDP, TabularSoftmax, exact, policy_gradient, simulate
from utils.model.policies import TablePolicy

COUNT = 10_000
DISCOUNTS = (0.0, 0.3, 0.9, 0.999)


def sparse_laws(rng, shape):
    """Random laws of which many entries are exactly 0, some laws even certain."""
    weights = rng.random(shape) * (rng.random(shape) < 0.6)
    weights[weights.sum(axis=-1) == 0] = np.eye(shape[-1])[rng.integers(shape[-1])]
    return weights / weights.sum(axis=-1, keepdims=True)


def random_problem(rng, i):
    n_states, n_actions = (1, 1) if i % 50 == 0 else rng.integers(1, 7, size=2)
    if i % 50 == 1:
        n_states = 1
    if i % 50 == 2:
        n_actions = 1
    P = sparse_laws(rng, (n_states, n_actions, n_states))
    R = rng.normal(size=(n_states, n_actions))
    if i % 5 == 0:  # an absorbing state that pays nothing
        P[-1], R[-1] = np.eye(n_states)[-1], 0
    mdp = FiniteMDP(P, R, DISCOUNTS[i % 4], sparse_laws(rng, (n_states,)))
    if i % 2:
        return mdp, TablePolicy(sparse_laws(rng, (n_states, n_actions)))
    return mdp, TabularSoftmax(3 * rng.normal(size=(n_states, n_actions)))


def test_ten_thousand_random_mdps_are_solved_and_simulated():
    rng = np.random.default_rng(2026)
    for i in range(COUNT):
        mdp, policy = random_problem(rng, i)
        evaluation = exact.evaluate(mdp, policy)
        scale = max(1.0, mdp.R_max / (1 - mdp.gamma))
        backup = (policy.probabilities * evaluation.Q).sum(axis=1)
        assert np.abs(evaluation.V - backup).max() < 1e-12 * scale
        assert abs(evaluation.occupancy.sum() - 1) < 1e-10
        assert evaluation.occupancy.min() > -1e-14
        rollouts = simulate(mdp, policy, n=3, horizon=4, rng=rng)
        s, a = rollouts.states, rollouts.actions
        assert (mdp.rho0[s[0]] > 0).all()
        assert (policy.probabilities[s, a] > 0).all()
        assert (mdp.P[s, a, rollouts.next_states] > 0).all()
        assert (rollouts.rewards == mdp.R[s, a]).all()
        if isinstance(policy, TabularSoftmax):
            gradient = exact.gradient_of(mdp, policy, evaluation)
            assert np.isfinite(gradient).all()
            assert np.abs(gradient.sum(axis=1)).max() < 1e-10 * scale / (1 - mdp.gamma)
            if i % 10 == 0:
                estimate = policy_gradient(rollouts, policy, mdp=mdp)
                assert np.isfinite(estimate.standard_error).all()
