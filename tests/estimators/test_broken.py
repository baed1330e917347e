"""What the wrong estimators estimate. With fair coins all batches are equally likely, so listing
each batch once makes a mean over batches an exact expectation."""

from itertools import product

import numpy as np
import pytest

from utils import FiniteMDP, exact, simulate
from utils.estimators import broken
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.sampling.rollouts import Rollouts

COIN = LinearSoftmax.logits([0.5])


def all_batches(actions, rewards, batch):
    """Rollouts in one state that list each batch of the given trajectories [T, n] once."""
    picks = np.array(list(product(range(actions.shape[1]), repeat=batch))).ravel()
    actions, rewards = actions[:, picks], rewards[:, picks]
    path = np.zeros((len(actions) + 1, len(picks)), dtype=int)
    return Rollouts(path, actions, rewards)


def two_steps(gamma=0.5):
    """One state, a fair coin, two steps: all four paths are equally likely."""
    mdp = FiniteMDP(np.ones((1, 2, 1)), [[1.0, 3.0]], gamma, [1.0])
    actions = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    return mdp, actions, mdp.R[0, actions]


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("weights", ["total-return", "reward-to-go"])
def test_own_batch_mean_shrinks_the_gradient_by_one_minus_one_over_n(weights, batch):
    mdp, actions, rewards = two_steps()
    rollouts = all_batches(actions, rewards, batch)
    estimate = broken.own_batch_mean(rollouts, COIN, mdp, batch, weights)
    gradient = exact.finite_horizon_policy_gradient(mdp, COIN, 2)
    np.testing.assert_allclose(estimate.mean, (1 - 1 / batch) * gradient, rtol=1e-14)
    assert estimate.n == 4**batch


def test_standardised_returns_can_reverse_the_sign():
    # Arm 0 pays 1; arm 1 pays 10 with probability 1/5. True gradient p (1 - p), found -3/5 of it.
    mdp = FiniteMDP(np.ones((1, 2, 1)), [[1.0, 2.0]], 0.0, [1.0])
    actions = np.array([[0] * 5 + [1] * 5])
    rewards = np.array([[1.0] * 5 + [10.0, 0, 0, 0, 0]])
    assert exact.policy_gradient(mdp, COIN) == pytest.approx([0.25])
    rollouts = all_batches(actions, rewards, 2)
    estimate = broken.standardised_returns(rollouts, COIN, mdp, batch=2)
    np.testing.assert_allclose(estimate.mean, [-3 / 5 * 0.25], rtol=1e-14)


def test_a_mean_over_steps_is_the_gradient_divided_by_a_fixed_horizon():
    mdp, actions, rewards = two_steps()
    estimate = broken.mean_over_steps(all_batches(actions, rewards, 2), COIN, mdp, 2)
    gradient = exact.finite_horizon_policy_gradient(mdp, COIN, 2)
    np.testing.assert_allclose(estimate.mean, gradient / 2, rtol=1e-14)


def test_a_mean_over_steps_of_episodes_that_end_is_a_ratio():
    # State 0: action 1 pays 1 and ends. Two steps, one trajectory a batch. The paths (1, .), (0, 1)
    # and (0, 0) have 1, 2 and 2 steps and probabilities 1/2, 1/4, 1/4.
    P = np.zeros((2, 2, 2))
    P[0, 0, 0] = P[0, 1, 1] = P[1, :, 1] = 1
    gamma = 0.5
    mdp = FiniteMDP(P, [[0.0, 1.0], [0.0, 0.0]], gamma, [1.0, 0.0])
    policy = LinearSoftmax([[[0.0], [1.0]], [[0.0], [0.0]]], [0.0])
    path = np.array([[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]])
    actions = np.array([[1, 1, 0, 0], [0, 1, 1, 0]])
    rollouts = Rollouts(path, actions, mdp.R[path[:-1], actions])
    estimate = broken.mean_over_steps(rollouts, policy, mdp, batch=1)
    # X = 1/2 for the first; gamma (-1/2 + 1/2) = 0 for the second; 0 for the third.
    np.testing.assert_allclose(estimate.mean, [1 / 2 * 1 / 2])
    gradient = exact.finite_horizon_policy_gradient(mdp, policy, 2)
    np.testing.assert_allclose(gradient, [1 / 4])
    pairs = np.array(list(product(range(4), repeat=2))).ravel()
    both = Rollouts(path[:, pairs], actions[:, pairs], rollouts.rewards[:, pairs])
    # Batches of two: (X1 + X2) / (L1 + L2) has mean 1/4 (1/2) + 1/2 (1/6) + 1/4 (0).
    np.testing.assert_allclose(
        broken.mean_over_steps(both, policy, mdp, batch=2).mean, [1 / 8 + 1 / 12]
    )


def test_without_gamma_t_another_vector_is_estimated():
    # 4 coordinates at 5 standard errors; the true gradient is far outside.
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, n=20_000, horizon=3, rng=np.random.default_rng(1))
    estimate = broken.without_gamma_t(rollouts, policy, mdp)
    laws = exact.state_distributions(mdp, policy, 2)
    advantages = exact.finite_horizon_advantage(mdp, policy, 3)
    dropped = policy.score_sum(policy.probabilities * np.einsum("ts,tsa->sa", laws, advantages))
    assert (np.abs(estimate.mean - dropped) < 5 * estimate.standard_error).all()
    gradient = exact.finite_horizon_policy_gradient(mdp, policy, 3)
    assert (np.abs(estimate.mean - gradient) > 20 * estimate.standard_error).any()


def test_wrong_batches_are_named():
    mdp, actions, rewards = two_steps()
    rollouts = all_batches(actions, rewards, 1)
    with pytest.raises(ValueError, match="4 trajectories do not split into batches of 3"):
        broken.own_batch_mean(rollouts, COIN, mdp, batch=3)
    with pytest.raises(ValueError, match="weights is 'q', not one of"):
        broken.own_batch_mean(rollouts, COIN, mdp, batch=2, weights="q")


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_the_mean_over_the_steps_of_one_episode_leaves_a_quarter_of_two_tosses(p):
    coin = {1: (p, 1 - p), 0: (1 - p, -p)}  # probability and score, by the logit
    mean = [0.0, 0.0]
    for first, second in product(coin, repeat=2):
        (c0, psi0), (c1, psi1) = coin[first], coin[second]
        to_go = first + second, second
        b = sum(to_go) / 2
        mean[0] += c0 * c1 * psi0 * (to_go[0] - b)
        mean[1] += c0 * c1 * psi1 * (to_go[1] - b)
    assert mean == pytest.approx([p * (1 - p) / 2, 0], abs=1e-15)  # right: p(1 - p) for each
