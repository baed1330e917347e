import numpy as np
import pytest

from utils import exact, simulate
from utils.estimators.forms import (
    along_steps,
    discounted_rewards_to_go,
    generalised_advantages,
    mean_of_others,
    rewards_to_go,
    td_errors,
)
from utils.model import examples

MDP, POLICY = examples.running(gamma=0.8), examples.running_policy()
ROLLOUTS = simulate(MDP, POLICY, n=30, horizon=7, rng=np.random.default_rng(4))
V, Q = exact.values(MDP, POLICY)


def test_reward_to_go_is_the_discounted_sum_of_what_follows():
    rewards = np.array([[1.0, 0.0], [2.0, -1.0], [4.0, 3.0]])
    np.testing.assert_allclose(rewards_to_go(rewards, 0.5), [[3, 0.25], [4, 0.5], [4, 3]])


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_gamma_to_the_t_can_be_pulled_into_the_reward_to_go(gamma):
    discounts = gamma ** np.arange(7)[:, None]
    np.testing.assert_allclose(
        discounted_rewards_to_go(ROLLOUTS.rewards, gamma),
        discounts * rewards_to_go(ROLLOUTS.rewards, gamma),
    )


def test_gae_with_lambda_zero_is_the_td_error():
    np.testing.assert_array_equal(
        generalised_advantages(ROLLOUTS, MDP, V, 0), td_errors(ROLLOUTS, MDP, V)
    )


def test_gae_with_lambda_one_telescopes_for_any_critic():
    v = np.array([3.0, -1.0])
    remaining = MDP.gamma ** (7 - np.arange(7))[:, None]
    np.testing.assert_allclose(
        generalised_advantages(ROLLOUTS, MDP, v, 1),
        rewards_to_go(ROLLOUTS.rewards, 0.8)
        - v[ROLLOUTS.states]
        + remaining * v[ROLLOUTS.path[-1]],
        atol=1e-14,
    )


def test_a_critic_may_carry_a_time_index():
    V_t, Q_t = exact.finite_horizon_values(MDP, POLICY, 7)
    errors = td_errors(ROLLOUTS, MDP, V_t)
    t, n = 3, 11
    s, a, s_next = ROLLOUTS.states[t, n], ROLLOUTS.actions[t, n], ROLLOUTS.next_states[t, n]
    assert errors[t, n] == MDP.R[s, a] + 0.8 * V_t[t + 1, s_next] - V_t[t, s]
    assert along_steps(Q_t, ROLLOUTS)[t, n] == Q_t[t, s, a]
    # At the last step nothing follows: the TD error is the reward minus its mean.
    np.testing.assert_allclose(errors[-1], ROLLOUTS.rewards[-1] - V_t[-2][ROLLOUTS.states[-1]])


def test_mean_of_others_leaves_out_the_own_value():
    values = np.array([1.0, 2.0, 6.0])
    np.testing.assert_allclose(mean_of_others(values, values.sum(), 3), [4, 3.5, 1.5])
    with pytest.raises(ValueError, match="leave-one-out is 1, not an integer of at least 2"):
        mean_of_others(values[:1], 1.0, 1)


@pytest.mark.parametrize("lam", [None, -0.1, 1.5])
def test_lambda_outside_the_unit_interval_is_rejected(lam):
    with pytest.raises(ValueError, match="lam is"):
        generalised_advantages(ROLLOUTS, MDP, V, lam)
