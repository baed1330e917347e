"""Popular beliefs about variance, each refuted by exact numbers (``eq:xor-game`` and others)."""

from fractions import Fraction as F

import numpy as np
import pytest
import sympy as sp

from utils import policy_gradient, simulate
from utils.estimators.variance import estimator_moments
from utils.exact.baselines import optimal_state_baseline
from utils.exact.chain import ScoredChain
from utils.model import counterexamples
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, logit_policy


def variance(problem, weights, baseline=None, horizon=None):
    """tr Cov X; with a horizon the critic carries a time index."""
    mdp, policy = problem
    chain = ScoredChain.of(mdp, policy)
    critic = chain.values() if horizon is None else chain.finite_horizon_values(horizon)
    if isinstance(baseline, str):
        V = critic[0] if horizon is None else critic[0][:-1]
        baseline = V if baseline == "V" else _per_step(chain, critic[1])
    uses_critic = weights not in ("total-return", "reward-to-go")
    return estimator_moments(
        mdp, policy, weights, baseline, critic if uses_critic else None, horizon=horizon
    ).trace


def _per_step(chain, Q):
    squared = (chain.scores**2).sum(axis=2)
    return np.array([chain.average(squared * q) / chain.average(squared) for q in Q])


def gradient(problem, horizon):
    return estimator_moments(*problem, horizon=horizon).mean.tolist()


def test_the_value_is_not_the_optimal_baseline_and_can_hurt():
    problem = counterexamples.bandit()
    assert variance(problem, "reward-to-go", "V", horizon=1) == F(144, 25)
    assert variance(problem, "reward-to-go", horizon=1) == 0
    assert optimal_state_baseline(*problem, horizon=1).tolist() == [0]
    assert gradient(problem, 1) == [F(9, 10)]


def test_reward_to_go_can_have_more_variance_than_the_total_return():
    constant = counterexamples.constant_rewards()
    assert variance(constant, "total-return", horizon=2) == 0
    assert variance(constant, "reward-to-go", horizon=2) == F(1, 4)
    with_gradient = counterexamples.constant_rewards(bonus="1/2")
    assert gradient(with_gradient, 2) == [F(1, 8)]
    assert variance(with_gradient, "total-return", horizon=2) == F(3, 64)
    assert variance(with_gradient, "reward-to-go", horizon=2) == F(27, 64)


def test_the_variance_of_the_total_return_need_not_grow_with_the_horizon():
    """Rewards -1, +1, 0, 0, ...: from two steps on the return is 0, whatever is done."""
    P = [[[0, 1, 0]] * 2, [[0, 0, 1]] * 2, [[0, 0, 1]] * 2]
    world = RationalMDP(P, [[-1, -1], [1, 1], [0, 0]], 1, [1, 0, 0])
    problem = world, logit_policy(["1/2"] * 3, shared=True)
    found = [variance(problem, "total-return", horizon=T) for T in range(1, 6)]
    assert found == [F(1, 4), 0, 0, 0, 0]


def test_a_score_estimator_can_be_unbiased_and_have_infinite_variance():
    """a = theta + Beta(2, 2): the mean of a psi is 1, the mean of psi^2 diverges."""
    x, edge = sp.symbols("x edge", positive=True)
    density = 6 * x * (1 - x)
    score = -density.diff(x) / density  # by theta, as the density depends on a - theta
    assert sp.integrate(sp.cancel(score * density), (x, 0, 1)) == 0
    assert sp.integrate(sp.cancel(x * score * density), (x, 0, 1)) == 1
    inside = sp.apart(sp.cancel(score**2 * density), x)
    second = sp.integrate(inside, (x, edge, sp.Rational(1, 2)))
    assert sp.limit(second, edge, 0) == sp.oo
    assert sp.limit(second / sp.log(edge), edge, 0) == -6


@pytest.mark.parametrize(
    ("bonus", "expected"),
    [
        (0, {"total-return": 0, "reward-to-go": 0, "q": 1, "V": 2, "per-step": 2}),
        (
            1,
            {"total-return": F(3, 16), "reward-to-go": F(1, 16), "q": F(17, 16), "V": 2,
             "per-step": 2},
        ),
    ],
)  # fmt: skip
def test_in_the_xor_game_knowing_q_raises_the_variance(bonus, expected):
    game = counterexamples.xor_game(bonus)
    assert gradient(game, 2) == [F(bonus, 4)]
    for weights in ("total-return", "reward-to-go", "q"):
        assert variance(game, weights, horizon=2) == expected[weights]
    for weights in ("advantage", "td-error", "all-action"):
        assert variance(game, weights, horizon=2) == 1
    for baseline in ("V", "per-step"):
        assert variance(game, "reward-to-go", baseline, horizon=2) == expected[baseline]


def test_in_the_xor_game_gamma_only_scales_the_variances():
    mdp, policy = counterexamples.xor_game()
    gamma = F(1, 3)
    scaled = (RationalMDP(mdp.P, mdp.R, gamma, mdp.rho0), policy)
    for weights, factor in (("reward-to-go", 0), ("q", 1), ("advantage", 1), ("all-action", 1)):
        assert variance(scaled, weights, horizon=2) == factor * gamma**2


def stopping_formulas(p, g):
    q = 1 - p
    scale = p * q / ((1 - g * q) ** 4 * (1 - g**2 * q))
    var_q = scale * (g**2 * q**2 + g * (3 * p - 2) + q) ** 2
    var_a = scale * (1 - g) ** 2 * (g * q**2 + 2 * p - 1) ** 2
    bracket = (
        (3 * g - 1) * p**3
        + g * (1 - g) * (3 + g) * p**2 * q
        + (3 - g) * (1 - g) ** 2 * (1 + g) * p * q**2
        + 2 * (1 - g) ** 3 * (1 + g) * q**3
    )
    excess = g**2 * (1 - g) * p**2 * q**2 / ((1 - g * q) ** 3 * (1 - g**2 * q) ** 3) * bracket
    return var_q, var_a, var_q - excess


@pytest.mark.parametrize("p", [F(1, 10), F(1, 2), F(9, 10), F(99, 100)])
@pytest.mark.parametrize("gamma", [F(0), F(1, 10), F(1, 3), F(1, 2), F(9, 10)])
def test_geometric_stopping_has_the_closed_form_variances(p, gamma):
    problem = counterexamples.geometric_stopping(p, gamma)
    found = tuple(variance(problem, w) for w in ("q", "advantage", "reward-to-go"))
    assert found == stopping_formulas(p, gamma)
    if gamma >= F(1, 3):
        assert found[0] > found[2]


def test_geometric_stopping_at_one_half():
    problem = counterexamples.geometric_stopping("1/2", "1/2")
    assert variance(problem, "reward-to-go") == F(2192, 27783)
    assert variance(problem, "q") == F(50, 567)


@pytest.mark.parametrize(
    ("gamma", "p_star"),
    [(".01", 0.670), (".1", 0.703), (".25", 0.815), (".3", 0.900), (".33", 0.987)],
)
def test_below_one_third_q_wins_only_beyond_a_threshold(gamma, p_star):
    for p, q_wins in ((p_star - 0.001, False), (p_star + 0.001, True)):
        problem = counterexamples.geometric_stopping(F(str(round(p, 3))), F(gamma))
        assert (variance(problem, "q") < variance(problem, "reward-to-go")) == q_wins


def test_the_advantage_can_lose_against_the_return_minus_value():
    problem = counterexamples.advantage_above_baselined_return()
    assert variance(problem, "advantage") == F(582615, 2768896)
    assert variance(problem, "reward-to-go", "V") == F(11394811575, 79082438656)


def test_the_td_error_can_win_against_the_advantage():
    two_steps = counterexamples.noiseless_td_error()
    assert variance(two_steps, "td-error", horizon=2) == 0
    assert variance(two_steps, "advantage", horizon=2) == F(1, 2)
    endless = counterexamples.advantage_above_td_error()
    assert float(variance(endless, "advantage")) == pytest.approx(7.497, abs=5e-4)
    assert float(variance(endless, "td-error")) == pytest.approx(1.836, abs=5e-4)


def test_averaging_over_actions_can_raise_the_variance():
    two_steps = counterexamples.noiseless_advantage()
    assert gradient(two_steps, 2) == [F(17, 10)]
    assert variance(two_steps, "advantage", horizon=2) == 0
    assert variance(two_steps, "all-action", horizon=2) == F(36, 25)
    endless = counterexamples.all_action_above_advantage()
    assert variance(endless, "all-action") == F(1620, 26411)
    assert variance(endless, "advantage") == F(45, 26411)


def test_simulation_confirms_geometric_stopping():
    # The variance estimate from 200 batches of 1000, 5 standard errors: false alarm 2 * 5.7e-7.
    problem = counterexamples.geometric_stopping("1/2", "9/10")
    mdp, policy = problem[0].to_floats(), LinearSoftmax.logits([0.5, 0.5])
    rng, estimates = np.random.default_rng(3), {"reward-to-go": [], "q": []}
    for _ in range(200):
        rollouts = simulate(mdp, policy, n=1000, horizon=32, rng=rng)  # (gamma/2)^32 is left out
        for weights, found in estimates.items():
            estimate = policy_gradient(rollouts, policy, mdp=mdp, weights=weights)
            found.append((estimate.standard_error**2).sum() * 1000)
    for weights, found in estimates.items():
        error = np.std(found, ddof=1) / np.sqrt(200)
        assert abs(np.mean(found) - float(variance(problem, weights))) < 5 * error


def test_two_states_are_written_by_the_chances_of_the_second_one():
    mdp, policy = counterexamples.two_state(1, [[0, "1/2"], [1, 0]], [[1, 2], [3, 4]], [0, 1], 1)
    assert mdp.P[:, :, 1].tolist() == [[0, F(1, 2)], [1, 0]]
    assert mdp.rho0.tolist() == [0, 1] and policy.probabilities.tolist() == [[1, 0], [0, 1]]


def test_two_steps_are_written_by_what_they_pay_and_where_they_lead():
    mdp, policy = counterexamples.two_steps(
        [2, 3], [{1: 1}, {1: F(1, 3), 2: F(2, 3)}], [[5, 7], [11, 13]], ["1/5", "2/7", "3/8"]
    )
    assert mdp.P.tolist() == [
        [[0, 1, 0], [0, F(1, 3), F(2, 3)]],
        [[0, 1, 0], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 1]],
    ]
    assert mdp.R.tolist() == [[2, 3], [5, 7], [11, 13]]
    assert mdp.gamma == 1 and mdp.rho0.tolist() == [1, 0, 0]
    assert policy.probabilities[:, 1].tolist() == [F(1, 5), F(2, 7), F(3, 8)]
    assert policy.scores.shape == (3, 2, 1)


def test_two_states_have_a_logit_each_unless_they_share_one():
    def made(**options):
        return counterexamples.two_state(
            F(1, 3),
            [["1/5", "2/5"], ["1/7", "3/7"]],
            [[2, 3], [5, 7]],
            ["1/4", "2/9"],
            "2/3",
            **options,
        )

    mdp, policy = made()
    assert mdp.P.tolist() == [
        [[F(4, 5), F(1, 5)], [F(3, 5), F(2, 5)]],
        [[F(6, 7), F(1, 7)], [F(4, 7), F(3, 7)]],
    ]
    assert mdp.R.tolist() == [[2, 3], [5, 7]]
    assert mdp.rho0.tolist() == [F(2, 3), F(1, 3)] and mdp.gamma == F(2, 3)
    assert policy.scores.shape == (2, 2, 2)
    assert made(shared=True)[1].scores.shape == (2, 2, 1)


def test_the_problems_of_one_and_two_steps_have_no_discount_and_start_in_state_0():
    for mdp, _ in (
        counterexamples.bandit(),
        counterexamples.constant_rewards(),
        counterexamples.xor_game(),
        counterexamples.noiseless_td_error(),
        counterexamples.noiseless_advantage(),
    ):
        assert mdp.gamma == 1 and mdp.rho0.tolist() == [1] + [0] * (mdp.n_states - 1)


def test_geometric_stopping_pays_once_and_stops():
    mdp, policy = counterexamples.geometric_stopping("2/7", "3/5")
    assert mdp.P.tolist() == [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]
    assert mdp.R.tolist() == [[0, 1], [0, 0]]
    assert mdp.gamma == F(3, 5) and mdp.rho0.tolist() == [1, 0]
    assert policy.probabilities.tolist() == [[F(5, 7), F(2, 7)], [F(1, 2), F(1, 2)]]
