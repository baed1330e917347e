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


class TwoWays:
    """Two actions; ends in state 2, which has ways out, and rows that share a next state."""

    initial_state_distrib = [0.25, 0.75, 0.0]
    P = {
        0: {
            0: [(0.5, 1, 3.0, False), (0.25, 1, 7.0, False), (0.25, 2, 11.0, True)],
            1: [(1.0, 0, -5.0, False), (0.0, 2, 99.0, False)],
        },
        1: {
            0: [(0.125, 2, 13.0, True), (0.875, 0, 17.0, False)],
            1: [(0.5, 1, 2.0, False), (0.5, 1, 2.0, False)],
        },
        2: {
            0: [(1.0, 0, 19.0, False)],
            1: [(1.0, 2, 23.0, True)],
        },
    }


def test_rows_are_added_up_by_hand():
    P, R, sd, rho0 = read_table(TwoWays())
    assert P.tolist() == [
        [[0, 0.75, 0.25], [1, 0, 0]],
        [[0.875, 0, 0.125], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 1]],
    ]
    # State 2 is only entered by an end, so it stays and pays nothing.
    mean = (0.5 * 3 + 0.25 * 7) / 0.75
    wanted = [[[0, mean, 11], [-5, 0, 0]], [[17, 0, 13], [0, 2, 0]], [[0, 0, 0], [0, 0, 0]]]
    np.testing.assert_allclose(R, wanted, rtol=1e-15)
    # 3 with weight 2/3 and 7 with weight 1/3: the variance is 16 * 2/9.
    noise = np.zeros((3, 2, 3))
    noise[0, 0, 1] = 4 * np.sqrt(2) / 3
    np.testing.assert_allclose(sd, noise, rtol=1e-14)
    assert rho0.tolist() == [0.25, 0.75, 0]


def test_an_end_that_only_an_end_leaves_is_kept_apart_from_one_that_goes_on():
    class Three(TwoWays):
        P = TwoWays.P | {2: {0: [(1.0, 1, 19.0, True)], 1: [(1.0, 2, 23.0, False)]}}

    # Only an end leads to state 2 from elsewhere, and what its own rows say is not looked at.
    P, R, _, rho0 = read_table(Three())
    assert P.shape == (3, 2, 3) and P[2].tolist() == [[0, 0, 1]] * 2 and not R[2].any()

    class Enters(TwoWays):
        P = TwoWays.P | {1: TwoWays.P[1] | {1: [(0.5, 2, 2.0, False), (0.5, 2, 6.0, True)]}}

    # Now one way into state 2 goes on: ways that end lead to state 3, the rows of 2 count.
    P, R, sd, rho0 = read_table(Enters())
    assert P.shape == (4, 2, 4) and rho0.tolist() == [0.25, 0.75, 0, 0] and not np.any(sd[1])
    assert P[1].tolist() == [[0.875, 0, 0, 0.125], [0, 0, 0.5, 0.5]]
    assert R[1].tolist() == [[17, 0, 0, 13], [0, 0, 2, 6]]
    assert P[2].tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]
    assert R[2].tolist() == [[19, 0, 0, 0], [0, 0, 0, 23]]
    assert P[3].tolist() == [[0, 0, 0, 1]] * 2 and not R[3].any()


def test_an_absorbing_state_that_turns_out_not_to_be_one_lets_its_own_rows_count():
    # 2 is entered by an end and by a way that goes on, so it goes on to 1, which was an end too.
    class Chain:
        initial_state_distrib = [1.0, 0.0, 0.0]
        P = {
            0: {0: [(0.5, 1, 3.0, True), (0.25, 2, 5.0, True), (0.25, 2, 7.0, False)]},
            1: {0: [(1.0, 1, 0.0, True)]},
            2: {0: [(1.0, 1, 11.0, False)]},
        }

    P, R, sd, _ = read_table(Chain())
    assert P[:, 0].tolist() == [[0, 0, 0.25, 0.75], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert R[0, 0, 3] == pytest.approx((0.5 * 3 + 0.25 * 5) / 0.75)
    assert R[2, 0, 1] == 11 and R[0, 0, 2] == 7
    # 3 with weight 2/3 and 5 with weight 1/3.
    assert sd[0, 0, 3] == pytest.approx(2 * np.sqrt(2) / 3)


def test_equal_rewards_have_no_noise_whatever_the_rounding():
    class Thirds:
        initial_state_distrib = [1.0]
        P = {0: {0: [(1 / 3, 0, 0.1, False)] * 3}}

    P, R, sd, _ = read_table(Thirds())
    assert sd == 0.0 and np.ndim(sd) == 0
    assert R[0, 0, 0] == pytest.approx(0.1)


def test_what_has_half_a_table_is_refused_by_its_name():
    class NoStart:
        P = {0: {0: []}}

    class NoTable:
        initial_state_distrib = [1.0]

    for thing in (NoStart(), NoTable()):
        with pytest.raises(ValueError) as error:
            read_table(thing)
        assert str(error.value) == (
            f"{type(thing).__name__} has no transition table P with initial_state_distrib; "
            "toy-text environments such as FrozenLake-v1, CliffWalking-v1 and Taxi-v4 have one"
        )
