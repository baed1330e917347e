"""An MDP under a policy as the exact functions see it."""

import numpy as np
import problems
import pytest

from utils.exact.chain import PolicyChain, ScoredChain, rewards_of_triples
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TablePolicy


def test_mean_and_variance_of_a_reward_given_the_triple_are_those_of_the_mdp():
    mdp = examples.running()
    mean, noise = rewards_of_triples(mdp)
    assert mean.shape == noise.shape == (2, 2, 1) and not noise.any()
    np.testing.assert_array_equal(mean[..., 0], mdp.R)
    random = problems.with_random_rewards(mdp, 0)
    mean, noise = rewards_of_triples(random)
    np.testing.assert_array_equal(mean, random.R_next)
    np.testing.assert_allclose(noise, random.reward_sd**2)


def test_one_factorisation_serves_every_right_side(monkeypatch):
    import utils.exact.chain as module

    made = []
    monkeypatch.setattr(module, "resolvent", lambda *a, f=module.resolvent: made.append(a) or f(*a))
    chain = PolicyChain(examples.running(), examples.running_policy())
    assert np.isfinite([*chain.V, *chain.visits, *chain.resolve(0.5, np.ones(2))]).all()
    assert len(made) == 1


def test_scores_are_summed_over_the_actions_with_the_probabilities():
    mdp, policy = problems.random_rational(0)
    chain = ScoredChain.of(mdp, policy)
    table = problems.random_fractions(np.random.default_rng(0), (3, 2, 2))
    by_hand = [[sum(policy.probabilities[s, a] * policy.scores[s, a] * table[t, s, a]
                    for a in range(2)) for s in range(2)] for t in range(3)]  # fmt: skip
    assert chain.action_sum(table).tolist() == np.array(by_hand).tolist()


def test_misfits_are_named():
    with pytest.raises(ValueError, match="the policy is for 1 states"):
        PolicyChain(examples.running(), TablePolicy([[1, 0]]))
    with pytest.raises(ValueError, match="TablePolicy has no parameters"):
        ScoredChain.of(examples.running(), TablePolicy([[1, 0], [1, 0]]))


def test_a_state_that_pays_noise_is_not_terminal_but_noise_on_no_way_does_not_matter():
    """States 1 to 3 keep the walk and pay 0 on average: 1 with noise, 2 with noise on no way."""
    P = np.zeros((4, 2, 4))
    P[0, :, 1] = P[1, :, 1] = P[2, :, 2] = P[3, :, 3] = 1
    sd = np.zeros((4, 2, 4))
    sd[1, 1, 1] = sd[2, 0, 3] = 0.5
    mdp = FiniteMDP(P, np.zeros((4, 2, 4)), 0.5, [1, 0, 0, 0], sd)
    chain = ScoredChain.of(mdp, LinearSoftmax.logits([0.4] * 4))
    assert chain.terminal.tolist() == [False, False, True, True]


def test_with_rate_1_sums_run_to_the_end_and_the_end_counts_nothing():
    """The corridor of three cells: 1 + P_pi 1 + ... counts the steps to the goal."""
    chain = PolicyChain(*problems.short_corridor(0.6))
    kernel = chain.P_pi[:3, :3]
    steps = np.linalg.solve(np.eye(3) - kernel, np.ones(3))
    np.testing.assert_allclose(chain.resolve(1, np.ones(4)), [*steps, 0])
    forward = np.linalg.solve(np.eye(3) - kernel.T, np.arange(1.0, 4))
    np.testing.assert_allclose(chain.resolve_transposed(1, np.arange(1.0, 5)), [*forward, 0])
    both = chain.resolve(1, np.array([[1.0, 2], [1, 2], [1, 2], [1, 2]]))
    np.testing.assert_allclose(both, np.outer([*steps, 0], [1, 2]))


def test_each_rate_has_its_own_inverse():
    chain = PolicyChain(examples.running(0.7), examples.running_policy())
    source = np.array([2.0, -3.0])
    for rate in (0.7, 0.3, 0.7, 0.0):
        back = chain.resolve(rate, source)
        np.testing.assert_allclose(back - rate * (chain.P_pi @ back), source)
        forth = chain.resolve_transposed(rate, source)
        np.testing.assert_allclose(forth - rate * (chain.P_pi.T @ forth), source)
