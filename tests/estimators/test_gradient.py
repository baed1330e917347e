from itertools import pairwise

import numpy as np
import problems
import pytest

from utils import TabularSoftmax, exact, policy_gradient, simulate
from utils.estimators import gradient
from utils.estimators.forms import FORMS, discounted_rewards_to_go
from utils.estimators.gradient import Estimate, estimate_from_step_weights, pool
from utils.model import examples
from utils.model.policies import LinearSoftmax, TablePolicy
from utils.sampling.rollouts import Rollouts, simulate_in_chunks


def random_problem(seed, n=200, horizon=6, shared=False):
    rng = np.random.default_rng(seed)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.8)
    if shared:
        policy = LinearSoftmax(rng.normal(size=(3, 2, 2)), rng.normal(size=2))
    else:
        policy = TabularSoftmax(rng.normal(size=(3, 2)))
    return mdp, policy, simulate(mdp, policy, n=n, horizon=horizon, rng=rng)


def samples_one_by_one(mdp, policy, rollouts, weights, b, V, Q, lam):
    """X of every trajectory, written out term by term from its definition."""
    T, gamma, pi = rollouts.horizon, mdp.gamma, policy.probabilities
    V = np.broadcast_to(V, (T + 1, mdp.n_states))
    Q = np.broadcast_to(Q, (T, *mdp.R.shape))
    for n in range(rollouts.n):
        s, a, r = rollouts.path[:, n], rollouts.actions[:, n], rollouts.rewards[:, n]
        delta = [r[t] + gamma * V[t + 1, s[t + 1]] - V[t, s[t]] for t in range(T)]
        x = 0
        for t in range(T):
            if weights == "all-action":
                for c in range(mdp.n_actions):
                    x = x + gamma**t * pi[s[t], c] * policy.score(s[t], c) * Q[t, s[t], c]
                continue
            w = {
                "total-return": sum(gamma**k * r[k] for k in range(T)) / gamma**t,
                "reward-to-go": sum(gamma ** (k - t) * r[k] for k in range(t, T)),
                "q": Q[t, s[t], a[t]],
                "advantage": Q[t, s[t], a[t]] - V[t, s[t]],
                "td-error": delta[t],
                "gae": sum((gamma * lam) ** (k - t) * delta[k] for k in range(t, T)),
            }[weights]
            subtracted = b[t, s[t]] / gamma**t if weights == "total-return" else b[t, s[t]]
            x = x + gamma**t * (w - subtracted) * policy.score(s[t], a[t])
        yield x


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("weights", FORMS)
@pytest.mark.parametrize("kind", [None, "number", "state", "time"])
def test_estimate_is_the_mean_and_error_of_one_sample_a_trajectory(weights, kind, timed, shared):
    mdp, policy, rollouts = random_problem(1, n=60, shared=shared)
    T = rollouts.horizon
    table = np.random.default_rng(2).normal(size=(T, 3))
    baseline = {None: None, "number": 0.7, "state": table[0], "time": table}[kind]
    if kind and (weights == "all-action" or (weights == "total-return" and kind != "number")):
        with pytest.raises(ValueError, match="takes no baseline|takes a single number"):
            policy_gradient(rollouts, policy, mdp=mdp, weights=weights, baseline=baseline)
        return
    b = np.broadcast_to(0.0 if baseline is None else baseline, (T, 3))
    critic = exact.finite_horizon_values(mdp, policy, T) if timed else exact.values(mdp, policy)
    samples = list(samples_one_by_one(mdp, policy, rollouts, weights, b, *critic, lam=0.6))
    estimate = policy_gradient(
        rollouts, policy, mdp=mdp, weights=weights, baseline=baseline, lam=0.6,
        critic=critic if timed else None,
    )  # fmt: skip
    assert estimate.n == 60
    np.testing.assert_allclose(estimate.mean, np.mean(samples, axis=0), atol=1e-13)
    error = np.std(samples, axis=0, ddof=1) / np.sqrt(60)
    np.testing.assert_allclose(estimate.standard_error, error, atol=1e-13)


def test_blocks_of_trajectories_do_not_change_the_estimate(monkeypatch):
    for shared in (False, True):
        mdp, policy, rollouts = random_problem(3, n=101, shared=shared)
        for weights, baseline in (
            ("reward-to-go", None),
            ("reward-to-go", "leave-one-out"),
            ("total-return", "leave-one-out"),
            ("all-action", None),
        ):
            whole = policy_gradient(rollouts, policy, mdp, weights, baseline)
            with monkeypatch.context() as patch:
                patch.setattr("utils.estimators.gradient.CELLS", 60)
                parts = policy_gradient(rollouts, policy, mdp, weights, baseline)
            np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-11)
            np.testing.assert_allclose(parts.standard_error, whole.standard_error, rtol=1e-10)


def test_weights_given_by_hand_are_cut_into_the_same_blocks(monkeypatch):
    mdp, policy, rollouts = random_problem(4, n=50)
    by_hand = discounted_rewards_to_go(rollouts.rewards, mdp.gamma)
    monkeypatch.setattr("utils.estimators.gradient.CELLS", 60)
    found = estimate_from_step_weights(rollouts, policy, by_hand)
    named = policy_gradient(rollouts, policy, mdp)
    np.testing.assert_array_equal(found.mean, named.mean)


@pytest.mark.parametrize("baseline", [None, "leave-one-out"])
@pytest.mark.parametrize("weights", FORMS)
def test_estimates_agree_with_the_exact_gradient(weights, baseline):
    # 4 coordinates at 5 standard errors: false alarm below 4 * 5.7e-7. gamma^T is below 1e-12.
    if baseline and weights not in ("total-return", "reward-to-go"):
        return
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, n=40_000, horizon=40, rng=np.random.default_rng(11))
    estimate = policy_gradient(
        rollouts, policy, mdp=mdp, weights=weights, lam=0.5, baseline=baseline
    )
    error = np.abs(estimate.mean - exact.policy_gradient(mdp, policy))
    assert (error < 5 * estimate.standard_error).all()
    low, high = estimate.confidence_interval()
    np.testing.assert_allclose(high - low, 2 * 1.959963984540054 * estimate.standard_error)


def test_leave_one_out_subtracts_the_mean_of_the_others():
    mdp, policy, rollouts = random_problem(5, n=4)
    T = rollouts.horizon
    to_go = np.array(
        [[sum(0.8**k * rollouts.rewards[k, n] for k in range(t, T)) for n in range(4)]
         for t in range(T)]
    )  # fmt: skip
    samples = []
    for n in range(4):
        others = np.delete(to_go, n, axis=1).mean(axis=1)
        samples.append(
            sum(
                (to_go[t, n] - others[t])
                * policy.score(rollouts.states[t, n], rollouts.actions[t, n])
                for t in range(T)
            )
        )
    estimate = policy_gradient(rollouts, policy, mdp=mdp, baseline="leave-one-out")
    np.testing.assert_allclose(estimate.mean, np.mean(samples, axis=0), atol=1e-14)


def test_leave_one_out_standard_error_is_the_spread_of_repeated_estimates():
    # 2000 repetitions know their spread to 1/sqrt(4000) = 1.6 %; the bound is five times that.
    mdp, policy = examples.running(), examples.running_policy()
    rng = np.random.default_rng(8)
    for weights in ("total-return", "reward-to-go"):
        means, errors = [], []
        for _ in range(2000):
            rollouts = simulate(mdp, policy, n=100, horizon=6, rng=rng)
            estimate = policy_gradient(
                rollouts, policy, mdp=mdp, weights=weights, baseline="leave-one-out"
            )
            means.append(estimate.mean)
            errors.append(estimate.standard_error**2)
        ratio = np.sqrt(np.mean(errors, axis=0)) / np.std(means, axis=0)
        assert np.abs(ratio - 1).max() < 5 / np.sqrt(4000)


@pytest.mark.parametrize("weights", FORMS)
def test_chunks_pool_to_the_estimate_of_all_trajectories(weights):
    mdp, policy, rollouts = random_problem(6, n=50)
    parts = []
    for columns in (slice(0, 20), slice(20, 21), slice(21, 50)):
        part = rollouts.columns(columns)
        parts.append(policy_gradient(part, policy, mdp=mdp, weights=weights, lam=0.3))
    pooled = pool(parts)
    whole = policy_gradient(rollouts, policy, mdp=mdp, weights=weights, lam=0.3)
    assert pooled.n == 50
    np.testing.assert_allclose(pooled.mean, whole.mean, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(pooled.standard_error, whole.standard_error, rtol=1e-10)


def test_chunked_simulation_estimates_the_exact_gradient():
    # 4 coordinates at 5 standard errors: false alarm below 4 * 5.7e-7.
    mdp, policy = examples.running(), examples.running_policy()
    chunks = simulate_in_chunks(
        mdp, policy, n=25_000, horizon=40, rng=np.random.default_rng(2), chunk=4000
    )
    estimate = pool(policy_gradient(chunk, policy, mdp=mdp) for chunk in chunks)
    assert estimate.n == 25_000
    error = np.abs(estimate.mean - exact.policy_gradient(mdp, policy))
    assert (error < 5 * estimate.standard_error).all()


def test_estimate_moves_smoothly_with_common_random_numbers():
    mdp = examples.running()

    def estimates(seeds):
        for logit, seed in zip(np.linspace(-0.01, 0.01, 9), seeds, strict=True):
            policy, rng = TabularSoftmax([[0, logit], [0, -0.5]]), np.random.default_rng(seed)
            rollouts = simulate(mdp, policy, 1000, 20, rng, common_random_numbers=True)
            yield policy_gradient(rollouts, policy, mdp=mdp).mean[0, 1]

    same, fresh = ([*estimates(seeds)] for seeds in ([0] * 9, range(9)))
    assert np.abs(np.diff(same)).sum() < np.abs(np.diff(fresh)).sum() / 10


def test_one_trajectory_has_no_standard_error():
    mdp, policy, rollouts = random_problem(0, n=1)
    estimate = policy_gradient(rollouts, policy, mdp=mdp)
    assert np.isinf(estimate.standard_error).all()
    assert pool([estimate]).n == 1


def test_wrong_arguments_are_named():
    mdp, policy, rollouts = random_problem(0)
    V, Q = exact.values(mdp, policy)
    with pytest.raises(ValueError, match="weights is 'reward', not one of 'total-return'"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="reward")
    with pytest.raises(ValueError, match=r"baseline has shape \[2\], not \[3\]"):
        policy_gradient(rollouts, policy, mdp=mdp, baseline=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"baseline has shape \[3, 6\], not \[6, 3\]"):
        policy_gradient(rollouts, policy, mdp=mdp, baseline=np.zeros((3, 6)))
    with pytest.raises(ValueError, match="baseline is 'mean', not one of 'leave-one-out'"):
        policy_gradient(rollouts, policy, mdp=mdp, baseline="mean")
    with pytest.raises(ValueError, match=r"Q has shape \[2, 2\], not \[3, 2\]"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="q", critic=(V, Q[:2]))
    with pytest.raises(ValueError, match=r"V has shape \[5, 3\], not \[7, 3\]"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="q", critic=(np.zeros((5, 3)), Q))
    with pytest.raises(ValueError, match="lam is None, not in"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="gae")
    with pytest.raises(ValueError, match="is a mean of returns, not for 'q'"):
        policy_gradient(rollouts, policy, mdp=mdp, weights="q", baseline="leave-one-out")
    with pytest.raises(ValueError, match="TablePolicy has no parameters"):
        policy_gradient(rollouts, TablePolicy(policy.probabilities), mdp=mdp)
    with pytest.raises(ValueError, match="no estimate to pool"):
        pool([])
    assert isinstance(policy_gradient(rollouts, policy, mdp=mdp), Estimate)


def test_step_weights_are_time_major():
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, 7, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"weights has shape \[7, 3\], not \[3, 7\]"):
        estimate_from_step_weights(rollouts, policy, np.ones((7, 3)))


def walk(n, horizon):
    return Rollouts(
        *(np.zeros((horizon + k, n), dtype=int) for k in (1, 0)), np.zeros((horizon, n))
    )


@pytest.mark.parametrize(
    "shape, n, horizon, cells, edges",
    [
        ((3, 2), 10, 7, 30, [0, 4, 8, 10]),  # 70 cells of steps: 3 blocks, of at most 4
        ((4, 3), 10, 5, 30, [0, 3, 6, 9, 10]),  # 120 cells of pairs: 4 blocks, of at most 3
        ((3, 2), 10, 5, 30, [0, 5, 10]),  # 60 cells: 2 blocks that fit exactly
        ((3, 2), 11, 5, 66, [0, 11]),
        ((3, 2), 11, 5, 65, [0, 6, 11]),
        ((3, 2), 3, 9, 2, [0, 1, 2, 3]),  # never less than a trajectory
    ],
)
def test_blocks_are_equal_and_hold_no_more_than_the_given_number_of_cells(
    monkeypatch, shape, n, horizon, cells, edges
):
    monkeypatch.setattr(gradient, "CELLS", cells)
    blocks = gradient._blocks(walk(n, horizon), TabularSoftmax(np.zeros(shape)))
    assert [(x.start, x.stop) for x in blocks] == list(pairwise(edges))


def test_a_block_of_floats_takes_4_megabytes():
    assert gradient.CELLS * np.dtype(float).itemsize == 4 * 2**20


@pytest.mark.parametrize("block", [2, 3, 7, 100])
def test_the_cell_of_a_step_counts_states_then_actions_then_trajectories(monkeypatch, block):
    monkeypatch.setattr(gradient, "BLOCK", block)
    rng = np.random.default_rng(0)
    states, actions = rng.integers(5, size=(4, 3)), rng.integers(2, size=(4, 3))
    cells = gradient._visit_cells(states, actions, 2)
    by_hand = [[np.ravel_multi_index((states[t, n], actions[t, n], n), (5, 2, 3))
                for n in range(3)] for t in range(4)]  # fmt: skip
    assert cells.tolist() == by_hand and cells.dtype == states.dtype


def test_two_single_samples_pool_to_their_mean_and_spread():
    # 2 and 5: mean 7/2, variance 9/2, so the squared error of the mean is 9/4.
    one, other = (Estimate(np.array([x]), np.array([np.inf]), 1) for x in (2.0, 5.0))
    pooled = pool([one, other])
    assert (pooled.mean, pooled.standard_error, pooled.n) == (3.5, 1.5, 2)


def test_pooling_adds_the_squares_within_the_parts_and_between_them():
    # 1, 2, 3 and 6: mean 3, squares 4 + 1 + 0 + 9 = 14, so the squared error is 14 / 3 / 4.
    three = Estimate(np.array([2.0]), np.sqrt(np.array([1 / 3])), 3)
    pooled = pool([three, Estimate(np.array([6.0]), np.array([np.inf]), 1)])
    assert pooled.n == 4 and pooled.mean == 3
    np.testing.assert_allclose(pooled.standard_error**2, 14 / 12, rtol=1e-14)


def test_variance_of_one_copy_is_n_times_the_squared_errors_added_up():
    estimate = Estimate(np.zeros((1, 2)), np.array([[3.0, 5.0]]), 7)
    assert estimate.variance == 7 * (9 + 25)


def test_an_interval_of_level_one_half_reaches_two_thirds_of_an_error_to_each_side():
    low, high = Estimate(np.array([2.0]), np.array([10.0]), 7).confidence_interval(0.5)
    np.testing.assert_allclose((low, high), [[2 - 6.744897501960817], [2 + 6.744897501960817]])


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("n", [1, 2])
def test_few_trajectories_have_the_mean_and_error_of_their_samples(n, shared):
    mdp, policy, rollouts = random_problem(9, n=n, horizon=5, shared=shared)
    V, Q = exact.values(mdp, policy)
    for weights in ("reward-to-go", "all-action"):
        b = np.zeros((5, 3))
        samples = np.array([*samples_one_by_one(mdp, policy, rollouts, weights, b, V, Q, 0)])
        estimate = policy_gradient(rollouts, policy, mdp, weights)
        np.testing.assert_allclose(estimate.mean, samples.mean(axis=0), atol=1e-13)
        if n == 1:
            assert (estimate.standard_error == np.inf).all()
        else:
            error = abs(samples[0] - samples[1]) / 2
            np.testing.assert_allclose(estimate.standard_error, error, atol=1e-7)


@pytest.mark.parametrize("shared", [False, True])
def test_three_actions_and_two_states_are_not_mixed_up(shared):
    rng = np.random.default_rng(12)
    mdp = problems.random_mdp(rng, 2, 3, gamma=0.7)
    policy = TabularSoftmax(rng.normal(size=(2, 3)))
    if shared:
        policy = LinearSoftmax(rng.normal(size=(2, 3, 5)), rng.normal(size=5))
    rollouts = simulate(mdp, policy, 13, 4, rng)
    V, Q = exact.values(mdp, policy)
    b = rng.normal(size=(4, 2))
    for weights in ("reward-to-go", "gae", "all-action"):
        table = None if weights == "all-action" else b
        samples = [*samples_one_by_one(mdp, policy, rollouts, weights, b, V, Q, 0.3)]
        estimate = policy_gradient(rollouts, policy, mdp, weights, table, lam=0.3)
        np.testing.assert_allclose(estimate.mean, np.mean(samples, axis=0), atol=1e-13)
        error = np.std(samples, axis=0, ddof=1) / np.sqrt(13)
        np.testing.assert_allclose(estimate.standard_error, error, atol=1e-13)
