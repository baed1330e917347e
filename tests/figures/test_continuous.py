"""The laws behind the pictures of chapter 6 agree with quadrature and with simulation."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, norm

from utils.continuous.policies import SquashedGaussian
from utils.figures import continuous


def normal_integral(function, points=()):
    """The integral of function(z) against the standard normal density over [-9, 9]."""
    edges = [-9, *points, 9]
    return sum(
        quad(lambda z: function(z) * norm.pdf(z), low, high, epsabs=1e-12, limit=400)[0]
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    )


@pytest.mark.parametrize("mu, sigma, limits", [(1, 1, (-1, 1)), (0, 1, (0, 50)), (0.3, 2, (-1, 2))])
def test_mean_score_at_the_clipped_action_is_its_integral(mu, sigma, limits):
    def clipped(z):
        return (np.clip(mu + sigma * z, *limits) - mu) / sigma**2

    kinks = [(limit - mu) / sigma for limit in limits if abs((limit - mu) / sigma) < 9]
    found = continuous.clipped_score_mean(mu, sigma, *limits)
    assert found == pytest.approx(normal_integral(clipped, kinks), abs=1e-10)


def test_mean_score_at_the_clipped_action_has_the_values_in_the_text():
    assert continuous.clipped_score_mean(1, 1, -1, 1) == pytest.approx(-0.3904516, abs=1e-6)
    assert continuous.clipped_score_mean(0, 1, 0, 60) == pytest.approx(1 / math.sqrt(2 * math.pi))


@pytest.mark.parametrize("k, mu, sigma", [(1, 0.5, 0.25), (4, 0.5, 1.0), (3, -0.7, 0.5)])
def test_wave_law_is_the_law_of_both_samples(k, mu, sigma):
    slope, score, path = continuous.wave_law(k, mu, sigma)
    score_sample = lambda z: z / sigma * math.cos(k * (mu + sigma * z))  # noqa: E731
    path_sample = lambda z: -k * math.sin(k * (mu + sigma * z))  # noqa: E731
    assert normal_integral(score_sample) == pytest.approx(slope, abs=1e-9)
    assert normal_integral(path_sample) == pytest.approx(slope, abs=1e-9)
    assert normal_integral(lambda z: score_sample(z) ** 2) == pytest.approx(score, abs=1e-8)
    assert normal_integral(lambda z: path_sample(z) ** 2) == pytest.approx(path, abs=1e-8)


@pytest.mark.parametrize("width", [0.1, 0.3, 1.0])
def test_ramp_law_is_the_law_of_both_samples(width):
    mu, sigma = 0.5, 1.0
    slope, score, path = continuous.ramp_law(width, mu, sigma)
    near = [(offset * width - mu) / sigma for offset in (-5, 0, 5)]
    at = lambda z: (mu + sigma * z) / width  # noqa: E731
    assert normal_integral(lambda z: norm.pdf(at(z)) / width, near) == pytest.approx(slope)
    assert normal_integral(lambda z: z * norm.cdf(at(z)), near) == pytest.approx(slope)
    assert normal_integral(lambda z: (z * norm.cdf(at(z))) ** 2, near) == pytest.approx(score)
    assert normal_integral(lambda z: (norm.pdf(at(z)) / width) ** 2, near) == pytest.approx(path)


def test_at_width_0_the_path_has_no_noise_and_the_score_has_the_law_of_the_step():
    slope, score, path = continuous.ramp_law(0, 0.5, 1.0)
    assert path == 0 and slope == pytest.approx(norm.pdf(0.5))
    assert score == pytest.approx(norm.cdf(0.5) - 0.5 * norm.pdf(0.5), abs=1e-3)


@pytest.mark.parametrize("shape", [2.5, 3, 4])
def test_variance_of_a_location_sample_between_soft_edges_is_its_integral(shape):
    def moment(n):
        def integrand(x):
            sample = x * continuous.edge_score(x, shape)
            return sample**n * beta.pdf(x, shape, shape)

        return quad(integrand, 0, 0.5)[0] + quad(integrand, 0.5, 1)[0]

    assert moment(1) == pytest.approx(1, abs=1e-6)
    assert moment(2) - moment(1) ** 2 == pytest.approx(
        continuous.location_variance(shape), rel=1e-3
    )


@pytest.mark.parametrize("mu, sigma", [(0, 0.05), (1, 0.4), (0.5, 1.5)])
def test_share_of_log_densities_above_zero_is_that_of_samples(mu, sigma):
    policy = SquashedGaussian([mu, math.log(sigma)])
    levels = policy.log_density(policy.sample(40_000, np.random.default_rng(0)))
    share = continuous.share_above_zero(policy)
    error = math.sqrt(max(share * (1 - share), 1e-4) / len(levels))
    assert abs((levels > 0).mean() - share) < 5 * error + 1e-4  # the slices are 5e-5 wide
