import numpy as np
import problems
import pytest

from utils import TabularSoftmax, exact, policy_gradient, simulate
from utils.model import examples
from utils.model.policies import (
    LinearSoftmax,
    TablePolicy,
    check_differentiable,
    cumulative,
    logit_table,
)

RNG = np.random.default_rng(5)
SOFTMAX = TabularSoftmax(RNG.normal(size=(3, 4)))
SHARED = LinearSoftmax(RNG.normal(size=(3, 4, 2)), RNG.normal(size=2), RNG.normal(size=(3, 4)))


@pytest.mark.parametrize("policy", [SOFTMAX, SHARED])
def test_probabilities_sum_to_one(policy):
    assert (policy.probabilities > 0).all()
    np.testing.assert_allclose(policy.probabilities.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("policy", [SOFTMAX, SHARED])
def test_score_has_mean_zero_under_the_policy(policy):
    means = np.einsum("sa,sad->sd", policy.probabilities, policy.scores)
    np.testing.assert_allclose(means, 0, atol=1e-15)


@pytest.mark.parametrize("policy", [SOFTMAX, SHARED])
def test_score_is_the_derivative_of_the_log_probability(policy):
    def log_probabilities(theta):
        if policy is SOFTMAX:
            logits = theta
        else:
            logits = policy.offsets + policy.features @ theta
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    step = 1e-20
    for i in range(policy.theta.size):
        theta = policy.theta.astype(complex)
        theta.flat[i] += 1j * step
        derivative = log_probabilities(theta).imag / step
        np.testing.assert_allclose(policy.scores[:, :, i], derivative, atol=1e-14)


@pytest.mark.parametrize("policy", [SOFTMAX, SHARED])
def test_score_sum_agrees_with_the_table_of_scores(policy):
    weights = RNG.normal(size=(3, 4))
    by_table = np.einsum("sa,sad->d", weights, policy.scores).reshape(policy.theta.shape)
    np.testing.assert_allclose(policy.score_sum(weights), by_table, atol=1e-14)
    np.testing.assert_allclose(policy.score(2, 1), policy.scores[2, 1].reshape(policy.theta.shape))


@pytest.mark.parametrize("policy", [SOFTMAX, SHARED])
def test_gradient_norm_is_probability_times_norm_of_score(policy):
    norms = policy.probabilities * np.linalg.norm(policy.scores, axis=2)
    np.testing.assert_allclose(policy.gradient_norms, norms, atol=1e-15)


def test_softmax_survives_large_logits():
    pi = TabularSoftmax([[1000.0, 0.0], [-1000.0, 0.0]]).probabilities
    np.testing.assert_array_equal(pi, [[1, 0], [0, 1]])


def test_from_probabilities_gives_these_probabilities():
    pi = [[0.2, 0.8], [0.5, 0.5]]
    np.testing.assert_allclose(TabularSoftmax.from_probabilities(pi).probabilities, pi, rtol=1e-15)


def test_from_probabilities_refuses_a_zero():
    with pytest.raises(ValueError, match=r"probabilities\[1, 0\] is 0, but a softmax of finite"):
        TabularSoftmax.from_probabilities([[0.5, 0.5], [0, 1]])


def test_wrong_parameters_are_named():
    with pytest.raises(ValueError, match=r"theta\[0, 1\] is nan"):
        TabularSoftmax([[0, np.nan]])
    with pytest.raises(ValueError, match=r"theta has shape \[2\], not \[any, any\]"):
        TabularSoftmax([0, 1])
    with pytest.raises(ValueError, match=r"probabilities\[0\] sums to 0.9, not 1"):
        TablePolicy([[0.5, 0.4]])
    with pytest.raises(ValueError, match=r"theta has shape \[3\], not \[2\]"):
        LinearSoftmax(np.ones((2, 2, 2)), np.ones(3))
    with pytest.raises(ValueError, match=r"offsets has shape \[2, 3\], not \[2, 2\]"):
        LinearSoftmax(np.ones((2, 2, 2)), np.ones(2), np.ones((2, 3)))


def test_an_action_of_probability_zero_is_never_drawn():
    # Ten times 0.1 sums to less than 1: without care the last, impossible action could be drawn.
    policy = TablePolicy([[0.0] + [0.1] * 10 + [0.0]])
    cdf = cumulative(policy.probabilities)[0]
    assert (cdf[0], cdf[10], cdf[11]) == (0, 1, 1)
    actions = policy.sample(np.zeros(10_000, dtype=int), np.random.default_rng(0))
    assert actions.min() >= 1 and actions.max() <= 10


def test_samples_have_the_probabilities_of_the_policy():
    # 24 frequencies, each within 5 standard errors: false alarm below 24 * 5.7e-7.
    n = 40_000
    states = np.repeat([0, 1, 2], n)
    actions = SOFTMAX.sample(states, np.random.default_rng(7))
    for s in range(3):
        frequency = np.bincount(actions[states == s], minlength=4) / n
        pi = SOFTMAX.probabilities[s]
        assert (np.abs(frequency - pi) < 5 * np.sqrt(pi * (1 - pi) / n)).all()


def test_sampling_needs_a_generator():
    with pytest.raises(ValueError, match="not a numpy.random.Generator"):
        SOFTMAX.sample([0], 3)


FORBIDDEN = np.array([[0.3, -np.inf, 1.0], [-np.inf, 0.0, -np.inf]])


@pytest.mark.parametrize(
    "policy",
    [
        TabularSoftmax(FORBIDDEN),
        LinearSoftmax(RNG.normal(size=(2, 3, 2)), RNG.normal(size=2), FORBIDDEN),
    ],
)
def test_an_action_with_logit_minus_infinity_is_forbidden(policy):
    forbidden = FORBIDDEN == -np.inf
    assert ((policy.probabilities == 0) == forbidden).all()
    assert np.isfinite(policy.scores).all() and np.isfinite(policy.gradient_norms).all()
    assert not policy.gradient_norms[forbidden].any()
    means = np.einsum("sa,sad->sd", policy.probabilities, policy.scores)
    np.testing.assert_allclose(means, 0, atol=1e-15)
    actions = policy.sample(np.repeat([0, 1], 1000), np.random.default_rng(0))
    assert set(actions[:1000]) == {0, 2} and set(actions[1000:]) == {1}


def test_a_forbidden_action_is_never_simulated_and_has_gradient_zero():
    mdp = problems.random_mdp(np.random.default_rng(0), 2, 3, gamma=0.9)
    policy = TabularSoftmax(FORBIDDEN)
    forbidden = FORBIDDEN == -np.inf
    run = simulate(mdp, policy, 500, 20, np.random.default_rng(1))
    assert not forbidden[run.states, run.actions].any()
    gradient = exact.policy_gradient(mdp, policy)
    assert np.isfinite(gradient).all() and not gradient[forbidden].any()
    for weights in ("reward-to-go", "gae", "all-action"):
        lam = 0.5 if weights == "gae" else None
        estimate = policy_gradient(run, policy, mdp, weights=weights, lam=lam)
        assert not estimate.mean[forbidden].any() and not estimate.standard_error[forbidden].any()
    # The same policy on the actions that are left: with two actions in state 0 only one number is
    # free, the slope in its difference of logits.
    step = 1e-6
    slopes = [
        exact.objective(mdp, TabularSoftmax(FORBIDDEN + [[sign * step, 0, 0], [0, 0, 0]]))
        for sign in (1, -1)
    ]
    assert gradient[0, 0] == pytest.approx((slopes[0] - slopes[1]) / (2 * step), rel=1e-6)


def test_logits_that_are_no_logits_are_named():
    with pytest.raises(ValueError, match=r"theta\[1\] forbids every action"):
        TabularSoftmax([[0, 0], [-np.inf, -np.inf]])
    with pytest.raises(ValueError, match=r"theta\[0, 1\] is inf, not a finite number or -inf"):
        TabularSoftmax([[0, np.inf]])
    with pytest.raises(ValueError, match=r"offsets\[0\] forbids every action"):
        LinearSoftmax(np.ones((1, 2, 1)), [0.0], [[-np.inf, -np.inf]])
    with pytest.raises(ValueError, match=r"theta\[0\] is -inf, not a finite number"):
        LinearSoftmax(np.ones((1, 2, 1)), [-np.inf])
    with pytest.raises(ValueError, match=r"theta\[0, 1\] is masked"):
        TabularSoftmax(np.ma.masked_equal([[0.0, 5.0]], 5))


def test_states_and_actions_do_not_wrap_around():
    with pytest.raises(ValueError, match=r"states\[1\] is -1, not in 0, ..., 2"):
        SOFTMAX.sample([0, -1], np.random.default_rng(0))
    for policy in (SOFTMAX, SHARED):
        with pytest.raises(ValueError, match=r"s is 3, not in 0, ..., 2"):
            policy.score(3, 0)
        with pytest.raises(ValueError, match=r"a is -1, not in 0, ..., 3"):
            policy.score(0, -1)
        with pytest.raises(ValueError, match=r"weights has shape \[4, 3\], not \[3, 4\]"):
            policy.score_sum(np.ones((4, 3)))
        np.testing.assert_allclose(
            policy.score_sum([[1, 0, 0, 0]] + [[0] * 4] * 2), policy.score(0, 0)
        )


def test_what_is_no_mdp_or_no_policy_is_named():
    mdp, policy = examples.running(), examples.running_policy()
    with pytest.raises(ValueError, match="mdp is a TabularSoftmax, not an MDP"):
        exact.values(policy, mdp)
    with pytest.raises(ValueError, match="policy is a ndarray, without a table of probabilities"):
        simulate(mdp, policy.probabilities, 1, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="policy is a NoneType"):
        exact.objective(mdp, None)


def test_a_policy_with_a_score_is_differentiable_and_a_table_is_not():
    check_differentiable(TabularSoftmax([[0.0, 1.0]]))
    with pytest.raises(ValueError, match="TablePolicy has no parameters, hence no score"):
        check_differentiable(TablePolicy([[0, 1]]))


def test_a_table_of_logits_may_forbid_an_action_but_not_all():
    np.testing.assert_array_equal(logit_table("theta", FORBIDDEN, (None, 3)), FORBIDDEN)
    with pytest.raises(ValueError, match=r"theta\[0\] forbids every action"):
        logit_table("theta", [[-np.inf, -np.inf]], (1, 2))
    with pytest.raises(ValueError, match=r"theta\[0, 1\] is inf"):
        logit_table("theta", [[0, np.inf]], (1, 2))
