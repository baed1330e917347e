import numpy as np
import pytest

from utils import TabularSoftmax, exact, examples, policy_gradient, simulate
from utils.estimators import WEIGHTS, rewards_to_go


def random_problem(seed, n=300, horizon=6):
    rng = np.random.default_rng(seed)
    mdp = examples.random_mdp(rng, 3, 2, gamma=0.8)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    return mdp, policy, simulate(mdp, policy, n=n, horizon=horizon, rng=rng)


def test_reward_to_go_is_the_discounted_sum_of_what_follows():
    rewards = np.array([[1.0, 0.0], [2.0, -1.0], [4.0, 3.0]])
    np.testing.assert_allclose(rewards_to_go(rewards, 0.5), [[3, 0.25], [4, 0.5], [4, 3]])


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("baseline", [None, 0.7, "state", "time"])
def test_estimate_is_the_mean_and_error_of_one_sample_a_trajectory(weights, baseline):
    mdp, policy, rollouts = random_problem(1)
    T = rollouts.horizon
    table = np.random.default_rng(2).normal(size=(T, 3))
    if weights == "total-return" and isinstance(baseline, str):
        return
    baseline = {"state": table[0], "time": table}.get(baseline, baseline)
    b = np.broadcast_to(0.0 if baseline is None else baseline, (T, 3))
    V, Q = exact.values(mdp, policy)
    samples = []
    for n in range(rollouts.n):
        s, a, r = (x[:, n] for x in (rollouts.states, rollouts.actions, rollouts.rewards))
        x = 0
        for t in range(T):
            to_go = sum(mdp.gamma ** (k - t) * r[k] for k in range(t, T))
            total = sum(mdp.gamma**k * r[k] for k in range(T))
            weight = {
                "total-return": total - b[t, s[t]],
                "reward-to-go": mdp.gamma**t * (to_go - b[t, s[t]]),
                "q": mdp.gamma**t * (Q[s[t], a[t]] - b[t, s[t]]),
                "advantage": mdp.gamma**t * (Q[s[t], a[t]] - V[s[t]] - b[t, s[t]]),
            }[weights]
            x = x + weight * policy.score(s[t], a[t])
        samples.append(x)
    estimate = policy_gradient(rollouts, policy, mdp=mdp, weights=weights, baseline=baseline)
    assert estimate.n == rollouts.n
    np.testing.assert_allclose(estimate.mean, np.mean(samples, axis=0), atol=1e-13)
    error = np.std(samples, axis=0, ddof=1) / np.sqrt(rollouts.n)
    np.testing.assert_allclose(estimate.standard_error, error, atol=1e-13)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_estimates_agree_with_the_exact_gradient(weights):
    # 4 coordinates at 5 standard errors: false alarm below 4 * 5.7e-7. gamma^T is below 1e-12.
    mdp, policy = examples.running(), examples.running_policy()
    rng = np.random.default_rng(11)
    rollouts = simulate(mdp, policy, n=40_000, horizon=40, rng=rng)
    estimate = policy_gradient(rollouts, policy, mdp=mdp, weights=weights)
    error = np.abs(estimate.mean - exact.policy_gradient(mdp, policy))
    assert (error < 5 * estimate.standard_error).all()
    low, high = estimate.confidence_interval()
    np.testing.assert_allclose(high - low, 2 * 1.959963984540054 * estimate.standard_error)


def test_one_trajectory_has_no_standard_error():
    mdp, policy, rollouts = random_problem(0, n=1)
    estimate = policy_gradient(rollouts, policy, mdp=mdp)
    assert np.isinf(estimate.standard_error).all()


def test_wrong_arguments_are_named():
    mdp, policy, rollouts = random_problem(0)
    with pytest.raises(ValueError, match="weights is 'reward', not one of 'total-return'"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="reward")
    with pytest.raises(ValueError, match=r"baseline has shape \[2\], not \[3\]"):
        policy_gradient(rollouts, policy, mdp=mdp, baseline=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"baseline has shape \[3, 6\], not \[6, 3\]"):
        policy_gradient(rollouts, policy, mdp=mdp, baseline=np.zeros((3, 6)))
    with pytest.raises(ValueError, match="takes a single number as baseline"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="total-return", baseline=np.zeros(3))
