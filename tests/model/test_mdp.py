import gymnasium
import numpy as np
import pytest

from utils import FiniteMDP
from utils.model import examples


def tables(n_states=4, n_actions=2):
    P = np.full((n_states, n_actions, n_states), 1 / n_states)
    return P, np.ones((n_states, n_actions)), np.full(n_states, 1 / n_states)


def test_arrays_are_copied_and_read_only():
    P, R, rho0 = tables()
    mdp = FiniteMDP(P, R, 0.9, rho0)
    R[0, 0] = 5
    assert mdp.R[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        mdp.P[0, 0, 0] = 0


def test_sizes_and_largest_reward():
    P, R, rho0 = tables()
    R[1, 0] = -7
    mdp = FiniteMDP(P, R, 0.9, rho0)
    assert (mdp.n_states, mdp.n_actions, mdp.R_max) == (4, 2, 7)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda P, R, rho0: P[3, 1].__setitem__(0, 0.23), r"P\[3, 1\] sums to 0.98, not 1"),
        (
            lambda P, R, rho0: P[0, 0].__setitem__(slice(0, 2), [-0.25, 0.75]),
            r"P\[0, 0, 0\] is -0.25, not a probability",
        ),
        (lambda P, R, rho0: P[2, 1].__setitem__(3, np.nan), r"P\[2, 1, 3\] is nan, not a finite"),
        (lambda P, R, rho0: R[1].__setitem__(0, np.inf), r"R\[1, 0\] is inf, not a finite"),
        (lambda P, R, rho0: rho0.__setitem__(0, 0.5), r"rho0 sums to 1.25, not 1"),
        (lambda P, R, rho0: rho0.__setitem__(slice(0, 2), [-0.5, 1]), r"rho0\[0\] is -0.5"),
    ],
)
def test_a_wrong_entry_is_named(spoil, message):
    P, R, rho0 = tables()
    spoil(P, R, rho0)
    with pytest.raises(ValueError, match=message):
        FiniteMDP(P, R, 0.9, rho0)


@pytest.mark.parametrize("gamma", [-0.1, 1, 1.5, float("nan"), "0.9", None, True])
def test_a_discount_outside_the_unit_interval_is_rejected(gamma):
    P, R, rho0 = tables()
    with pytest.raises(ValueError, match="gamma is .*in \\[0, 1\\)"):
        FiniteMDP(P, R, gamma, rho0)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((3, 2, 4), (3, 2), (3,)), r"P has shape \[3, 2, 4\], not \[3, 2, 3\]"),
        (((3, 2), (3, 2), (3,)), r"P has shape \[3, 2\], not \[any, any, any\]"),
        (((3, 2, 3), (2, 3), (3,)), r"R has shape \[2, 3\], not \[3, 2\]"),
        (((3, 2, 3), (3, 2), (4,)), r"rho0 has shape \[4\], not \[3\]"),
        (((0, 2, 0), (0, 2), (0,)), r"P has shape \[0, 2, 0\], not \[any, any, any\]"),
    ],
)
def test_a_wrong_shape_is_named(shapes, message):
    with pytest.raises(ValueError, match=message):
        FiniteMDP(np.zeros(shapes[0]), np.zeros(shapes[1]), 0.9, np.zeros(shapes[2]))


def test_words_are_not_numbers():
    with pytest.raises(ValueError, match="R must be an array of numbers"):
        FiniteMDP(np.ones((1, 1, 1)), [["one"]], 0.5, [1.0])


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


def test_terminal_states_are_absorbing_and_pay_nothing():
    np.testing.assert_array_equal(
        np.flatnonzero(examples.frozen_lake().terminal), [5, 7, 11, 12, 15]
    )
    assert not examples.running().terminal.any()
    paid_for_ever = FiniteMDP(np.ones((1, 1, 1)), [[1.0]], 0.5, [1.0])
    assert not paid_for_ever.terminal.any()


def test_an_environment_without_a_table_is_refused():
    with pytest.raises(ValueError, match="BlackjackEnv has no transition table"):
        FiniteMDP.from_gymnasium(gymnasium.make("Blackjack-v1"))


def test_a_state_that_ends_the_episode_only_sometimes_is_refused():
    class Sometimes:
        initial_state_distrib = [1.0, 0.0]
        P = {0: {0: [(0.5, 1, 0.0, True), (0.5, 1, 0.0, False)]}, 1: {0: [(1.0, 1, 0.0, True)]}}

    with pytest.raises(ValueError, match="enters state 1 both as a terminal state"):
        FiniteMDP.from_gymnasium(Sometimes())
