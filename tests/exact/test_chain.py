"""An MDP under a policy as the exact functions see it."""

import numpy as np
import problems
import pytest

from utils.exact.chain import PolicyChain, ScoredChain, rewards_of_triples
from utils.model import examples
from utils.model.policies import TablePolicy


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
