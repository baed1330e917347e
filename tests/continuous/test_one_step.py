import math

import numpy as np
import pytest

from utils.continuous.one_step import reparameterised_gradient, score_gradient
from utils.continuous.policies import Beta, Gaussian, SquashedGaussian

N = 100_000


def rng():
    return np.random.default_rng(1)


def agrees(estimate, exact):
    """Within 5 standard errors in each of two coordinates: false alarm below 2 * 5.7e-7."""
    return (np.abs(estimate.mean - exact) <= 5 * estimate.standard_error).all()


def test_both_forms_find_the_gradient_of_a_quadratic():
    # E (a - 2)^2 = (mu - 2)^2 + sigma^2: derivatives 2 (mu - 2) and 2 sigma^2 in log sigma.
    policy = Gaussian([0.5, math.log(0.8)])
    exact = [-3.0, 2 * 0.64]
    score = score_gradient(policy, lambda a: (a - 2) ** 2, N, rng())
    path = reparameterised_gradient(policy, lambda a: 2 * (a - 2), N, rng())
    assert agrees(score, exact) and agrees(path, exact)
    assert (path.standard_error < score.standard_error).all()


def test_a_step_is_seen_by_the_score_and_missed_by_the_path():
    # P(a > 0) = Phi(mu / sigma): derivatives phi(z) / sigma and -z phi(z), z = mu / sigma.
    policy = Gaussian([0.5, math.log(0.8)])
    z = 0.5 / 0.8
    phi = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    assert agrees(score_gradient(policy, lambda a: a > 0, N, rng()), [phi / 0.8, -z * phi])
    path = reparameterised_gradient(policy, np.zeros_like, N, rng())
    assert not path.mean.any()


def test_a_baseline_moves_the_error_and_not_the_mean():
    policy = Beta([2.0, 5.0])
    exact = np.array([5 / 49, -2 / 49])  # of E a = alpha / (alpha + beta)
    plain = score_gradient(policy, lambda a: a + 10, N, rng())
    centred = score_gradient(policy, lambda a: a + 10, N, rng(), baseline=10 + 2 / 7)
    assert agrees(plain, exact) and agrees(centred, exact)
    assert (centred.standard_error < plain.standard_error / 10).all()


def test_both_forms_agree_on_a_squashed_action():
    policy = SquashedGaussian([0.4, math.log(0.6)])
    score = score_gradient(policy, lambda a: a**3, N, rng())
    path = reparameterised_gradient(policy, lambda a: 3 * a**2, N, np.random.default_rng(2))
    error = np.hypot(score.standard_error, path.standard_error)
    assert (np.abs(score.mean - path.mean) < 5 * error).all()


def test_a_policy_without_reparameterisation_is_refused():
    with pytest.raises(ValueError, match="Beta has no reparameterisation"):
        reparameterised_gradient(Beta([1, 1]), np.ones_like, 10, rng())


def test_each_form_is_the_mean_of_its_samples():
    policy = Gaussian([0.5, math.log(0.8)])
    noise = rng().standard_normal(2)
    a, z = 0.5 + 0.8 * noise, noise
    psi = np.stack([z / 0.8, z**2 - 1], axis=1)
    plain = score_gradient(policy, lambda a: a**3, 2, rng())
    centred = score_gradient(policy, lambda a: a**3, 2, rng(), baseline=-1.75)
    path = reparameterised_gradient(policy, lambda a: 3 * a**2, 2, rng())
    for found, rows in (
        (plain, psi * (a**3)[:, None]),
        (centred, psi * (a**3 + 1.75)[:, None]),
        (path, np.stack([np.ones(2), 0.8 * noise], axis=1) * (3 * a**2)[:, None]),
    ):
        np.testing.assert_allclose(found.mean, rows.sum(axis=0) / 2, rtol=1e-13)
        # of two samples x and y the standard error of the mean is |x - y| / 2
        np.testing.assert_allclose(found.standard_error, np.abs(rows[0] - rows[1]) / 2, rtol=1e-12)
        assert found.n == 2


def test_one_sample_has_no_error_and_is_refused():
    for form in (score_gradient, reparameterised_gradient):
        with pytest.raises(ValueError, match="n is 1"):
            form(Gaussian([0, 0]), np.ones_like, 1, rng())
