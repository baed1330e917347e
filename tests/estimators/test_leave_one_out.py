from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import problems
import pytest
from problems import random_rational
from trajectories import enumerate_rewarded, enumerate_trajectories

from utils import TabularSoftmax, exact, policy_gradient, simulate
from utils.estimators.leave_one_out import leave_one_out_moments
from utils.model.policies import LinearSoftmax


@pytest.mark.parametrize("weights", ["reward-to-go", "total-return"])
@pytest.mark.parametrize("seed, random_rewards", [(0, False), (1, False), (2, False), (3, True)])
def test_moments_are_exactly_those_of_all_pairs_of_trajectories(seed, random_rewards, weights):
    mdp, policy = random_rational(seed, random_rewards=random_rewards)
    T, gamma = 2, mdp.gamma
    # The state after the last step matters through its reward only: equal paths are added up.
    paths = {}
    noise = ((-1, F(1, 2)), (1, F(1, 2))) if random_rewards else ((0, 1),)
    for probability, s, a, r in enumerate_rewarded(mdp, policy, T, noise):
        paths[s[:T], a, tuple(r)] = paths.get((s[:T], a, tuple(r)), 0) + probability
    listed = []
    for (s, a, r), probability in paths.items():
        discounted = [gamma**t * r[t] for t in range(T)]
        Y = [sum(discounted[t if weights == "reward-to-go" else 0 :]) for t in range(T)]
        listed.append((probability, Y, [policy.scores[s[t], a[t]] for t in range(T)]))
    mean = second = 0
    for p, Y, psi in listed:
        for p2, Y2, psi2 in listed:
            pair = sum((Y[t] - Y2[t]) * (psi[t] - psi2[t]) for t in range(T)) / 2
            mean, second = mean + p * p2 * pair, second + p * p2 * pair**2
    moments = leave_one_out_moments(mdp, policy, T, 2, weights)
    assert moments.mean.tolist() == mean.tolist()
    assert moments.variance.tolist() == (2 * (second - mean**2)).tolist()


@pytest.mark.parametrize("weights", ["reward-to-go", "total-return"])
@pytest.mark.parametrize("shape, T, n", [((3, 2), 3, 2), ((2, 2), 4, 2), ((2, 2), 2, 3)])
def test_moments_are_those_of_all_batches_of_longer_trajectories(shape, T, n, weights):
    """Three steps or more: two times apart, scores and returns meet across a step between."""
    rng = np.random.default_rng(6)
    start = np.array([0.25, 0.75, 0])[: shape[0]]  # a third state is entered later only
    mdp = replace(problems.random_mdp(rng, *shape, gamma=0.7), rho0=start)
    features = rng.normal(size=(*shape, 3))
    policy = LinearSoftmax(features, rng.normal(size=3))
    front = mdp.gamma ** np.arange(T)
    chances, Y, psi = [], [], []
    for probability, s, a in enumerate_trajectories(mdp, policy, T):
        discounted = front * mdp.R[list(s[:T]), list(a)]
        chances.append(probability)
        to_go = discounted[::-1].cumsum()[::-1]
        Y.append(to_go if weights == "reward-to-go" else np.full(T, to_go[0]))
        psi.append(policy.scores[list(s[:T]), list(a)])
    p, Y, psi = np.array(chances), np.array(Y), np.array(psi)
    batches = np.indices((len(p),) * n).reshape(n, -1).T
    weight, estimate = p[batches].prod(axis=1), 0
    for i in range(n):
        others = np.mean([Y[batches[:, j]] for j in range(n) if j != i], axis=0)
        centred = Y[batches[:, i]] - others
        estimate = estimate + np.einsum("bt,btd->bd", centred, psi[batches[:, i]]) / n
    mean = weight @ estimate
    variance = n * (weight @ estimate**2 - mean**2)
    moments = leave_one_out_moments(mdp, policy, T, n, weights)
    np.testing.assert_allclose(moments.mean, mean, atol=1e-12)
    np.testing.assert_allclose(moments.variance, variance, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("weights", ["reward-to-go", "total-return"])
def test_variance_is_the_spread_of_repeated_estimates(weights):
    # 4000 repetitions know a variance to about sqrt(2/4000) = 2.2 %; the bound is five times that.
    rng = np.random.default_rng(5)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.8)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    n, T = 10, 5
    means = []
    for _ in range(4000):
        rollouts = simulate(mdp, policy, n, T, rng)
        means.append(policy_gradient(rollouts, policy, mdp, weights, baseline="leave-one-out").mean)
    moments = leave_one_out_moments(mdp, policy, T, n, weights)
    ratio = np.var(means, axis=0, ddof=1) * n / moments.variance
    assert np.abs(ratio - 1).max() < 5 * np.sqrt(2 / 4000)
    gradient = exact.finite_horizon_policy_gradient(mdp, policy, T)
    np.testing.assert_allclose(moments.mean, gradient, atol=1e-12)


def test_the_price_of_estimated_baselines_falls_like_one_over_n_minus_one():
    mdp, policy = random_rational(1)
    two, three, five = (leave_one_out_moments(mdp, policy, 3, n).trace for n in (2, 3, 5))
    assert two - three == 2 * (three - five) > 0


def test_wrong_arguments_are_named():
    mdp, policy = random_rational(0)
    with pytest.raises(ValueError, match="n is 1, not an integer of at least 2"):
        leave_one_out_moments(mdp, policy, 3, 1)
    with pytest.raises(ValueError, match="weights is 'q', not one of 'reward-to-go'"):
        leave_one_out_moments(mdp, policy, 3, 2, "q")
    assert isinstance(leave_one_out_moments(mdp, policy, 1, 2).trace, F)
