from fractions import Fraction

import numpy as np
import problems
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trajectories import enumerate_rewarded, expectation

from utils import TabularSoftmax, exact
from utils.estimators.variance import estimator_moments
from utils.exact.single_rewards import (
    averaged,
    expected_rewards,
    gae_mean,
    hybrid_changes,
    objective_slope,
    pair_means,
    reward_slopes,
    scored_reward_law,
    series_tail,
)
from utils.model import examples
from utils.model.random_fractions import random_problems, survival_chain
from utils.model.rational import RationalMDP, logit_policy

PROBLEMS = list(random_problems(20, seed=3))


def direction(policy, s=0, a=1):
    """d pi / d theta[s, a] of a softmax."""
    return policy.probabilities * policy.scores[:, :, s * policy.n_actions + a]


def test_tables_averaged_with_a_policy_are_its_kernel_and_reward():
    mdp, policy = examples.running(), examples.running_policy()
    kernel, reward = averaged(mdp, policy.probabilities)
    np.testing.assert_allclose(kernel, exact.policy_kernel(mdp, policy))
    np.testing.assert_allclose(reward, exact.policy_reward(mdp, policy))


@given(st.integers(0, 10**6))
def test_discounted_single_rewards_add_up_to_the_objective(seed):
    rng = np.random.default_rng(seed)
    mdp = problems.random_mdp(rng, 3, 2)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    rewards = expected_rewards(mdp, policy.probabilities, 6)
    total = mdp.gamma ** np.arange(6) @ rewards
    assert total == pytest.approx(exact.finite_horizon_objective(mdp, policy, 6), abs=1e-12)


@given(st.integers(0, 10**6))
def test_discounted_slopes_add_up_to_the_gradient_of_the_objective(seed):
    rng = np.random.default_rng(seed)
    mdp = problems.random_mdp(rng, 3, 2)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    pi, dpi = policy.probabilities, direction(policy)
    finite = mdp.gamma ** np.arange(6) @ reward_slopes(mdp, pi, dpi, 6)
    wanted = exact.finite_horizon_policy_gradient(mdp, policy, 6)[0, 1]
    assert finite == pytest.approx(wanted, abs=1e-11)
    infinite = exact.policy_gradient(mdp, policy)[0, 1]
    assert objective_slope(mdp, pi, dpi) == pytest.approx(infinite, abs=1e-9)


@pytest.mark.parametrize("problem", PROBLEMS[:5])
def test_slopes_are_limits_of_difference_quotients(problem):
    # E[r_k] is a polynomial of degree k + 1 in the step: the quotient is exact up to O(step).
    step = Fraction(1, 10**9)
    moved = expected_rewards(problem.mdp, problem.pi + step * problem.dpi, 4)
    quotient = (moved - expected_rewards(problem.mdp, problem.pi, 4)) / step
    slopes = reward_slopes(problem.mdp, problem.pi, problem.dpi, 4)
    assert all(abs(q - s) < Fraction(1, 10**4) for q, s in zip(quotient, slopes, strict=True))


def test_no_reward_is_asked_for_and_none_is_given():
    mdp, policy = examples.running(), examples.running_policy()
    assert expected_rewards(mdp, policy.probabilities, 0).shape == (0,)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_random_problems_are_exact_mdps_with_a_policy_and_a_direction(problem):
    assert (problem.mdp.P.sum(axis=2) == 1).all() and (problem.mdp.P >= 0).all()
    for table, total in ((problem.pi, 1), (problem.other, 1), (problem.dpi, 0)):
        assert (table.sum(axis=1) == total).all()
    assert (problem.pi >= 0).all() and (problem.other >= 0).all()
    assert (problem.dpi[problem.pi == 0] == 0).all()
    assert all(isinstance(x, Fraction) for x in (*problem.dpi.flat, *problem.mdp.R.flat))


def test_random_problems_reach_the_edges():
    many = list(random_problems(200, seed=0))
    assert any((p.pi == 0).any() for p in many) and any((p.pi > 0).all() for p in many)
    assert any(p.mdp.gamma == 0 for p in many)
    assert {p.mdp.R.shape for p in many} == {(2, 2), (2, 3), (3, 2), (3, 3)}


def test_the_same_seed_gives_the_same_problems():
    again = list(random_problems(20, seed=3))
    assert all((p.mdp.P == q.mdp.P).all() for p, q in zip(PROBLEMS, again, strict=True))


def test_information_leaves_out_actions_that_are_never_taken():
    chain = survival_chain(1, Fraction(1, 2))
    assert chain.information == 1 and chain.speed == 2 and chain.oscillation == Fraction(1, 2)


@pytest.mark.parametrize("p", ["1/3", "99/100", "1"])
def test_reward_k_of_the_survival_chain_is_p_to_the_k_plus_one(p):
    p = Fraction(p)
    chain = survival_chain(p, Fraction(1, 2))
    rewards = expected_rewards(chain.mdp, chain.pi, 5)
    slopes = reward_slopes(chain.mdp, chain.pi, chain.dpi, 5)
    assert list(rewards) == [p ** (k + 1) for k in range(5)]
    assert list(slopes) == [(k + 1) * p**k for k in range(5)]
    assert objective_slope(chain.mdp, chain.pi, chain.dpi) == 1 / (1 - p / 2) ** 2


@pytest.mark.parametrize("problem", PROBLEMS[:6])
def test_scores_do_not_correlate_with_past_rewards_and_their_sums_are_the_slopes(problem):
    # eq:past-reward, eq:grad-single-reward
    positive = np.where(problem.pi > 0, problem.pi, Fraction(1))
    score = problem.dpi / positive
    means = pair_means(problem.mdp, problem.pi, score, problem.mdp.R, 5)
    assert (np.tril(means, -1) == 0).all()
    slopes = reward_slopes(problem.mdp, problem.pi, problem.dpi, 5)
    assert (means.sum(axis=0) == slopes).all()


@pytest.mark.parametrize("reads_the_landing", [False, True])
def test_pair_means_are_expectations_over_all_trajectories(reads_the_landing):
    rng = np.random.default_rng(5)
    mdp = problems.random_mdp(rng, 3, 2)
    policy = TabularSoftmax(rng.normal(size=(3, 2)))
    first, second = rng.normal(size=(3, 2)), rng.normal(size=(3, 2, 3))
    if not reads_the_landing:
        second = second[:, :, 0]

    def products(states, actions):
        steps = [(states[t], actions[t]) for t in range(3)]
        landed = [(*steps[t], states[t + 1])[: second.ndim] for t in range(3)]
        return np.array([[first[x] * second[y] for y in landed] for x in steps])

    wanted = expectation(mdp, policy, 4, products)
    found = pair_means(mdp, policy.probabilities, first, second, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_changing_the_policy_at_one_time_after_the_other_gives_the_whole_change():
    # eq:hybrid-sum
    for x in PROBLEMS[:6]:
        change = expected_rewards(x.mdp, x.other, 5) - expected_rewards(x.mdp, x.pi, 5)
        summed = hybrid_changes(x.mdp, x.other - x.pi, walk=x.other, follow=x.pi, horizon=5)
        assert (change == summed).all()


def test_a_small_change_of_policy_changes_a_reward_by_its_slope():
    for x in PROBLEMS[:6]:
        slopes = hybrid_changes(x.mdp, x.dpi, walk=x.pi, follow=x.pi, horizon=5)
        assert (slopes == reward_slopes(x.mdp, x.pi, x.dpi, 5)).all()


def test_no_time_no_change():
    x = PROBLEMS[0]
    assert hybrid_changes(x.mdp, x.dpi, x.pi, x.pi, 0).shape == (0,)


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(1, 2), Fraction(9, 10)])
def test_tails_of_the_series_differ_by_their_first_term_and_vanish(rate):
    for T in range(6):
        assert series_tail(rate, T) - series_tail(rate, T + 1) == (T + 1) * rate**T
    assert series_tail(rate, 2000) < Fraction(1, 10**80)


def test_law_of_reward_times_score_sum_is_that_of_the_enumeration():
    rng = np.random.default_rng(8)
    mdp = problems.random_mdp(rng, 2, 3)
    policy = TabularSoftmax(rng.normal(size=(2, 3)))
    score = policy.scores[:, :, 1]

    def moments(states, actions):
        steps = [(states[t], actions[t]) for t in range(3)]
        sums = np.cumsum([score[step] for step in steps])
        rewards = np.array([mdp.R[step] for step in steps])
        return np.array([rewards * sums, (rewards**2 + 2) * sums**2])

    first, second = expectation(mdp, policy, 3, moments)
    mean, deviation = scored_reward_law(mdp, policy, score, 3, noise=2)
    np.testing.assert_allclose(mean, first, atol=1e-12)
    np.testing.assert_allclose(deviation, np.sqrt(second - first**2), atol=1e-12)


def test_law_of_a_scored_reward_knows_the_law_of_the_reward():
    rng = np.random.default_rng(8)
    mdp = problems.with_random_rewards(problems.random_mdp(rng, 2, 2), 5)
    policy = TabularSoftmax(rng.normal(size=(2, 2)))
    score = policy.scores[:, :, 1]
    first = second = 0
    for probability, s, a, r in enumerate_rewarded(mdp, policy, 3):
        x = np.array([r[k] * sum(score[s[t], a[t]] for t in range(k + 1)) for k in range(3)])
        first, second = first + float(probability) * x, second + float(probability) * x**2
    mean, deviation = scored_reward_law(mdp, policy, score, 3)
    np.testing.assert_allclose(mean, first, atol=1e-12)
    np.testing.assert_allclose(deviation, np.sqrt(second - first**2), atol=1e-12)


def test_a_log_shifted_by_one_step_turns_both_signs_on_the_running_mdp():
    # Logged in place t is r_{t+1}. True slope and reward-to-go formula, for each state's logit.
    tables, half = examples.running_tables(), Fraction(1, 2)
    mdp, policy = RationalMDP(tables.P, tables.R, half, tables.rho0), logit_policy(tables.p)
    true, formula = [], []
    for i in range(2):
        pi, score = policy.probabilities, policy.scores[:, :, i]
        whole = objective_slope(mdp, pi, pi * score)
        true.append((whole - reward_slopes(mdp, pi, pi * score, 1)[0]) / half)
        own = half ** np.arange(60, dtype=object) @ np.diag(pair_means(mdp, pi, score, mdp.R, 60))
        formula.append(float((whole - own) / half))
    assert true == [Fraction(-23748, 93025), Fraction(1458, 3721)]
    assert formula == pytest.approx([228 / 18605, -6 / 3721], abs=1e-15)


@pytest.mark.parametrize("lam", [0.0, 0.5, 1.0])
def test_mean_of_gae_by_the_formula_of_its_bias_is_that_of_the_recursion(lam):
    mdp, policy = examples.running(0.9), examples.shared_logit(examples.running_policy(), 1)
    V, Q = exact.values(mdp, policy)
    error = np.array([0.3, -1.0])
    law = estimator_moments(mdp, policy, "gae", critic=(V + error, Q), lam=lam, horizon=6)
    assert gae_mean(mdp, policy, error, lam, 6) == pytest.approx(law.mean[0])


def test_without_steps_every_list_is_empty_and_less_is_no_horizon():
    x = PROBLEMS[0]
    for function in (
        lambda T: expected_rewards(x.mdp, x.pi, T),
        lambda T: reward_slopes(x.mdp, x.pi, x.dpi, T),
        lambda T: pair_means(x.mdp, x.pi, x.pi, x.pi, T),
        lambda T: hybrid_changes(x.mdp, x.dpi, x.pi, x.pi, T),
    ):
        assert function(0).size == 0
        with pytest.raises(ValueError, match="^horizon is -1, not an integer of at least 0"):
            function(-1)


def test_the_tail_of_a_series_by_hand():
    # 3/9 + 4/27 + ... with rate 1/3: 1/9 (2 * 2/3 + 1) / (4/9).
    assert series_tail(Fraction(1, 3), 2) == Fraction(7, 12)


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_mean_of_gae_is_that_of_all_trajectories(lam):
    rng = np.random.default_rng(9)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.7)
    policy = examples.shared_logit(TabularSoftmax(rng.normal(size=(3, 2))), 1)
    error = np.array([0.3, -1.0, 2.0])
    critic = exact.values(mdp, policy)[0] + error

    def gae(s, a):
        delta = [mdp.R[s[t], a[t]] + 0.7 * critic[s[t + 1]] - critic[s[t]] for t in range(3)]
        carried = [sum((0.7 * lam) ** (k - t) * delta[k] for k in range(t, 3)) for t in range(3)]
        return sum(0.7**t * policy.score(s[t], a[t])[0] * carried[t] for t in range(3))

    assert gae_mean(mdp, policy, error, lam, 3) == pytest.approx(expectation(mdp, policy, 3, gae))
