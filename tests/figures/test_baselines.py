"""What the pictures of chapter 5 draw is what its text says."""

import numpy as np
import pytest

from utils import exact
from utils.figures import baselines


def test_right_critic_is_unbiased_for_every_lambda_and_lambda_one_for_every_critic():
    true = exact.policy_gradient(*baselines.running_critic(0)[:2])[0]
    assert np.allclose(baselines.gae_means(0), true, rtol=1e-12)
    for error in (-2, 1, 2):
        means = baselines.gae_means(error)
        assert np.isclose(means[-1], true, rtol=1e-12)
        assert abs(means[0] - true) > 0.1


def test_mean_of_a_score_times_Q_minus_b_is_the_same_for_every_b():
    p = baselines.running_p()[0]
    means = [[1 - p, p] @ baselines.sampled_values(b) for b in (-3, 0, 75 / 61, 2)]
    assert np.allclose(means, -72 / 305, rtol=1e-12)


def test_with_two_actions_the_one_step_baseline_leaves_no_variance_in_the_state():
    p, (q0, q1) = baselines.running_p()[0], (99 / 61, 39 / 61)
    first, second = baselines.sampled_values(p * q0 + (1 - p) * q1)
    assert np.isclose(first, second, rtol=1e-12)


def test_bias_of_gae_is_proportional_to_the_error_of_the_critic():
    base, one, two = (baselines.gae_means(error) for error in (0, 1, 2))
    assert np.allclose(two - base, 2 * (one - base), atol=1e-12)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("chance", [0.1, 0.2, 0.4])
def test_standardised_pair_follows_who_wins_more_often(p, chance):
    assert np.isclose(baselines.standardised_update(p, chance)[0], 2 * chance - 1, rtol=1e-12)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_standardised_pair_with_even_chances_has_no_direction(p):
    """A rounding error of -6e-17 must not be reported as downhill."""
    assert baselines.standardised_update(p, 0.5)[0] == 0


@pytest.mark.parametrize(
    "p, chance, words",
    [
        (0.5, 0.5, "no batch shown points downhill"),
        (0.5, 0.2, "batches of N = 2 to 16 point downhill"),
        (0.5, 0.1, "all batches shown point downhill"),
    ],
)
def test_reading_names_the_batches_that_point_downhill(p, chance, words):
    assert baselines.downhill(baselines.standardised_update(p, chance)) == words


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("chance", [0.1, 0.2, 0.3, 0.4, 0.5])
def test_batches_that_point_downhill_are_the_small_ones(p, chance):
    below = baselines.standardised_update(p, chance) < 0
    assert not (below[1:] & ~below[:-1]).any()


def test_standardised_update_agrees_with_simulation():
    """Batches of 5, one million of them: 5 standard errors, false alarm 5.7e-7."""
    p, chance, n = 0.3, 0.4, 5
    rng = np.random.default_rng(1)
    actions = rng.random((1_000_000, n)) < p
    prizes = np.where(rng.random(actions.shape) < chance, 2 / chance, 0.0)
    returns = np.where(actions, prizes, 1.0)
    spread = returns.std(axis=1, keepdims=True)
    tied = spread < 1e-12
    scaled = np.where(tied, 0, (returns - returns.mean(axis=1, keepdims=True)))
    rows = (scaled / np.where(tied, 1, spread) * (actions - p)).mean(axis=1) / (p * (1 - p))
    expected = baselines.standardised_update(p, chance)[n - baselines.BATCHES[0]]
    assert abs(rows.mean() - expected) < 5 * rows.std() / np.sqrt(len(rows))


def test_exact_forms_are_in_the_order_of_their_names():
    forms = dict(zip(baselines.comparison.LONG_FORMS, baselines.exact_forms(0.5), strict=True))
    assert np.isclose(forms["A"], 27976392 / 761521255, rtol=1e-12)
    assert np.isclose(forms["Q"], 3997361912 / 8376733805, rtol=1e-12)
