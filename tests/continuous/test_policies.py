import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from utils.continuous.policies import Beta, Gaussian, Laplace, SquashedGaussian, hazard_rate

SIGMA = math.log(0.7)
POLICIES = [
    (Gaussian([0.3, SIGMA]), (-np.inf, 0.3, np.inf)),
    (Laplace([0.3, SIGMA]), (-np.inf, 0.3, np.inf)),
    (SquashedGaussian([0.3, SIGMA]), (-1, math.tanh(0.3), 1)),
    (Beta([2.5, 3.5]), (0, 0.4, 1)),
]
cases = pytest.mark.parametrize(("policy", "points"), POLICIES)


def integral(policy, points, function):
    """The integral of the density times ``function``, split where the density has its kink."""

    def integrand(a):
        return math.exp(policy.log_density(a)) * function(a)

    return sum(
        quad(integrand, low, high, epsabs=1e-12, epsrel=1e-11)[0]
        for low, high in zip(points[:-1], points[1:], strict=True)
    )


@cases
def test_density_has_mass_one(policy, points):
    assert integral(policy, points, lambda a: 1) == pytest.approx(1, abs=1e-9)


@cases
def test_score_is_the_derivative_of_the_log_density(policy, points):
    actions = np.array([0.05, 0.2, 0.45, 0.7])
    step = 1e-6
    for i in range(2):
        shift = step * np.eye(2)[i]
        up = type(policy)(policy.theta + shift).log_density(actions)
        down = type(policy)(policy.theta - shift).log_density(actions)
        np.testing.assert_allclose(policy.score(actions)[:, i], (up - down) / (2 * step), atol=1e-8)


@cases
@pytest.mark.parametrize("power", range(4))
def test_mean_of_power_times_score_is_the_derivative_of_the_mean_of_the_power(
    policy, points, power
):
    # Power 0 is "score has mean zero".
    step = 1e-4
    for i in range(2):
        found = integral(policy, points, lambda a, i=i: a**power * policy.score(a)[i])
        shift = step * np.eye(2)[i]
        up, down = (
            integral(type(policy)(policy.theta + sign * shift), points, lambda a: a**power)
            for sign in (1, -1)
        )
        assert found == pytest.approx((up - down) / (2 * step), abs=2e-7)


@cases
def test_samples_have_the_moments_of_the_density(policy, points):
    # 5 standard errors: false alarm below 2 * 5.7e-7 a policy.
    actions = policy.sample(100_000, np.random.default_rng(0))
    for power in (1, 2):
        values = actions**power
        error = values.std() / math.sqrt(len(values))
        exact = integral(policy, points, lambda a, power=power: a**power)
        assert abs(values.mean() - exact) < 5 * error


def test_gaussian_fisher_information_is_diagonal():
    policy, points = POLICIES[0]
    fisher = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        fisher[i, j] = integral(
            policy, points, lambda a, i=i, j=j: policy.score(a)[i] * policy.score(a)[j]
        )
    np.testing.assert_allclose(fisher, [[1 / 0.49, 0], [0, 2]], atol=1e-9)


def test_log_density_can_be_above_zero():
    assert Gaussian([0, math.log(0.1)]).log_density(0.0) > 0


@pytest.mark.parametrize("policy", [p for p, _ in POLICIES[:3]])
def test_reparameterised_slope_is_the_derivative_of_the_action(policy):
    noise = np.array([-1.3, 0.2, 0.9])
    _, slopes = policy.reparameterise(noise)
    for i in range(2):
        shift = 1e-6 * np.eye(2)[i]
        up, down = (
            type(policy)(policy.theta + sign * shift).reparameterise(noise)[0] for sign in (1, -1)
        )
        np.testing.assert_allclose(slopes[:, i], (up - down) / 2e-6, atol=1e-9)


def test_score_of_a_clipped_action_does_not_have_mean_zero():
    # mu = sigma = 1, clipped to [-1, 1], scored by the unclipped density: -0.39.
    policy = Gaussian([1.0, 0.0])

    def clipped_score(a):
        return policy.score(np.clip(a, -1, 1))[0]

    assert integral(policy, (-np.inf, -1, 1, np.inf), clipped_score) == pytest.approx(
        -0.39, abs=0.005
    )


def test_wrong_parameters_are_named():
    with pytest.raises(ValueError, match=r"theta has shape \[3\], not \[2\]"):
        Gaussian([0, 0, 0])
    with pytest.raises(ValueError, match=r"theta\[1\] is nan"):
        Laplace([0, math.nan])
    with pytest.raises(ValueError, match="beta is -1, not positive"):
        Beta([1, -1])
    with pytest.raises(ValueError, match="n is 0"):
        Beta([1, 1]).sample(0, np.random.default_rng(0))


@pytest.mark.parametrize(
    "policy",
    [
        SquashedGaussian([10.0, 1.5]),
        SquashedGaussian([-10.0, 1.5]),
        SquashedGaussian([0.0, 2.0]),
        SquashedGaussian([15.0, 0.0]),
        Beta([0.05, 0.05]),
        Beta([0.001, 3.0]),
        Beta([2.0, 0.01]),
    ],
)
def test_scores_of_the_samples_are_finite_and_have_mean_zero(policy):
    # Some of these samples are rounded to an end. 2 coordinates at 5 standard errors: false alarm
    # 2 * 5.7e-7 for each policy.
    actions = policy.sample(200_000, np.random.default_rng(0))
    scores = policy.score(actions)
    assert np.isfinite(scores).all() and np.isfinite(policy.log_density(actions)).all()
    error = scores.std(axis=0) / math.sqrt(len(scores))
    assert (np.abs(scores.mean(axis=0)) <= 5 * error).all()


def test_score_at_the_end_is_the_mean_score_of_all_that_is_set_to_it():
    edge = math.atanh(1 - 2**-40)
    policy = SquashedGaussian([10.0, 1.5])
    inner = Gaussian([10.0, 1.5])

    def over(function):
        return quad(lambda u: math.exp(inner.log_density(u)) * function(u), edge, 60)[0]

    for i in range(2):
        mean = over(lambda u, i=i: inner.score(u)[i]) / over(lambda u: 1)
        assert policy.score(1 - 2**-40)[i] == pytest.approx(mean, rel=1e-9)
        mirrored = SquashedGaussian([-10.0, 1.5]).score(2**-40 - 1)[i]
        assert mirrored == pytest.approx((-1, 1)[i] * mean, rel=1e-9)


@pytest.mark.parametrize("z", [-30.0, -2.0, 0.0, 3.0, 40.0])
def test_hazard_rate_is_density_over_tail(z):
    assert hazard_rate(z) == pytest.approx(norm.pdf(z) / norm.sf(z) if z < 30 else z, rel=1e-3)


def test_actions_outside_the_support_are_named():
    for policy, action in (
        (SquashedGaussian([0, 0]), 1.0),
        (SquashedGaussian([0, 0]), np.nan),
        (Beta([1, 1]), 0.0),
        (Beta([1, 1]), 1.5),
        (Gaussian([0, 0]), np.inf),
    ):
        for function in (policy.score, policy.log_density):
            with pytest.raises(ValueError, match=r"actions\[1\] is .*, not strictly between"):
                function([0.5, action])


def test_a_scale_that_overflows_and_a_missing_generator_are_named():
    with pytest.raises(ValueError, match=r"theta\[1\] is 800, the logarithm of the scale"):
        Gaussian([0, 800])
    with pytest.raises(ValueError, match="rng is None, not a numpy.random.Generator"):
        Laplace([0, 0]).noise(3, None)


def test_one_action_may_come_without_an_axis():
    actions, slopes = Gaussian([0.3, math.log(0.7)]).reparameterise(np.float64(-1.5))
    assert actions == pytest.approx(0.3 - 0.7 * 1.5)
    assert slopes == pytest.approx([1, -0.7 * 1.5])
    actions, slopes = SquashedGaussian([0.3, math.log(0.7)]).reparameterise(np.float64(-1.5))
    assert actions == pytest.approx(math.tanh(-0.75))
    assert slopes == pytest.approx(np.array([1, -1.05]) / math.cosh(0.75) ** 2)


@pytest.mark.parametrize(
    "policy, low, high", [(SquashedGaussian([0, 0]), -1, 1), (Beta([1, 1]), 0, 1)]
)
def test_an_action_beyond_an_end_is_named_with_both_ends(policy, low, high):
    for wrong in (low - 0.5, low, high, high + 0.5):
        for function in (policy.score, policy.log_density):
            message = rf"actions\[0, 1\] is {float(wrong)}, not strictly between {low} and {high}"
            with pytest.raises(ValueError, match=message):
                function([[0.5, wrong]])


def test_log_densities_by_hand():
    # z = (1.7 - 0.3)/0.7 = 2
    for policy, expected in (
        (Gaussian([0.3, SIGMA]), -2 - math.log(0.7 * math.sqrt(2 * math.pi))),
        (Laplace([0.3, SIGMA]), -2 - math.log(2 * 0.7)),
    ):
        assert policy.log_density(1.7) == pytest.approx(expected, rel=1e-14)
    # B(2, 3) = 1/12, so the density at 1/4 is 12 * 1/4 * 9/16
    assert Beta([2, 3]).log_density(0.25) == pytest.approx(math.log(27 / 16), rel=1e-14)
    squashed = SquashedGaussian([0.3, SIGMA]).log_density(math.tanh(1.7))
    slope = 1 - math.tanh(1.7) ** 2
    assert squashed == pytest.approx(-2 - math.log(0.7 * math.sqrt(2 * math.pi) * slope), rel=1e-13)


def test_samples_stay_a_step_away_from_the_ends():
    rng = np.random.default_rng(0)
    squashed = SquashedGaussian([0.0, 4.0]).sample(500, rng)
    assert squashed.max() == 1 - 2**-40 == -squashed.min()
    near = Beta([0.002, 0.002]).sample(500, rng)
    assert near.max() == 1 - 2**-40 and near.min() == 2.0**-1022


def test_scores_of_a_beta_policy_at_its_ends_are_means_beyond_them():
    # With alpha = beta = 1 the digamma differences are psi(1) - psi(2) = -1, and the density is
    # constant: E[log x | x < e] = log e - 1.
    policy = Beta([1.0, 1.0])
    up, low = 40 * math.log(2), 1022 * math.log(2)
    at_one = [math.log(1 - 2**-40) + 1, -up - 1 + 1]
    np.testing.assert_allclose(policy.score(1 - 2**-40), at_one, rtol=1e-13)
    np.testing.assert_allclose(policy.score(2.0**-1022), [-low - 1 + 1, 1], rtol=1e-13)
    inside = 1 - 2**-39
    np.testing.assert_allclose(
        policy.score(inside), [math.log(inside) + 1, -39 * math.log(2) + 1], rtol=1e-13
    )


def test_the_largest_scale_is_e_to_the_300():
    for log_scale in (300.0, -300.0):
        assert Gaussian([0, log_scale]).scale == pytest.approx(math.exp(log_scale))
    message = r"theta\[1\] is -300.5, .* it should be from -300 to 300"
    with pytest.raises(ValueError, match=message):
        Laplace([0, -300.5])
    with pytest.raises(ValueError, match="alpha is 0, not positive"):
        Beta([0, 2])


def test_the_score_of_a_laplace_policy_is_0_at_its_kink():
    assert Laplace([0.3, SIGMA]).score(0.3).tolist() == [0, -1]
