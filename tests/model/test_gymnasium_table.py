import gymnasium
import numpy as np
import pytest

from utils import FiniteMDP, TabularSoftmax, exact
from utils.model import examples
from utils.model.gymnasium_table import read_table


def test_frozen_lake_is_read_from_the_real_environment():
    env = gymnasium.make("FrozenLake-v1", map_name="4x4", is_slippery=True)
    mdp = FiniteMDP.from_gymnasium(env)
    assert mdp.gamma == 0.9
    np.testing.assert_array_equal(mdp.rho0, np.eye(16)[0])
    for hole_or_goal in (5, 7, 11, 12, 15):
        np.testing.assert_array_equal(mdp.P[hole_or_goal], np.eye(16)[[hole_or_goal] * 4])
        assert not mdp.R[hole_or_goal].any()
    # Slippery: right from 14 goes down (stays), right (the goal) or up, each with 1/3.
    np.testing.assert_allclose(mdp.P[14, examples.RIGHT, [14, 15, 10]], 1 / 3)
    assert mdp.R[14, examples.RIGHT] == pytest.approx(1 / 3)
    np.testing.assert_array_equal(mdp.R_next[14, examples.RIGHT], np.eye(16)[15])
    env.close()


def test_a_terminal_state_with_ways_out_becomes_absorbing():
    # CliffWalking's table lets the goal, state 47, move on.
    env = gymnasium.make("CliffWalking-v1")
    assert any(s != 47 for rows in env.unwrapped.P[47].values() for _, s, _, _ in rows)
    mdp = FiniteMDP.from_gymnasium(env, gamma=0.5)
    np.testing.assert_array_equal(mdp.P[47, :, 47], 1)
    assert not mdp.R[47].any()
    assert mdp.gamma == 0.5
    env.close()


def test_an_environment_without_a_table_is_refused():
    with pytest.raises(ValueError, match="BlackjackEnv has no transition table.*Taxi-v4 have one"):
        FiniteMDP.from_gymnasium(gymnasium.make("Blackjack-v1"))


def test_taxi_has_one_extra_state_for_the_end_of_an_episode():
    # J and the norm of the gradient at gamma = 0.9 were found by an independent solution.
    mdp = FiniteMDP.from_gymnasium(gymnasium.make("Taxi-v4"), 0.9)
    policy = TabularSoftmax(np.zeros((501, 6)))
    np.testing.assert_array_equal(np.flatnonzero(mdp.terminal), [500])
    assert exact.objective(mdp, policy) == pytest.approx(-39.385973340717655, rel=1e-12)
    gradient = exact.policy_gradient(mdp, policy)
    assert np.linalg.norm(gradient) == pytest.approx(0.9813387985, rel=1e-9)


def test_rows_that_differ_in_reward_alone_give_mean_and_standard_deviation():
    # On the slippery cliff, right from the start 36 leads back to 36 by the cliff (-100) or by the
    # wall below (-1), each with 1/3.
    env = gymnasium.make("CliffWalking-v1", is_slippery=True)
    mdp = FiniteMDP.from_gymnasium(env)
    assert mdp.P[36, 1, 36] == pytest.approx(2 / 3)
    assert mdp.R_next[36, 1, 36] == pytest.approx(-50.5)
    assert mdp.reward_sd[36, 1, 36] == pytest.approx(49.5)
    assert mdp.R[36, 1] == pytest.approx((-100 - 1 - 1) / 3)
    mean_square = (100**2 + 1 + 1) / 3
    assert mdp.reward_variance[36, 1] == pytest.approx(mean_square - (102 / 3) ** 2)


def test_a_way_that_ends_is_kept_apart_from_a_way_that_goes_on():
    class Sometimes:
        initial_state_distrib = [1.0, 0.0]
        P = {0: {0: [(0.5, 1, 4.0, True), (0.5, 1, 2.0, False)]}, 1: {0: [(1.0, 0, 1.0, False)]}}

    mdp = FiniteMDP.from_gymnasium(Sometimes(), gamma=0.5)
    np.testing.assert_array_equal(mdp.P[:, 0], [[0, 0.5, 0.5], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(mdp.R_next[0, 0], [0, 2, 4])
    # V0 = 3 + V1/4 and V1 = 1 + V0/2.
    assert exact.objective(mdp, TabularSoftmax(np.zeros((3, 1)))) == pytest.approx(26 / 7)


def test_an_end_in_the_first_state_is_no_end_of_the_first_state():
    class RoundTrip:
        initial_state_distrib = [1.0]
        P = {0: {0: [(1.0, 0, 1.0, True)]}}

    mdp = FiniteMDP.from_gymnasium(RoundTrip())
    np.testing.assert_array_equal(mdp.P[:, 0], [[0, 1], [0, 1]])
    assert exact.objective(mdp, TabularSoftmax(np.zeros((2, 1)))) == pytest.approx(1)


def test_a_table_that_is_read_holds_laws_and_the_rewards_of_transitions():
    env = gymnasium.make("FrozenLake-v1", map_name="4x4", is_slippery=True)
    P, R, _, rho0 = read_table(env)
    env.close()
    np.testing.assert_allclose(P.sum(axis=2), 1)
    assert R.shape == P.shape and R[14, 2, 15] == 1 and rho0[0] == 1
