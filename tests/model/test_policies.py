import numpy as np
import problems
import pytest

from utils import TabularSoftmax, exact, policy_gradient, simulate
from utils.model import examples
from utils.model.policies import (
    DifferentiablePolicy,
    LinearSoftmax,
    TablePolicy,
    check_differentiable,
    check_fits,
    cumulative,
    logit_table,
    softmax,
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


SEVENTHS = np.array([[1, 2, 4], [5, 3, 2]]) / [[7], [10]]


def test_the_scores_of_a_softmax_are_those_worked_out_by_hand():
    policy = TabularSoftmax(np.log([[1, 2, 4], [5, 3, 2]]))
    assert (policy.n_states, policy.n_actions) == (2, 3)
    np.testing.assert_allclose(policy.probabilities, SEVENTHS, rtol=1e-15)
    wanted = np.array(
        [
            [[6, -2, -4, 0, 0, 0], [-1, 5, -4, 0, 0, 0], [-1, -2, 3, 0, 0, 0]],
            [[0, 0, 0, 5, -3, -2], [0, 0, 0, -5, 7, -2], [0, 0, 0, -5, -3, 8]],
        ]
    ) / np.array([7, 10]).reshape(2, 1, 1)
    np.testing.assert_allclose(policy.scores, wanted, atol=1e-15)
    for s, a in np.ndindex(2, 3):
        np.testing.assert_allclose(policy.score(s, a), wanted[s, a].reshape(2, 3), atol=1e-15)
    # The weights of state 0 sum to 14, those of state 1 to -20.
    total = policy.score_sum([[2, 9, 3], [-7, -2, -11]])
    np.testing.assert_allclose(total, [[0, 5, -5], [3, 4, -7]], atol=1e-14)
    # pi(a) sqrt((1 - pi(a))^2 + sum of the other squares)
    norms = [
        [np.sqrt(36 + 4 + 16) / 49, 2 * np.sqrt(1 + 25 + 16) / 49, 4 * np.sqrt(1 + 4 + 9) / 49],
        [
            5 * np.sqrt(25 + 9 + 4) / 100,
            3 * np.sqrt(25 + 49 + 4) / 100,
            2 * np.sqrt(25 + 9 + 64) / 100,
        ],
    ]
    np.testing.assert_allclose(policy.gradient_norms, norms, rtol=1e-14)


def test_the_scores_of_linear_logits_are_features_less_their_mean():
    features = np.array([[[7, 3], [-7, 0], [14, 11]], [[20, 5], [0, -10], [30, 0]]])
    theta = np.array([0.3, -0.2])
    offsets = np.log([[1, 2, 4], [5, 3, 2]]) - features @ theta  # the probabilities are SEVENTHS
    policy = LinearSoftmax(features, theta, offsets)
    assert (policy.n_states, policy.n_actions) == (2, 3)
    np.testing.assert_allclose(policy.probabilities, SEVENTHS, rtol=1e-14)
    # Means: (7 - 14 + 56)/7 = 7, (3 + 44)/7 = 47/7; (100 + 0 + 60)/10 = 16, (25 - 30)/10 = -1/2.
    wanted = features - np.array([[[7, 47 / 7]], [[16, -1 / 2]]])
    np.testing.assert_allclose(policy.scores, wanted, atol=1e-13)
    np.testing.assert_allclose(policy.score(1, 2), [14, 1 / 2], atol=1e-13)
    weights = np.array([[2, 3, 5], [7, 11, 13]])
    by_loops = sum(weights[s, a] * wanted[s, a] for s, a in np.ndindex(2, 3))
    np.testing.assert_allclose(policy.score_sum(weights), by_loops, atol=1e-12)
    norms = [[SEVENTHS[s, a] * np.hypot(*wanted[s, a]) for a in range(3)] for s in range(2)]
    np.testing.assert_allclose(policy.gradient_norms, norms, rtol=1e-13)


def test_without_offsets_only_the_features_decide():
    features = np.log([[[1], [2], [4]], [[5], [3], [2]]])
    np.testing.assert_allclose(LinearSoftmax(features, [1.0]).probabilities, SEVENTHS, rtol=1e-15)
    squared = SEVENTHS**2 / (SEVENTHS**2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(LinearSoftmax(features, [2.0]).probabilities, squared, rtol=1e-14)


def test_logits_of_two_actions_stand_in_one_parameter_a_state_or_in_the_offsets():
    p = [1 / 5, 3 / 4, 2 / 3]
    own, shared = LinearSoftmax.logits(p), LinearSoftmax.logits(p, shared=True)
    for policy in (own, shared):
        np.testing.assert_allclose(policy.probabilities[:, 1], p, rtol=1e-14)
    np.testing.assert_allclose(own.theta, np.log([1 / 4, 3, 2]), rtol=1e-14)
    assert not own.offsets.any() and shared.theta.tolist() == [0]
    np.testing.assert_allclose(shared.offsets[:, 1], np.log([1 / 4, 3, 2]), rtol=1e-14)
    assert not shared.offsets[:, 0].any()
    # psi(s, a) = a - p[s], in the place of s or in the only one.
    np.testing.assert_allclose(shared.scores[:, :, 0], [[-x, 1 - x] for x in p], atol=1e-15)
    own_scores = [[[(a - p[s]) * (s == i) for i in range(3)] for a in (0, 1)] for s in range(3)]
    np.testing.assert_allclose(own.scores, own_scores, atol=1e-15)
    with pytest.raises(ValueError, match=r"^p\[1\] is 0, not strictly inside \(0, 1\)$"):
        LinearSoftmax.logits([0.5, 0, 2])
    with pytest.raises(ValueError, match=r"^p\[2\] is 1, not strictly inside \(0, 1\)$"):
        LinearSoftmax.logits([0.5, 0.25, 1])
    with pytest.raises(ValueError, match=r"^p\[2\] is 2, not strictly inside \(0, 1\)$"):
        LinearSoftmax.logits([0.5, 0.25, 2])
    with pytest.raises(ValueError, match=r"^p\[0\] is -0.5, not strictly inside \(0, 1\)$"):
        LinearSoftmax.logits([-0.5, 0.25])


def test_an_action_is_the_number_of_entries_of_the_cdf_that_are_at_most_the_uniform():
    class Fixed(np.random.Generator):
        def random(self, shape):
            assert shape == (2, 3)
            return np.array([[0.125, 0.0, 0.99], [0.624, 0.625, 0.124]])

    policy = TablePolicy([[1 / 8, 1 / 2, 3 / 8], [3 / 8, 1 / 4, 3 / 8]])
    states = np.array([[0, 0, 0], [0, 1, 1]])
    actions = policy.sample(states, Fixed(np.random.PCG64(0)))
    assert actions.tolist() == [[1, 0, 2], [1, 2, 0]]


def test_a_cdf_adds_up_along_the_last_axis_and_ends_in_one():
    weights = np.array([[[1, 2, 5], [3, 0, 1]], [[0, 4, 0], [7, 2, 7]]])
    wanted = [[[1 / 8, 3 / 8, 1], [3 / 4, 3 / 4, 1]], [[0, 1, 1], [7 / 16, 9 / 16, 1]]]
    np.testing.assert_array_equal(cumulative(weights), wanted)
    np.testing.assert_array_equal(cumulative(weights[1, 1]), wanted[1][1])


def test_softmax_works_along_the_last_axis_and_cannot_be_written_to():
    logits = np.log([[[1, 2, 5], [3, 4, 1]], [[6, 4, 6], [7, 2, 7]]])
    wanted = np.exp(logits) / np.exp(logits).sum(axis=2)[:, :, None]
    found = softmax(logits)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)
    assert not found.flags.writeable
    for policy in (SOFTMAX, SHARED):
        with pytest.raises(ValueError, match="read-only"):
            policy.probabilities[0, 0] = 1


def test_a_copy_of_logits_cannot_be_written_to_and_leaves_the_given_ones_alone():
    given = np.array([[2.0, -np.inf], [3.0, 5.0]])
    table = logit_table("theta", given, (2, 2))
    given[0, 0] = 7
    assert table[0, 0] == 2 and not table.flags.writeable


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: logit_table("theta", [[1, 2], [-np.inf, -np.inf], [-np.inf, -np.inf]], (3, 2)),
            "theta[1] forbids every action: one logit must be finite",
        ),
        (
            lambda: logit_table("theta", [[1, 2], [-np.inf, np.nan], [np.inf, 0]], (3, 2)),
            "theta[1, 1] is nan, not a finite number or -inf",
        ),
        (
            lambda: TabularSoftmax.from_probabilities([[0.5, 0.5], [1, 0], [0, 1]]),
            "probabilities[1, 1] is 0, but a softmax of finite logits is positive; "
            "a logit of -inf forbids an action, and TablePolicy takes zeros",
        ),
        (
            lambda: check_fits(examples.running(), TablePolicy([[0.5, 0.25, 0.25]])),
            "the policy is for 1 states and 3 actions, the MDP has 2 and 2",
        ),
        (lambda: check_fits(7, SOFTMAX), "mdp is a int, not an MDP"),
        (
            lambda: check_fits(examples.running(), None),
            "policy is a NoneType, without a table of probabilities",
        ),
    ],
)
def test_the_whole_message_names_what_does_not_fit(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == message


def test_something_with_rewards_but_no_start_is_no_mdp():
    class OnlyRewards:
        R = np.zeros((3, 4))

    class OnlyStart:
        rho0 = np.ones(3) / 3

    for thing in (OnlyRewards(), OnlyStart()):
        with pytest.raises(ValueError, match="not an MDP"):
            check_fits(thing, SOFTMAX)


def test_a_differentiable_policy_has_to_say_its_scores():
    class Silent(DifferentiablePolicy):
        probabilities = np.array([[1.0]])

    silent = Silent()
    for ask in (
        lambda: silent.scores,
        lambda: silent.score(0, 0),
        lambda: silent.score_sum([[1]]),
        lambda: silent.gradient_norms,
    ):
        with pytest.raises(NotImplementedError):
            ask()
