import numpy as np
import pytest

from utils import TabularSoftmax, exact, examples, simulate
from utils.policies import TablePolicy


def rng(seed=0):
    return np.random.default_rng(seed)


def test_arrays_are_time_major():
    rollouts = simulate(examples.running(), examples.running_policy(), n=7, horizon=5, rng=rng())
    assert rollouts.states.shape == rollouts.actions.shape == rollouts.rewards.shape == (5, 7)
    assert rollouts.final_states.shape == (7,)
    assert (rollouts.horizon, rollouts.n) == (5, 7)


def test_rewards_are_the_table_read_at_state_and_action():
    mdp = examples.frozen_lake()
    rollouts = simulate(mdp, examples.frozen_lake_policy(), n=500, horizon=60, rng=rng())
    np.testing.assert_array_equal(rollouts.rewards, mdp.R[rollouts.states, rollouts.actions])
    assert rollouts.rewards.any()


def test_same_seed_same_numbers():
    mdp, policy = examples.running(), examples.running_policy()
    first = simulate(mdp, policy, n=50, horizon=9, rng=rng(3))
    again = simulate(mdp, policy, n=50, horizon=9, rng=rng(3))
    other = simulate(mdp, policy, n=50, horizon=9, rng=rng(4))
    np.testing.assert_array_equal(first.states, again.states)
    np.testing.assert_array_equal(first.actions, again.actions)
    assert (first.actions != other.actions).any()


def test_every_step_has_a_possible_transition():
    mdp = examples.random_mdp(rng(1), 8, 3, successors=2, absorbing=1)
    policy = TabularSoftmax(rng(2).normal(size=(8, 3)))
    rollouts = simulate(mdp, policy, n=2000, horizon=30, rng=rng())
    next_states = np.vstack([rollouts.states[1:], rollouts.final_states])
    assert (mdp.P[rollouts.states, rollouts.actions, next_states] > 0).all()


def test_frequencies_of_states_and_actions_are_their_probabilities():
    # 60 frequencies, each within 5 standard errors: false alarm below 60 * 5.7e-7.
    mdp = examples.random_mdp(rng(5), 4, 3)
    policy = TabularSoftmax(rng(6).normal(size=(4, 3)))
    n, horizon = 40_000, 5
    rollouts = simulate(mdp, policy, n=n, horizon=horizon, rng=rng(7))
    laws = exact.state_distributions(mdp, policy, horizon)
    for t in range(horizon):
        p = laws[t][:, None] * policy.probabilities
        pairs = rollouts.states[t] * 3 + rollouts.actions[t]
        frequency = np.bincount(pairs, minlength=12).reshape(4, 3) / n
        assert (np.abs(frequency - p) <= 5 * np.sqrt(p * (1 - p) / n)).all()


def test_an_action_of_probability_zero_is_never_taken():
    policy = TablePolicy([[0, 1], [1, 0]])
    rollouts = simulate(examples.running(), policy, n=5000, horizon=20, rng=rng())
    np.testing.assert_array_equal(rollouts.actions, 1 - rollouts.states)


def test_wrong_arguments_are_named():
    mdp, policy = examples.running(), examples.running_policy()
    with pytest.raises(ValueError, match="n is 0, not an integer of at least 1"):
        simulate(mdp, policy, n=0, horizon=5, rng=rng())
    with pytest.raises(ValueError, match="horizon is 1.5, not an integer"):
        simulate(mdp, policy, n=1, horizon=1.5, rng=rng())
    with pytest.raises(ValueError, match="rng is 0, not a numpy.random.Generator"):
        simulate(mdp, policy, n=1, horizon=1, rng=0)
    with pytest.raises(ValueError, match="the policy is for 16 states"):
        simulate(mdp, examples.frozen_lake_policy(), n=1, horizon=1, rng=rng())
