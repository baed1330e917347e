from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import problems
import pytest
from problems import random_fractions, random_rational, table_example
from trajectories import enumerate_rewarded, expectation

from utils import FiniteMDP, TabularSoftmax, exact, policy_gradient, simulate
from utils.estimators.forms import FORMS
from utils.estimators.variance import (
    estimator_moments,
    moments_without_gamma_t,
    occupancy_sample_moments,
)
from utils.exact.baselines import (
    optimal_constant_baseline,
    optimal_state_baseline,
    optimal_total_return_baseline,
    per_step_baseline,
)
from utils.exact.chain import ScoredChain
from utils.exact.moments import return_and_score_moments
from utils.model import examples
from utils.model.policies import LinearSoftmax, TablePolicy
from utils.model.rational import RationalMDP, RationalPolicy


def pathwise(mdp, policy, weights, b, V, Q, lam, T):
    """X of one path, straight from the definition."""
    gamma, psi, pi = mdp.gamma, policy.scores, policy.probabilities

    def sample(s, a, r=None):
        r = [mdp.R[s[t], a[t]] for t in range(T)] if r is None else r
        delta = [r[t] + gamma * V[t + 1][s[t + 1]] - V[t][s[t]] for t in range(T)]
        total = sum(gamma**k * r[k] for k in range(T))
        x = 0 * psi[0, 0]
        for t in range(T):
            if weights == "total-return":
                x = x + psi[s[t], a[t]] * (total - b)
            elif weights == "all-action":
                x = x + gamma**t * sum(pi[s[t], c] * Q[t][s[t], c] * psi[s[t], c] for c in range(2))
            else:
                w = {
                    "reward-to-go": sum(gamma ** (k - t) * r[k] for k in range(t, T)),
                    "q": Q[t][s[t], a[t]],
                    "advantage": Q[t][s[t], a[t]] - V[t][s[t]],
                    "td-error": delta[t],
                    "gae": sum((gamma * lam) ** (k - t) * delta[k] for k in range(t, T)),
                }[weights]
                x = x + gamma**t * psi[s[t], a[t]] * (w - b[t][s[t]])
        return x

    return sample


@pytest.mark.parametrize("weights", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_finite_horizon_moments_are_exactly_those_of_the_enumeration(weights, seed):
    mdp, policy = random_rational(seed)
    T, lam = 3, F(1, 3)
    rng = np.random.default_rng(seed)
    critic = (random_fractions(rng, (T + 1, 2)), random_fractions(rng, (T, 2, 2)))
    baseline = {"total-return": F(3, 4), "all-action": None}.get(
        weights, random_fractions(rng, (T, 2))
    )
    sample = pathwise(mdp, policy, weights, baseline, *critic, lam, T)
    mean = expectation(mdp, policy, T, sample)
    second = expectation(mdp, policy, T, lambda s, a: sample(s, a) ** 2)
    moments = estimator_moments(mdp, policy, weights, baseline, critic, lam, horizon=T)
    assert moments.mean.tolist() == mean.tolist()
    assert moments.variance.tolist() == (second - mean**2).tolist()


@pytest.mark.parametrize("weights", FORMS)
def test_random_rewards_enter_the_moments_exactly_with_what_they_tell_of_the_next_state(weights):
    mdp, policy = random_rational(4, random_rewards=True)
    T, lam = 3, F(1, 3)
    rng = np.random.default_rng(4)
    critic = (random_fractions(rng, (T + 1, 2)), random_fractions(rng, (T, 2, 2)))
    baseline = {"total-return": F(3, 4), "all-action": None}.get(
        weights, random_fractions(rng, (T, 2))
    )
    sample = pathwise(mdp, policy, weights, baseline, *critic, lam, T)
    mean = second = 0
    for probability, s, a, r in enumerate_rewarded(mdp, policy, T):
        x = sample(s, a, r)
        mean, second = mean + probability * x, second + probability * x**2
    moments = estimator_moments(mdp, policy, weights, baseline, critic, lam, horizon=T)
    assert moments.mean.tolist() == mean.tolist()
    assert moments.variance.tolist() == (second - mean**2).tolist()


@pytest.mark.parametrize("weights", ["q", "advantage", "return"])
def test_one_draw_from_the_occupancy_knows_the_variance_of_its_return(weights):
    # A discount of 1/50: what lies beyond 4 steps is of relative size 50^-4.
    mdp, policy = random_rational(5, gamma="1/50", random_rewards=True)
    chain = ScoredChain.of(mdp, policy)
    V, Q = chain.values()
    mean = second = 0
    for s0, a0 in np.ndindex(2, 2):
        visit = chain.visits[s0] * policy.probabilities[s0, a0] / chain.visits.sum()
        start = replace(mdp, rho0=np.eye(2, dtype=int)[s0])
        first = RationalPolicy(np.eye(2, dtype=int)[[a0, a0]], policy.scores)
        if weights != "return":
            w = Q[s0, a0] - (V[s0] if weights == "advantage" else 0)
            outcomes = [(F(1), w)]
        else:
            outcomes = [
                (p * q, r[0] + mdp.gamma * sum(mdp.gamma**k * x for k, x in enumerate(later)))
                for p, s, _, r in enumerate_rewarded(start, first, 1)
                for q, _, _, later in enumerate_rewarded(
                    replace(mdp, rho0=np.eye(2, dtype=int)[s[1]]), policy, 3
                )
            ]
        for probability, w in outcomes:
            x = policy.scores[s0, a0] * w / (1 - mdp.gamma)
            mean, second = mean + visit * probability * x, second + visit * probability * x**2
    moments = occupancy_sample_moments(mdp, policy, weights)
    np.testing.assert_allclose(moments.mean.astype(float), mean.astype(float), atol=1e-5)
    variance = (second - mean**2).astype(float)
    np.testing.assert_allclose(moments.variance.astype(float), variance, rtol=1e-4)


def test_an_episode_that_ends_needs_neither_discount_nor_horizon():
    # Each form of the infinite sum is the limit of long horizons, though gamma = 1.
    mdp, policy = problems.short_corridor(0.6)
    for weights in [w for w in FORMS if w != "total-return"]:
        limit = estimator_moments(mdp, policy, weights, lam=0.4)
        long = estimator_moments(
            mdp, policy, weights, critic=exact.values(mdp, policy), lam=0.4, horizon=600
        )
        np.testing.assert_allclose(limit.mean, exact.policy_gradient(mdp, policy), rtol=1e-9)
        np.testing.assert_allclose(limit.mean, long.mean, rtol=1e-9)
        np.testing.assert_allclose(limit.variance, long.variance, rtol=1e-9)


def test_a_baseline_counts_up_to_the_end_of_the_episode():
    """With gamma = 1 and b(s) = c, X = sum over the steps of psi_t (G_t - c)."""
    mdp, policy = problems.short_corridor(0.6)
    V, _ = exact.values(mdp, policy)
    best = optimal_constant_baseline(mdp, policy)
    up, here, down = (
        estimator_moments(mdp, policy, baseline=best + shift).trace for shift in (1, 0, -1)
    )
    assert up == pytest.approx(down) and up > here
    at_goal = V + np.array([0, 0, 0, 100])
    assert (
        estimator_moments(mdp, policy, baseline=at_goal).trace
        == estimator_moments(mdp, policy, baseline=V).trace
    )


@pytest.mark.parametrize("weights", [w for w in FORMS if w != "total-return"])
def test_infinite_horizon_moments_are_the_limit_of_long_horizons(weights):
    rng = np.random.default_rng(3)
    mdp = problems.with_random_rewards(problems.random_mdp(rng, 4, 3, gamma=0.7), 1)
    policy = LinearSoftmax(rng.normal(size=(4, 3, 2)), rng.normal(size=2))
    baseline = None if weights == "all-action" else rng.normal(size=4)
    limit = estimator_moments(mdp, policy, weights, baseline, lam=0.4)
    long = estimator_moments(
        mdp, policy, weights, baseline, exact.values(mdp, policy), lam=0.4, horizon=150
    )
    np.testing.assert_allclose(limit.mean, long.mean, rtol=1e-11)
    np.testing.assert_allclose(limit.variance, long.variance, rtol=1e-11)
    if baseline is None or weights != "gae":
        np.testing.assert_allclose(limit.mean, exact.policy_gradient(mdp, policy), rtol=1e-10)


TABLE = {
    "reward-to-go, b = 0": ("736137902866/1240829296875", "4706195521233619650/96087003344892763"),
    "reward-to-go, b = J": ("120085301191/1240829296875", "299983844991424775/96087003344892763"),
    "reward-to-go, best constant": (
        "15915433606327/179920248046875",
        "116828565848812470575/39299584368061140067",
    ),
    "reward-to-go, b = V": ("110573577991/1240829296875", "292602454627048775/96087003344892763"),
    "reward-to-go, per step": (
        "95701867291/1240829296875",
        "284040594027238075/96087003344892763",
    ),
    "reward-to-go, best b(s)": (
        "92669127067/1240829296875",
        "280043866372687675/96087003344892763",
    ),
    "q": ("12809371/24609375", "1273204553925/27736732513"),
    "advantage": ("622108/19140625", "10002890300/27736732513"),
    "q, per step": ("368008/19140625", "101569000/454700533"),
    "all-action": ("368008/19140625", "101569000/454700533"),
    "q, best b(s)": ("347496/19140625", "5878239400/27736732513"),
    "td-error": ("67854889/2067187500", "5746865525/15849561436"),
}


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("row", TABLE)
def test_variances_of_the_running_mdp_are_these_fractions(row, column):
    mdp, policy = table_example(["1/2", "9/10"][column])
    V, _ = ScoredChain.of(mdp, policy).values()
    weights, _, name = row.partition(", ")
    baseline = {
        "": lambda: None,
        "b = 0": lambda: 0,
        "b = J": lambda: mdp.rho0 @ V,
        "b = V": lambda: V,
        "best constant": lambda: optimal_constant_baseline(mdp, policy),
        "per step": lambda: per_step_baseline(mdp, policy),
        "best b(s)": lambda: optimal_state_baseline(mdp, policy, weights),
    }[name]()
    moments = estimator_moments(mdp, policy, weights, baseline)
    assert moments.trace == F(TABLE[row][column])
    gradient = [["-228/625", "132/625"], ["-2500/1849", "3380/1849"]][column]
    assert moments.mean.tolist() == [F(x) for x in gradient]


@pytest.mark.parametrize(
    ("gamma", "traces"),
    [
        ("1/2", ("346684822/172265625", "2156101/1171875", "107892/390625")),
        ("9/10", (924.05, 871.77, 9.949)),
    ],
)
def test_variances_of_one_draw_from_the_occupancy(gamma, traces):
    mdp, policy = table_example(gamma)
    for weights, trace in zip(("return", "q", "advantage"), traces, strict=True):
        moments = occupancy_sample_moments(mdp, policy, weights)
        if isinstance(trace, str):
            assert moments.trace == F(trace)
        else:  # the table prints five digits
            assert float(moments.trace) == pytest.approx(trace, rel=6e-5)
        assert moments.mean.tolist() == estimator_moments(mdp, policy, "q").mean.tolist()


def test_total_return_variances_grow_as_in_the_table():
    mdp, policy = table_example("9/10")
    printed = {5: (9.734, 2.07, 4.22), 10: (42.39, 6.42, 13.98), 20: (139.8, 14.6, 32.6)}
    for T, row in printed.items():
        best = optimal_total_return_baseline(mdp, policy, T)
        traces = (
            estimator_moments(mdp, policy, "total-return", horizon=T).trace,
            estimator_moments(mdp, policy, "total-return", best, horizon=T).trace,
            estimator_moments(mdp, policy, horizon=T).trace,
        )
        for trace, digits in zip(traces, row, strict=True):
            assert f"{float(trace):.3g}" == f"{digits:.3g}"
    moments = [estimator_moments(mdp, policy, "total-return", horizon=T).trace for T in (1, 2)]
    assert moments == [F(1, 16), F(243511, 230400)]
    half = estimator_moments(*table_example("1/2"), "total-return", horizon=2).trace
    assert half == F(45695, 82944)


@pytest.mark.parametrize(
    "gamma, row, printed",
    [
        ("9/10", (50, 100), [("423.1", "33.3", "48.13"), ("841.1", "62.3", "48.97")]),
        ("1/2", (5, 10, 20, 50, 100), [["2.017"], ["4.005"], ["7.759"], ["19.00"], ["37.74"]]),
    ],
)
def test_total_return_variances_of_long_horizons_are_those_of_the_table(gamma, row, printed):
    # In floating point: the fractions of a hundred steps have thousands of digits.
    tables = examples.running_tables()
    mdp = RationalMDP(tables.P, tables.R, gamma, tables.rho0).to_floats()
    policy = LinearSoftmax.logits([0.5, 1 / 3])
    for T, digits in zip(row, printed, strict=True):
        best = optimal_total_return_baseline(mdp, policy, T)
        traces = (
            estimator_moments(mdp, policy, "total-return", horizon=T).trace,
            estimator_moments(mdp, policy, "total-return", best, horizon=T).trace,
            estimator_moments(mdp, policy, horizon=T).trace,
        )
        for trace, text in zip(traces, digits, strict=False):
            assert f"{trace:.{len(text.split('.')[1])}f}" == text


def test_total_return_variance_grows_linearly_with_the_predicted_slope():
    # Slope E[(G - b)^2] times the mean of E||psi||^2 under the stationary law of the chain.
    tables = examples.running_tables()
    mdp = RationalMDP(tables.P, tables.R, "9/10", tables.rho0).to_floats()
    policy = LinearSoftmax.logits([0.5, 1 / 3])
    slope = np.diff(
        [estimator_moments(mdp, policy, "total-return", horizon=T).trace for T in (400, 401)]
    )
    assert slope == pytest.approx(8.27864, rel=1e-5)


@pytest.mark.parametrize("horizon", [2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_reward_to_go_and_q_differ_by_the_two_martingale_sums(seed, horizon):
    # eq:var-decomposition: both sums written out over paths, the variances by recursion.
    mdp, policy = random_rational(seed)
    chain = ScoredChain.of(mdp, policy)
    critic = chain.finite_horizon_values(horizon)
    by_return = estimator_moments(mdp, policy, "reward-to-go", horizon=horizon).trace
    by_q = estimator_moments(mdp, policy, "q", critic=critic, horizon=horizon).trace
    V, Q = critic
    grad_V = [0 * policy.scores[:, 0]]
    for t in reversed(range(horizon)):
        h = chain.average(policy.scores * Q[t][:, :, None])
        grad_V.insert(0, h + mdp.gamma * (chain.kernel @ grad_V[0]))

    def sums(s, a):
        distance = covariance = M = 0
        for k in range(1, horizon):
            M = M + policy.scores[s[k - 1], a[k - 1]]
            zeta = Q[k][s[k], a[k]] - mdp.P[s[k - 1], a[k - 1]] @ V[k]
            onward = policy.scores[s[k], a[k]] * Q[k][s[k], a[k]]
            onward = onward + mdp.gamma * (mdp.P[s[k], a[k]] @ grad_V[k + 1])
            distance += mdp.gamma ** (2 * k) * (M @ M) * zeta**2
            covariance += mdp.gamma ** (2 * k) * zeta * (M @ onward)
        return np.array([distance, covariance])

    distance, covariance = expectation(mdp, policy, horizon, sums)
    assert by_return - by_q == distance + 2 * covariance
    assert distance >= 0


@pytest.mark.parametrize("weights", FORMS)
@pytest.mark.parametrize("shared", [False, True])
def test_variance_is_the_spread_of_simulated_estimates(weights, shared):
    # The estimated variance of N = 100 000 samples has its own standard error, from the fourth
    # moment; 5 of these, at most 4 coordinates: false alarm below 4 * 5.7e-7 a case.
    rng = np.random.default_rng(21)
    mdp = problems.with_random_rewards(problems.random_mdp(rng, 3, 2, gamma=0.6), 2)
    if shared:
        policy = LinearSoftmax(rng.normal(size=(3, 2, 2)), rng.normal(size=2))
    else:
        policy = TabularSoftmax(rng.normal(size=(3, 2)))
    T, n_batches, size = 12, 400, 250
    moments = estimator_moments(mdp, policy, weights, None, exact.values(mdp, policy), 0.5, T)
    rollouts = simulate(mdp, policy, n_batches * size, T, rng)
    parts = [
        policy_gradient(
            rollouts.columns(c), policy, mdp, weights=weights, lam=0.5
        )
        for c in (slice(i * size, (i + 1) * size) for i in range(n_batches))
    ]  # fmt: skip
    variances = np.array([part.standard_error**2 * size for part in parts])
    error = variances.std(axis=0, ddof=1) / np.sqrt(n_batches)
    assert (np.abs(variances.mean(axis=0) - moments.variance) <= 5 * error + 1e-15).all()
    means = np.array([part.mean for part in parts])
    spread = np.sqrt(moments.variance / (n_batches * size))
    assert (np.abs(means.mean(axis=0) - moments.mean) <= 5 * spread + 1e-15).all()


def test_moments_of_return_and_score_start_with_the_objective_and_zero():
    mdp, policy = table_example("1/2")
    m = return_and_score_moments(mdp, policy, 3)
    assert m[0, 0].tolist() == [1, 1] and m[0, 1].tolist() == [0, 0]
    V, _ = ScoredChain.of(mdp, policy).finite_horizon_values(3)
    assert m[1, 0].tolist() == [V[0][0]] * 2


def test_wrong_arguments_are_named():
    mdp, policy = table_example("1/2")
    with pytest.raises(ValueError, match="'total-return' needs a horizon"):
        estimator_moments(mdp, policy, "total-return")
    with pytest.raises(ValueError, match="takes a single number"):
        estimator_moments(mdp, policy, "total-return", [1, 2], horizon=2)
    with pytest.raises(ValueError, match=r"baseline has shape \[3\], not \[2\]"):
        estimator_moments(mdp, policy, baseline=[1, 2, 3])
    with pytest.raises(ValueError, match=r"baseline has shape \[3, 2\], not \[4, 2\]"):
        estimator_moments(mdp, policy, baseline=np.zeros((3, 2)), horizon=4)
    with pytest.raises(ValueError, match="baseline is 'leave-one-out', not a number"):
        estimator_moments(mdp, policy, baseline="leave-one-out")
    with pytest.raises(ValueError, match="takes no baseline"):
        estimator_moments(mdp, policy, "all-action", 1)
    with pytest.raises(ValueError, match="weights is 'G', not one of"):
        estimator_moments(mdp, policy, "G")
    with pytest.raises(ValueError, match="TablePolicy has no parameters"):
        estimator_moments(examples.running(), TablePolicy([[1, 0], [0, 1]]))
    with pytest.raises(ValueError, match="lam is 2, not in"):
        estimator_moments(mdp, policy, "gae", lam=2)
    with pytest.raises(ValueError, match="weights is 'gae', not one of 'q'"):
        occupancy_sample_moments(mdp, policy, "gae")


@pytest.mark.parametrize("random_rewards", [False, True])
@pytest.mark.parametrize("weights", ["reward-to-go", "q", "advantage"])
def test_moments_without_gamma_t_are_those_of_all_trajectories_of_three_steps(
    weights, random_rewards
):
    """sum_t psi_t w_t with G_t discounted from t on, or with the stationary critic."""
    mdp, policy = random_rational(2, random_rewards=random_rewards)
    T, gamma, psi = 3, mdp.gamma, policy.scores
    V, Q = ScoredChain.of(mdp, policy).values()
    noise = ((-1, F(1, 2)), (1, F(1, 2))) if random_rewards and weights == "reward-to-go" else None
    mean = second = 0
    for probability, s, a, r in enumerate_rewarded(mdp, policy, T, noise or ((0, 1),)):
        x = 0
        for t in range(T):
            w = {
                "reward-to-go": sum(gamma ** (k - t) * r[k] for k in range(t, T)),
                "q": Q[s[t], a[t]],
                "advantage": Q[s[t], a[t]] - V[s[t]],
            }[weights]
            x = x + psi[s[t], a[t]] * w
        mean, second = mean + probability * x, second + probability * x**2
    moments = moments_without_gamma_t(mdp, policy, T, weights)
    assert moments.mean.tolist() == mean.tolist()
    assert moments.variance.tolist() == (second - mean**2).tolist()


@pytest.mark.parametrize("weights", FORMS)
def test_moments_of_three_states_two_actions_and_five_parameters_match_the_enumeration(weights):
    rng = np.random.default_rng(13)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.7)
    policy = LinearSoftmax(rng.normal(size=(3, 2, 5)), rng.normal(size=5))
    T, lam = 4, 0.3
    V, Q = exact.values(mdp, policy)
    baseline = {"total-return": 0.4, "all-action": None}.get(weights, rng.normal(size=3))
    b = [baseline] * T if weights != "total-return" else baseline
    sample = pathwise(mdp, policy, weights, b, [V] * (T + 1), [Q] * T, lam, T)

    def powers(s, a):
        x = sample(s, a)
        return np.array([x, x**2])

    mean, square = expectation(mdp, policy, T, powers)
    critic = (V, Q)
    moments = estimator_moments(mdp, policy, weights, baseline, critic, lam, horizon=T)
    np.testing.assert_allclose(moments.mean, mean, atol=1e-12)
    np.testing.assert_allclose(moments.variance, square - mean**2, atol=1e-12)
    by_default = estimator_moments(mdp, policy, weights, baseline, lam=lam, horizon=T)
    np.testing.assert_array_equal(by_default.variance, moments.variance)


def test_without_a_discount_but_with_a_horizon_the_critic_has_a_time_index():
    mdp, policy = random_rational(3, gamma=1)
    V, Q = ScoredChain.of(mdp, policy).finite_horizon_values(3)
    for weights in ("q", "advantage", "td-error", "all-action"):
        found = estimator_moments(mdp, policy, weights, horizon=3)
        timed = estimator_moments(mdp, policy, weights, critic=(V, Q), horizon=3)
        assert found.variance.tolist() == timed.variance.tolist()
        by_returns = estimator_moments(mdp, policy, horizon=3)
        assert found.mean.tolist() == by_returns.mean.tolist()


def test_a_single_number_a_table_and_a_table_over_time_are_the_same_baseline():
    mdp, policy = random_rational(4)
    number = estimator_moments(mdp, policy, baseline=F(3, 5), horizon=3)
    for table in (np.full(2, F(3, 5)), np.full((3, 2), F(3, 5))):
        found = estimator_moments(mdp, policy, baseline=table, horizon=3)
        assert found.variance.tolist() == number.variance.tolist()
    zero, none = (estimator_moments(mdp, policy, baseline=b, horizon=3) for b in (0, None))
    assert zero.variance.tolist() == none.variance.tolist()
    with pytest.raises(ValueError, match=r"baseline has shape \[3, 2\], not \[2\]"):
        estimator_moments(mdp, policy, baseline=np.zeros((3, 2)))


def test_the_total_return_is_taken_without_a_baseline_or_with_zero():
    mdp, policy = random_rational(4)
    zero, none = (
        estimator_moments(mdp, policy, "total-return", b, horizon=3) for b in (F(0), None)
    )
    assert zero.variance.tolist() == none.variance.tolist()
    assert zero.mean.tolist() == estimator_moments(mdp, policy, horizon=3).mean.tolist()


@pytest.mark.parametrize("weights", FORMS)
def test_a_horizon_has_at_least_one_step(weights):
    with pytest.raises(ValueError, match="horizon is 0, not an integer of at least 1"):
        estimator_moments(*random_rational(0), weights, lam=F(1, 2), horizon=0)
    if weights in ("reward-to-go", "q", "advantage"):
        with pytest.raises(ValueError, match="horizon is 0, not an integer of at least 1"):
            moments_without_gamma_t(*random_rational(0), 0, weights)
    else:
        with pytest.raises(ValueError, match=f"weights is '{weights}', not one of 'reward-to-go'"):
            moments_without_gamma_t(*random_rational(0), 2, weights)


def test_a_variance_of_zero_is_not_negative_by_rounding():
    """One action: every score is 0. Equal rewards: every advantage is 0."""
    mdp = problems.random_mdp(np.random.default_rng(1), 3, 1)
    policy = LinearSoftmax(np.ones((3, 1, 1)), [0.0])
    assert estimator_moments(mdp, policy).variance.tolist() == [0]
    rng = np.random.default_rng(2)
    P = rng.dirichlet(np.ones(3), size=(3, 2))
    flat = FiniteMDP(P, np.full((3, 2), 0.3), 0.7, [0.2, 0.3, 0.5])
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    for weights in ("advantage", "td-error", "all-action"):
        variance = estimator_moments(flat, policy, weights).variance
        assert variance.shape == (3, 2) and (variance >= 0).all() and variance.max() < 1e-14


def test_moments_have_the_shape_of_theta_and_their_trace_is_the_sum_of_the_variances():
    rng = np.random.default_rng(3)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.6)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    for moments in (
        estimator_moments(mdp, policy),
        estimator_moments(mdp, policy, "all-action"),
        estimator_moments(mdp, policy, "total-return", horizon=2),
        moments_without_gamma_t(mdp, policy, 2),
        occupancy_sample_moments(mdp, policy),
    ):
        assert moments.mean.shape == moments.variance.shape == (3, 2)
        assert moments.trace == moments.variance.sum()


@pytest.mark.parametrize("weights", ["q", "advantage", "return"])
def test_one_draw_from_the_occupancy_has_the_variance_of_a_sum_over_states_and_actions(weights):
    """gamma = 3/5, two states, in fractions. E[w^2] of a return solves its own equations."""
    mdp, policy = random_rational(6, gamma="3/5", random_rewards=True)
    gamma, P, pi, psi = mdp.gamma, mdp.P, policy.probabilities, policy.scores
    chain = ScoredChain.of(mdp, policy)
    V, Q = chain.values()
    r2 = (P * (mdp.R_next**2 + mdp.reward_sd**2)).sum(axis=2)
    own = r2 + 2 * gamma * (P * mdp.R_next * V).sum(axis=2)
    # m(s) = sum_a pi (own + gamma^2 P m) by Cramer's rule.
    K, c = gamma**2 * np.einsum("sa,san->sn", pi, P), (pi * own).sum(axis=1)
    det = (1 - K[0, 0]) * (1 - K[1, 1]) - K[0, 1] * K[1, 0]
    m = np.array([(1 - K[1, 1]) * c[0] + K[0, 1] * c[1], K[1, 0] * c[0] + (1 - K[0, 0]) * c[1]])
    squared = {
        "q": Q**2,
        "advantage": (Q - V[:, None]) ** 2,
        "return": own + gamma**2 * (P @ (m / det)),
    }[weights]
    mean = second = 0
    for s, a in np.ndindex(2, 2):
        chance = (1 - gamma) * chain.visits[s] * pi[s, a]
        mean = mean + chance * psi[s, a] * Q[s, a] / (1 - gamma)
        second = second + chance * psi[s, a] ** 2 * squared[s, a] / (1 - gamma) ** 2
    moments = occupancy_sample_moments(mdp, policy, weights)
    assert moments.mean.tolist() == mean.tolist()
    assert moments.variance.tolist() == (second - mean**2).tolist()
    if weights == "q":
        by_default = occupancy_sample_moments(mdp, policy)
        assert by_default.variance.tolist() == moments.variance.tolist()
