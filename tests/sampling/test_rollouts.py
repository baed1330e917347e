import tracemalloc
from dataclasses import replace

import numpy as np
import problems
import pytest

from utils import FiniteMDP, TabularSoftmax, exact, policy_gradient, simulate
from utils.model import examples
from utils.model.policies import TablePolicy
from utils.sampling.rollouts import BLOCK, Rollouts, add_noise, simulate_in_chunks, textbook_steps


def rng(seed=0):
    return np.random.default_rng(seed)


def test_arrays_are_time_major():
    rollouts = simulate(examples.running(), examples.running_policy(), n=7, horizon=5, rng=rng())
    assert rollouts.states.shape == rollouts.actions.shape == rollouts.rewards.shape == (5, 7)
    assert rollouts.path.shape == (6, 7)
    assert (rollouts.horizon, rollouts.n) == (5, 7)


@pytest.mark.parametrize("common", [False, True])
def test_frozen_lake_pays_1_on_arrival_and_nothing_else(common):
    mdp, policy = examples.frozen_lake(), examples.frozen_lake_policy()
    rollouts = simulate(mdp, policy, 500, 60, rng(), common_random_numbers=common)
    arrived = (rollouts.states != 15) & (rollouts.next_states == 15)
    np.testing.assert_array_equal(rollouts.rewards, arrived)
    assert arrived.any()


def paying_on_transitions(seed=0, n_states=5, reward_sd=0.0):
    mdp = problems.random_mdp(rng(seed), n_states, 3)
    R_next = rng(seed + 1).normal(size=mdp.P.shape)
    return FiniteMDP(mdp.P, R_next, mdp.gamma, mdp.rho0, reward_sd)


@pytest.mark.parametrize("n_states", [2, 5, 40])
@pytest.mark.parametrize("common", [False, True])
def test_rewards_are_those_of_the_transitions(common, n_states):
    mdp = paying_on_transitions(n_states=n_states)
    policy = TabularSoftmax(np.zeros((n_states, 3)))
    run = simulate(mdp, policy, 400, 21, rng(), common_random_numbers=common)
    np.testing.assert_array_equal(run.rewards, mdp.R_next[run.states, run.actions, run.next_states])


@pytest.mark.parametrize("common", [False, True])
def test_mean_rewards_are_one_keyword_away(common):
    mdp = paying_on_transitions(reward_sd=2.0)
    policy = TabularSoftmax(np.zeros((5, 3)))
    run = simulate(mdp, policy, 40, 20, rng(), common, mean_rewards=True)
    np.testing.assert_array_equal(run.rewards, mdp.R[run.states, run.actions])
    for part in simulate_in_chunks(mdp, policy, 7, 20, rng(), chunk=4, mean_rewards=True):
        np.testing.assert_array_equal(part.rewards, mdp.R[part.states, part.actions])


@pytest.mark.parametrize("common", [False, True])
@pytest.mark.parametrize("shape", [(), (5, 3), (5, 3, 5)])
def test_noise_is_normal_with_the_stated_standard_deviation(common, shape):
    # Residuals over their sd are 10^5 standard normals: mean, mean square and mean fourth power
    # within 5 standard errors each (variances 1, 2, 96): false alarm 3 * 5.7e-7 for each case.
    mdp = paying_on_transitions(reward_sd=rng(2).uniform(0.5, 2, shape))
    run = simulate(mdp, TabularSoftmax(np.zeros((5, 3))), 5000, 20, rng(3), common)
    step = run.states, run.actions, run.next_states
    z = (run.rewards - mdp.R_next[step]) / mdp.reward_sd[step[: mdp.reward_sd.ndim]]
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (4, 3, 96)):
        assert abs((z**power).mean() - mean) < 5 * np.sqrt(variance / z.size)


def test_a_reward_has_the_variance_of_the_table_given_state_and_action():
    # Sample variances of 15 pairs, each within 5 standard errors: false alarm 15 * 5.7e-7.
    mdp = paying_on_transitions(reward_sd=0.5)
    run = simulate(mdp, TabularSoftmax(np.zeros((5, 3))), 20_000, 10, rng(3))
    for s, a in np.ndindex(5, 3):
        squares = (run.rewards[(run.states == s) & (run.actions == a)] - mdp.R[s, a]) ** 2
        error = squares.std() / np.sqrt(len(squares))
        assert abs(squares.mean() - mdp.reward_variance[s, a]) < 5 * error


def test_random_rewards_leave_the_estimate_unbiased():
    # 15 coordinates at 5 standard errors: false alarm 15 * 5.7e-7.
    mdp, policy = paying_on_transitions(reward_sd=1.0), TabularSoftmax(rng(4).normal(size=(5, 3)))
    run = simulate(mdp, policy, 40_000, 12, rng(5))
    estimate = policy_gradient(run, policy, mdp)
    truth = exact.finite_horizon_policy_gradient(mdp, policy, 12)
    assert (np.abs(estimate.mean - truth) <= 5 * estimate.standard_error).all()


@pytest.mark.parametrize("common", [False, True])
def test_no_impossible_step_is_taken_in_either_mode(common):
    mdp = examples.frozen_lake()
    policy = TablePolicy(np.eye(4)[rng(0).integers(0, 4, 16)])
    rollouts = simulate(mdp, policy, 500, 40, rng(1), common_random_numbers=common)
    assert (mdp.P[rollouts.states, rollouts.actions, rollouts.next_states] > 0).all()
    assert (policy.probabilities[rollouts.states, rollouts.actions] == 1).all()


def test_common_random_numbers_change_an_action_only_between_the_two_cdfs():
    # 10 000 uniforms decide the first action; raising pi(1|0) can only turn 0 into 1.
    mdp = examples.running()
    low, high = (
        simulate(mdp, TablePolicy([[1 - p, p], [1, 0]]), 10_000, 3, rng(5), True).actions[0]
        for p in (0.4, 0.45)
    )
    assert (low <= high).all()
    assert 0.05 * 10_000 == pytest.approx((low != high).sum(), abs=5 * np.sqrt(0.05 * 10_000))


def test_the_engine_and_the_textbook_sampler_have_the_same_law():
    # 40 mean rewards, each within 5 standard errors of the exact one: false alarm 40 * 5.7e-7.
    mdp = problems.random_mdp(rng(3), 5, 3)
    policy = TabularSoftmax(rng(4).normal(size=(5, 3)))
    laws = exact.state_distributions(mdp, policy, 19)
    expected = laws @ exact.policy_reward(mdp, policy)
    for common in (False, True):
        rewards = simulate(mdp, policy, 20_000, 20, rng(6), common).rewards
        errors = rewards.std(axis=1, ddof=1) / np.sqrt(20_000)
        assert (np.abs(rewards.mean(axis=1) - expected) < 5 * errors).all()


def test_more_trajectories_than_a_block_are_all_filled():
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, n=2 * BLOCK + 77, horizon=3, rng=rng())
    assert set(np.unique(rollouts.path)) == set(np.unique(rollouts.actions)) == {0, 1}
    np.testing.assert_array_equal(rollouts.rewards, mdp.R[rollouts.states, rollouts.actions])


def test_chunks_reuse_one_piece_of_memory_and_add_up():
    mdp, policy = examples.running(), examples.running_policy()
    sizes, memory = [], set()
    for chunk in simulate_in_chunks(mdp, policy, 1050, 10, rng(), chunk=500):
        np.testing.assert_array_equal(chunk.rewards, mdp.R[chunk.states, chunk.actions])
        sizes.append(chunk.n)
        memory.add(chunk.rewards.ctypes.data)
    assert sizes == [500, 500, 50]
    assert len(memory) == 1


def test_chunks_keep_memory_bounded():
    # 200 000 x 50 steps need 160 MB at once; chunks of 1000 need 0.8 MB and some scratch.
    mdp, policy = examples.running(), examples.running_policy()
    tracemalloc.start()
    total = sum(
        policy_gradient(chunk, policy, mdp).n
        for chunk in simulate_in_chunks(mdp, policy, 200_000, 50, rng(), chunk=1000)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 200_000
    assert peak < 10e6


def test_same_seed_same_numbers():
    mdp, policy = examples.running(), examples.running_policy()
    first = simulate(mdp, policy, n=50, horizon=9, rng=rng(3))
    again = simulate(mdp, policy, n=50, horizon=9, rng=rng(3))
    other = simulate(mdp, policy, n=50, horizon=9, rng=rng(4))
    np.testing.assert_array_equal(first.states, again.states)
    np.testing.assert_array_equal(first.actions, again.actions)
    assert (first.actions != other.actions).any()


def test_every_step_has_a_possible_transition():
    mdp = problems.random_mdp(rng(1), 8, 3, successors=2, absorbing=1)
    policy = TabularSoftmax(rng(2).normal(size=(8, 3)))
    rollouts = simulate(mdp, policy, n=2000, horizon=30, rng=rng())
    next_states = rollouts.next_states
    assert (mdp.P[rollouts.states, rollouts.actions, next_states] > 0).all()


def test_frequencies_of_states_and_actions_are_their_probabilities():
    # 60 frequencies, each within 5 standard errors: false alarm below 60 * 5.7e-7.
    mdp = problems.random_mdp(rng(5), 4, 3)
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


def test_rollouts_made_by_hand_are_checked():
    mdp, policy = examples.running(), examples.running_policy()
    path, actions, rewards = np.zeros((3, 2), int), np.zeros((2, 2), int), np.zeros((2, 2))
    by_hand = Rollouts(path, actions, rewards)
    assert policy_gradient(by_hand, policy, mdp).n == 2
    with pytest.raises(ValueError, match=r"path has shape \[2, 2\], not \[3, 2\]"):
        Rollouts(path[:2], actions, rewards)
    with pytest.raises(ValueError, match=r"rewards has shape \[1, 2\], not \[2, 2\]"):
        Rollouts(path, actions, rewards[:1])
    with pytest.raises(ValueError, match=r"rewards\[0, 0\] is nan, not a finite number"):
        policy_gradient(Rollouts(path, actions, rewards * np.nan), policy, mdp)
    with pytest.raises(ValueError, match=r"path\[0, 0\] is 2, not in 0, ..., 1"):
        policy_gradient(Rollouts(path + 2, actions, rewards), policy, mdp)
    with pytest.raises(ValueError, match=r"actions\[1, 1\] is -1, not in 0, ..., 1"):
        policy_gradient(Rollouts(path, np.array([[0, 0], [0, -1]]), rewards), policy, mdp)


def test_rollouts_of_another_mdp_are_refused():
    lake = examples.frozen_lake()
    rollouts = simulate(lake, examples.frozen_lake_policy(), n=3, horizon=2, rng=rng())
    with pytest.raises(ValueError, match="of an MDP with 16 states and 4 actions, this one has 2"):
        policy_gradient(rollouts, examples.running_policy(), examples.running())


def test_rollouts_of_an_mdp_of_the_same_size_are_told_apart():
    mdp, policy = examples.running(), examples.running_policy()
    run = simulate(mdp, policy, 5, 4, rng())
    again = replace(mdp, gamma=0.25, rho0=[0.5, 0.5])  # the same steps, weighed differently
    assert policy_gradient(run, policy, again).n == 5
    swapped = replace(mdp, P=mdp.P[::-1])
    with pytest.raises(ValueError, match=r"another MDP: there P\[0, 0, 0\] is 0.75, here 0.5"):
        policy_gradient(run, policy, swapped)
    dearer = replace(mdp, R=[[1, 0], [0, 3]])
    with pytest.raises(ValueError, match=r"another MDP: there R\[1, 1\] is 2, here 3"):
        policy_gradient(run.columns(slice(2)), policy, dearer)


def test_entries_made_by_hand_are_numbers_of_their_kind():
    path, actions, rewards = [[0], [1]], [[1]], [[2]]
    assert Rollouts(path, actions, rewards).rewards.dtype == float
    with pytest.raises(ValueError, match=r"path must hold integers; its first entry is .*0.5"):
        Rollouts([[0.5], [1]], actions, rewards)
    with pytest.raises(ValueError, match=r"rewards is a masked array"):
        Rollouts(path, actions, np.ma.masked_equal([[50.0]], 50))
    with pytest.raises(ValueError, match=r"rewards must be an array of numbers \(rewards\[0, 0\]"):
        Rollouts(path, actions, [["2"]])


def test_a_simulation_too_large_to_keep_is_refused_with_its_bytes():
    mdp, policy = examples.running(), examples.running_policy()
    message = r"n = 1000000 .* horizon = 1000 .* take 16,004,000,000 bytes.*simulate_in_chunks"
    for common in (False, True):
        with pytest.raises(ValueError, match=message):
            simulate(mdp, policy, 10**6, 1000, rng(), common)
    with pytest.raises(ValueError, match=r"take 20,.*000 bytes, more than 4,000,000,000"):
        simulate(mdp, policy, 10**30, 1, rng())
    first = next(simulate_in_chunks(mdp, policy, 10**6, 1000, rng(), chunk=10))
    assert first.rewards.shape == (1000, 10)
    bytes_a_step = (first.path[1:].nbytes + first.actions.nbytes + first.rewards.nbytes) / 10_000
    assert bytes_a_step == 16


def test_small_integers_made_by_hand_are_widened():
    path, actions = np.zeros((3, 1), dtype=np.int8), np.zeros((2, 1), dtype=np.uint8)
    made = Rollouts(path, actions, np.zeros((2, 1)))
    assert made.path.dtype == made.actions.dtype == np.int64


def test_flags_are_true_or_false():
    mdp, policy = examples.running(), examples.running_policy()
    with pytest.raises(ValueError, match="common_random_numbers is 'no', not True or False"):
        simulate(mdp, policy, 1, 1, rng(), common_random_numbers="no")
    with pytest.raises(ValueError, match="mean_rewards is 0, not True or False"):
        simulate(mdp, policy, 1, 1, rng(), mean_rewards=0)


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


def test_textbook_steps_take_the_outcome_in_which_the_uniform_falls():
    class Fixed:
        """Uniforms by hand: u for the action, v for the next state."""

        def random(self, shape):
            return np.broadcast_to(np.array([0.5, 0.2]).reshape(2, 1, 1), shape)

    P = np.zeros((2, 2, 2))
    P[:, 0, 0] = P[1, 1, 0] = 1
    P[0, 1] = [0.25, 0.75]
    mdp = FiniteMDP(P, [[1, 2], [3, 4]], 0.5, [1, 0])
    run = Rollouts.empty(1, 2, mdp)
    run.path[0] = 0
    # pi(0|0) = 0.4 <= 0.5 < 1: action 1; P(0|0, 1) = 0.25 > 0.2: state 0 again.
    textbook_steps(mdp, TablePolicy([[0.4, 0.6], [1, 0]]), run, Fixed())
    assert run.actions.ravel().tolist() == [1, 1] and run.path.ravel().tolist() == [0, 0, 0]
    assert run.rewards.ravel().tolist() == [2, 2]


def test_noise_has_the_standard_deviation_of_its_triple():
    # 20 000 draws of each know their spread to 0.5 %; the bound is five times that.
    sd = np.array([[[0.0, 2.0]], [[0.5, 0.5]]])
    mdp = FiniteMDP(np.full((2, 1, 2), 0.5), np.zeros((2, 1)), 0.5, [0.5, 0.5], sd)
    run = Rollouts.empty(80_000, 1, mdp)
    run.path[:], run.actions[:], run.rewards[:] = 0, 0, 0
    run.path[0, 40_000:] = run.path[1, ::2] = 1
    add_noise(mdp, run, rng(3))
    for s, next_s in np.ndindex(2, 2):
        drawn = run.rewards[(run.states == s) & (run.next_states == next_s)]
        assert len(drawn) == 20_000
        assert drawn.std() == pytest.approx(sd[s, 0, next_s], rel=0.025)
