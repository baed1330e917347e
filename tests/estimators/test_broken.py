"""What the wrong estimators estimate. With fair coins all batches are equally likely, so listing
each batch once makes a mean over batches an exact expectation."""

from itertools import product

import numpy as np
import problems
import pytest

from utils import FiniteMDP, exact, simulate
from utils.estimators import broken
from utils.model import examples
from utils.model.policies import LinearSoftmax, TabularSoftmax
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


def weights_by_hand(name, to_go, steps):
    """What multiplies psi_t in the trajectories of one batch; to_go [T, n] holds gamma^t G_t."""
    batch = to_go.shape[1]
    if name == "without":
        return to_go
    if name == "total-return":
        return np.stack([to_go[0] - to_go[0].mean()] * len(to_go))
    if name == "reward-to-go":
        return np.array([row - sum(row) / batch for row in to_go])
    if name == "standardised":
        centred = to_go[0] - to_go[0].mean()
        return np.stack([centred / np.sqrt((centred**2).mean())] * len(to_go))
    return to_go * batch / steps


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    "name", ["without", "total-return", "reward-to-go", "standardised", "over steps"]
)
def test_each_is_the_mean_over_batches_of_what_it_gives_on_one(name, shared):
    """Five steps, 21 trajectories in 7 batches of 3, three states of which one is the end."""
    rng = np.random.default_rng(3)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.7, absorbing=1)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    if shared:
        policy = LinearSoftmax(rng.normal(size=(3, 2, 4)), rng.normal(size=4))
    run = simulate(mdp, policy, 21, 5, rng)
    front = 0.7 ** np.arange(5)[:, None]
    to_go = np.array([(front * run.rewards)[t:].sum(axis=0) for t in range(5)])
    to_go = to_go / front if name == "without" else to_go
    batch = 1 if name == "without" else 3
    samples = []
    for start in range(0, 21, batch):
        columns = list(range(start, start + batch))
        steps = sum(int(run.states[t, n]) != 2 for t in range(5) for n in columns)
        weights = weights_by_hand(name, to_go[:, columns], steps)
        samples.append(sum(
            weights[t, i] * policy.score(run.states[t, n], run.actions[t, n])
            for t in range(5) for i, n in enumerate(columns)
        ) / batch)  # fmt: skip
    estimate = {
        "without": lambda: broken.without_gamma_t(run, policy, mdp),
        "total-return": lambda: broken.own_batch_mean(run, policy, mdp, 3),
        "reward-to-go": lambda: broken.own_batch_mean(run, policy, mdp, 3, "reward-to-go"),
        "standardised": lambda: broken.standardised_returns(run, policy, mdp, 3),
        "over steps": lambda: broken.mean_over_steps(run, policy, mdp, 3),
    }[name]()
    assert estimate.n == len(samples) == 21 // batch
    assert estimate.mean.shape == policy.theta.shape
    np.testing.assert_allclose(estimate.mean, np.mean(samples, axis=0), atol=1e-13)
    error = np.std(samples, axis=0, ddof=1) / np.sqrt(len(samples))
    np.testing.assert_allclose(estimate.standard_error, error, atol=1e-13)


@pytest.mark.parametrize(
    "gap, size", [(0.0, 0), (1e-13, 0), (1e-11, 1)], ids=["tied", "rounding", "spread"]
)
def test_a_batch_without_spread_counts_nothing(gap, size):
    """Returns 3 and 3 (1 + gap), actions 0 and 1: scaled to -1 and 1, and their scores are ∓1/2."""
    mdp = FiniteMDP(np.ones((1, 2, 1)), [[1.0, 3.0]], 0.5, [1.0])
    rewards = np.array([[3.0, 3.0 * (1 + gap)] * 2])
    run = Rollouts(np.zeros((2, 4), dtype=int), np.array([[0, 1] * 2]), rewards)
    estimate = broken.standardised_returns(run, COIN, mdp, batch=2)
    np.testing.assert_allclose(estimate.mean, [size / 2])


def test_a_batch_of_one_has_no_spread():
    mdp, actions, rewards = two_steps()
    run = all_batches(actions, rewards, 1)
    assert broken.standardised_returns(run, COIN, mdp, batch=1).mean.tolist() == [0]
    assert broken.own_batch_mean(run, COIN, mdp, batch=1).mean.tolist() == [0]


def test_a_batch_that_starts_at_the_end_counts_nothing():
    P = np.ones((1, 2, 1))
    end = FiniteMDP(P, [[0.0, 0.0]], 0.5, [1.0])
    actions = np.array([[0, 1, 1, 0], [1, 1, 0, 0]])
    run = Rollouts(np.zeros((3, 4), dtype=int), actions, np.zeros((2, 4)))
    assert broken.mean_over_steps(run, COIN, end, batch=2).mean.tolist() == [0]


@pytest.mark.parametrize("batch", [0, -1, 1.5])
def test_a_batch_has_at_least_one_trajectory(batch):
    mdp, actions, rewards = two_steps()
    with pytest.raises(ValueError, match="batch is .* not an integer of at least 1"):
        broken.mean_over_steps(all_batches(actions, rewards, 1), COIN, mdp, batch)


def test_policies_and_rollouts_of_another_world_are_refused():
    mdp, actions, rewards = two_steps()
    run = all_batches(actions, rewards, 1)
    other = examples.running()
    for wrong in (broken.own_batch_mean, broken.standardised_returns, broken.mean_over_steps):
        with pytest.raises(ValueError, match="policy is for 1 states"):
            wrong(run, COIN, other, 2)
    far = Rollouts(run.path + 1, run.actions, run.rewards)
    with pytest.raises(ValueError):
        broken.without_gamma_t(far, COIN, mdp)
