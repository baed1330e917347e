import tracemalloc
from dataclasses import replace

import numpy as np
import problems
import pytest

from utils import FiniteMDP, TabularSoftmax, exact, policy_gradient, simulate
from utils.model import examples
from utils.model.policies import TablePolicy
from utils.sampling.branches import branches_of
from utils.sampling.engine import AliasSteps
from utils.sampling.rollouts import (
    BLOCK,
    BYTES_A_STEP,
    MOST_BYTES,
    Rollouts,
    add_noise,
    simulate_in_chunks,
    textbook_steps,
)


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
    # 50 000 x 50 steps need 40 MB at once; chunks of 1000 need 0.8 MB and some scratch.
    mdp, policy = examples.running(), examples.running_policy()
    tracemalloc.start()
    total = sum(
        policy_gradient(chunk, policy, mdp).n
        for chunk in simulate_in_chunks(mdp, policy, 50_000, 50, rng(), chunk=1000)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 50_000
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


class Fixed(np.random.Generator):
    """Uniforms by hand, one array for each call."""

    def __new__(cls, arrays):
        return super().__new__(cls, np.random.PCG64(0))

    def __init__(self, arrays):
        super().__init__(np.random.PCG64(0))
        self.arrays = iter(arrays)

    def random(self, shape):
        found = np.array(next(self.arrays))
        assert found.size == np.prod(shape)
        return found.reshape(shape)


def three_states(**options):
    """Three states, two actions; laws in eighths, rewards all different."""
    P = np.array([[[1, 2, 5], [0, 4, 4]], [[3, 3, 2], [8, 0, 0]], [[2, 5, 1], [4, 1, 3]]]) / 8
    return FiniteMDP(P, [[2, 3], [5, 7], [11, 13]], 0.5, [0, 0.25, 0.75], **options)


def test_trajectories_follow_their_uniforms_step_by_step():
    policy = TablePolicy([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]])
    uniforms = [
        [0.0, 0.25, 0.249, 0.99],  # first states 1, 2, 1, 2
        [[0.5, 0.75, 0.49, 0.1], [0.9, 0.5, 0.375, 0.25]],  # actions 1, 1, 0, 0; then 0, 1, 1, 1
        [[0.25, 0.5, 0.49, 0.5], [0.499, 0.75, 0.99, 0.0]],  # actions 1, 1, 0, 1; then 1, 0, 2, 0
    ]
    run = simulate(three_states(), policy, 4, 2, Fixed(uniforms), common_random_numbers=True)
    assert run.path.tolist() == [[1, 2, 1, 2], [0, 1, 1, 1], [1, 0, 2, 0]]
    assert run.actions.tolist() == [[1, 1, 0, 0], [1, 1, 0, 1]]
    assert run.rewards.tolist() == [[7, 13, 5, 11], [3, 7, 5, 7]]
    assert run.states.tolist() == run.path[:2].tolist()
    assert run.next_states.tolist() == run.path[1:].tolist()


def test_the_engine_takes_one_word_for_each_stride_in_order():
    # Each stride of the trajectories, one after the other, from the tables of its steps.
    mdp = three_states()
    policy = TablePolicy([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]])
    n, horizon = 6, 7
    run = simulate(mdp, policy, n, horizon, rng(8))
    steps = AliasSteps(mdp, policy, n * horizon)
    assert steps.strides.length == 1
    twin = rng(8)
    path = [np.searchsorted([0, 0.25, 1], twin.random(n), side="right")]
    words = twin.bit_generator.random_raw(n * horizon // 2).view(np.uint32).reshape(horizon, n)
    tables, branches = steps.strides.tables, branches_of(mdp)
    last, column_bits = path[0].astype(np.int64) << 32, int(tables.shift)
    for t in range(horizon):
        for i in range(n):
            key = int(last[i]) ^ int(words[t, i])
            cell = key >> column_bits
            place = (key + int(tables.offsets[cell])) >> column_bits
            last[i] = tables.labels[place]
            s, a, z = run.path[t, i], run.actions[t, i], run.path[t + 1, i]
            number = int(last[i]) & (2**32 - 1)
            assert (last[i] >> 32, number % 2, number >> branches.state_bits) == (z, a, s)
            assert run.rewards[t, i] == mdp.R[s, a]


def test_the_engine_takes_from_the_generator_what_its_strides_need_and_no_more():
    mdp = three_states()
    policy = TablePolicy([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]])
    n, horizon = 2_000, 47  # some blocks of strides, the last of which is not full
    used, twin = rng(9), rng(9)
    simulate(mdp, policy, n, horizon, used)
    twin.random(n)  # the first states
    strides = -(-horizon // AliasSteps(mdp, policy, n * horizon).strides.length)
    twin.bit_generator.random_raw(strides * n // 2)  # two words of 32 bits each
    assert used.bit_generator.random_raw() == twin.bit_generator.random_raw()


def test_chunks_are_of_10000_unless_told():
    mdp, policy = three_states(), TablePolicy(np.full((3, 2), 0.5))
    sizes = [part.n for part in simulate_in_chunks(mdp, policy, 20_001, 1, rng())]
    assert sizes == [10_000, 10_000, 1]
    assert [part.n for part in simulate_in_chunks(mdp, policy, 3, 1, rng())] == [3]
    assert [p.n for p in simulate_in_chunks(mdp, policy, 6, 1, rng(), chunk=3)] == [3, 3]
    assert [p.n for p in simulate_in_chunks(mdp, policy, 1, 1, rng(), chunk=1)] == [1]


def test_rewards_are_those_with_noise_unless_told():
    mdp = three_states(reward_sd=1.0)
    policy = TablePolicy(np.full((3, 2), 0.5))
    noisy = [
        simulate(mdp, policy, 30, 2, rng()),
        next(simulate_in_chunks(mdp, policy, 30, 2, rng())),
    ]
    for run in noisy:
        assert (run.rewards != mdp.R[run.states, run.actions]).all()
        assert run.mdp is mdp


def test_the_bytes_of_trajectories_are_counted_and_just_so_many_are_allowed(monkeypatch):
    # 16 bytes for each of 3 · 5 steps, and 4 for each of the 3 first states.
    monkeypatch.setattr("utils.sampling.rollouts.MOST_BYTES", 252)
    made = Rollouts.empty(3, 5, three_states())
    assert made.path.nbytes + made.actions.nbytes + made.rewards.nbytes == 252
    assert made.path.shape == (6, 3) and made.actions.shape == made.rewards.shape == (5, 3)
    monkeypatch.setattr("utils.sampling.rollouts.MOST_BYTES", 251)
    with pytest.raises(ValueError) as error:
        Rollouts.empty(3, 5, three_states())
    assert str(error.value) == (
        "n = 3 trajectories of horizon = 5 steps take 252 bytes, more than 251; "
        "simulate_in_chunks draws as many, a part at a time"
    )


def test_as_much_as_four_billion_bytes_may_be_kept():
    assert (MOST_BYTES, BYTES_A_STEP) == (4_000_000_000, 16)


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "u4", "i4", "i8"])
def test_integers_have_room_for_a_sign_and_for_products(kind):
    path, actions = np.zeros((3, 1), dtype=kind), np.zeros((2, 1), dtype=kind)
    made = Rollouts(path, actions, np.zeros((2, 1)))
    kept = kind in ("i4", "i8")
    assert made.path.dtype == made.actions.dtype == np.dtype(kind if kept else "i8")
    assert (made.path is path) == kept


@pytest.mark.parametrize(
    ("path", "actions", "rewards", "message"),
    [
        ((3,), (2,), (2,), "actions has shape [2], not [any, any]"),
        ((3, 4), (2, 4), (2, 5), "rewards has shape [2, 5], not [2, 4]"),
        ((2, 4), (2, 4), (2, 4), "path has shape [2, 4], not [3, 4]"),
        ((4, 4), (2, 4), (2, 4), "path has shape [4, 4], not [3, 4]"),
        ((3, 5), (2, 4), (2, 4), "path has shape [3, 5], not [3, 4]"),
    ],
)
def test_arrays_that_do_not_fit_together_are_named(path, actions, rewards, message):
    with pytest.raises(ValueError) as error:
        Rollouts(np.zeros(path, int), np.zeros(actions, int), np.zeros(rewards))
    assert str(error.value) == message


def test_some_trajectories_are_views_and_keep_their_mdp():
    mdp = three_states()
    run = simulate(mdp, TablePolicy(np.full((3, 2), 0.5)), 9, 4, rng())
    part = run.columns(slice(2, 7, 2))
    assert part.mdp is mdp and (part.n, part.horizon) == (3, 4)
    for name in ("path", "actions", "rewards"):
        whole, some = getattr(run, name), getattr(part, name)
        assert some.tolist() == whole[:, [2, 4, 6]].tolist() and np.shares_memory(whole, some)


def test_the_first_entry_in_which_another_mdp_differs_is_named():
    mdp = three_states()
    run = simulate(mdp, TablePolicy(np.full((3, 2), 0.5)), 2, 2, rng())
    run.check_fits(mdp)
    run.check_fits(replace(mdp, gamma=0.25, rho0=[1, 0, 0]))
    P = mdp.P.copy()
    P[1, 0], P[2, 1] = [0.25, 0.5, 0.25], [1, 0, 0]
    for other, message in (
        (replace(mdp, P=P), "another MDP: there P[1, 0, 0] is 0.375, here 0.25"),
        (
            replace(mdp, R=[[2, 3], [5, 17], [19, 13]]),
            "another MDP: there R[1, 1] is 7, here 17",
        ),
        (
            FiniteMDP(mdp.P[:, :1], mdp.R[:, :1], 0.5, mdp.rho0),
            "an MDP with 3 states and 2 actions, this one has 3 and 1",
        ),
    ):
        with pytest.raises(ValueError) as error:
            run.check_fits(other)
        assert str(error.value) == "the rollouts are of " + message


def test_noise_is_added_with_the_spread_of_the_step_it_belongs_to():
    normals = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])

    class Normals:
        def __init__(self):
            self.rows = iter(normals)

        def standard_normal(self, n):
            assert n == 3
            return next(self.rows)

    path, actions = np.array([[0, 1, 2], [2, 2, 0], [1, 0, 1]]), np.array([[1, 0, 1], [0, 1, 1]])
    for sd in (np.arange(2, 8).reshape(3, 2), np.arange(2, 20).reshape(3, 2, 3)):
        run = Rollouts(path, actions, np.full((2, 3), 100.0))
        add_noise(three_states(reward_sd=sd), run, Normals())
        for t, i in np.ndindex(2, 3):
            step = path[t, i], actions[t, i], path[t + 1, i]
            assert run.rewards[t, i] == 100 + normals[t, i] * sd[step[: sd.ndim]]


def test_the_engine_is_told_how_many_steps_there_will_be_in_all(monkeypatch):
    told = []

    class Told(AliasSteps):
        def __init__(self, mdp, policy, steps):
            told.append(steps)
            super().__init__(mdp, policy, steps)

    monkeypatch.setattr("utils.sampling.rollouts.AliasSteps", Told)
    policy = TablePolicy(np.full((3, 2), 0.5))
    simulate(three_states(), policy, 7, 5, rng())
    next(simulate_in_chunks(three_states(), policy, 11, 3, rng(), chunk=4))
    assert told == [35, 33]
