"""Slopes of losses that are smooth only piece by piece, against differences of real numbers."""

from __future__ import annotations

import numpy as np
import pytest

from utils.learning.assay import (
    STEP,
    NoReference,
    assay,
    detach,
    later,
    mean_update,
)
from utils.learning.complex_step import no_slope_is_lost, stepped
from utils.learning.rule_table import reference
from utils.learning.token_world import thinking

X = np.array([[0.3, -1.2, 0.8], [2.5, 0.1, -0.7]])
D = np.array([[1.0, -2.0, 0.5], [0.3, 1.5, -1.0]])  # the direction
FUNCTIONS = {
    "abs": lambda x: np.abs(x).sum(),
    "built-in abs": lambda x: sum(abs(y) for y in x.ravel()),
    "minimum": lambda x: np.minimum(x, 0.2).sum(),
    "maximum": lambda x: np.maximum(0.0, x).prod(),
    "clip": lambda x: (np.clip(x, -0.5, 0.5) * x).sum(),
    "clip by name": lambda x: (np.clip(x, a_min=-0.5, a_max=None) * x).sum(),
    "clip as a method": lambda x: (x.clip(-0.5, 0.5) ** 2).sum(),
    "std": lambda x: np.std(x),
    "std as a method": lambda x: (x.std(axis=1, ddof=1) * x[:, 0]).sum(),
    "var": lambda x: np.var(x, axis=0).prod(),
    "where": lambda x: np.where(x > 0, x**2, np.exp(x)).sum(),
    "absolute value of a mean": lambda x: abs(x.mean() - 3),
    "largest": lambda x: x.max() * x.min(),
    "median": lambda x: np.median(x, axis=1).sum(),
    "sign": lambda x: (np.sign(x) * x**3).mean(),
    "real inner product": lambda x: (np.conj(x) * x).sum(),
    "in place": lambda x: _doubled(x).sum(),
    "cumulated": lambda x: np.cumsum(x, axis=1).std(),
    "product of matrices": lambda x: np.abs(x @ x.T).sum(),
    "joined": lambda x: np.abs(np.concatenate([x, 2 * x])).sum(),
    "held": lambda x: (detach(np.abs(x)) * x).sum(),
}


def _doubled(x):
    x = x * 1.0
    x *= x
    return x


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_slope_is_that_of_real_numbers(name):
    f, h = FUNCTIONS[name], 1e-6
    with no_slope_is_lost():
        found = np.imag(f(stepped(X + 1j * STEP * D))) / STEP
    if name == "held":
        expected = (np.abs(X) * D).sum()
    else:
        expected = (f(X + h * D) - f(X - h * D)) / (2 * h)
    assert found == pytest.approx(expected, rel=1e-8)


def test_without_the_class_an_absolute_value_has_no_slope():
    assert np.imag(np.abs(X + 1j * STEP * D)).sum() == 0


def test_a_clipped_number_keeps_its_slope_at_the_limit_and_a_tie_takes_the_first():
    x = stepped(np.array([0.5 + 1j, 1.0 + 1j, 1.5 + 1j]))
    assert np.imag(np.clip(x, 0.5, 1.0)).tolist() == [1, 1, 0]
    assert np.imag(np.minimum(x, 2 * x - x.real)).tolist() == [1, 1, 1]
    assert np.imag(np.minimum(2 * x - x.real, x)).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    "loss, message",
    [
        (lambda b: _filled(b).sum(), "an array of zeros"),
        (lambda b: _summed(b).sum(), "an array of zeros"),
        (lambda b: _root(b.log_pi.sum()), "no finite slope"),
    ],
)
def test_a_slope_that_would_be_lost_is_an_error(loss, message):
    with pytest.raises(ValueError, match=message):
        mean_update(loss, thinking(1))


def _root(x):
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)  # of a negative number


def _filled(batch):
    out = np.zeros(batch.mask.shape)
    out[:, 0] = batch.log_pi[:, 0]
    return out


def _summed(batch):
    out = np.zeros(batch.mask.shape)
    out += batch.log_pi
    return out


def test_a_function_that_would_drop_the_slope_is_refused():
    with pytest.raises(TypeError, match="norm would drop the slope"):
        mean_update(lambda b: np.linalg.norm(b.log_pi), thinking(1))


def distance_of_laws(batch):
    """Half the L1 distance of policy and reference at each place: neither analytic nor clipped."""
    gap = np.exp(batch.log_pi_all) - np.exp(batch.log_ref_all)
    return (batch.mask * np.abs(gap).sum(axis=2) / 2).sum(axis=1).mean()


def test_a_loss_with_an_absolute_value_has_the_slope_of_its_value():
    world = thinking(1, reference=reference())
    e, h = world.episodes, 1e-6
    law = np.exp(world.log_probabilities(world.theta))
    at = (e.states[:, :-1], e.actions)
    chance = np.where(e.mask > 0, law[at], 1).prod(axis=1) / 2

    def value(theta):
        gap = np.abs(np.exp(world.log_probabilities(theta)) - reference()).sum(axis=1) / 2
        return chance @ (e.mask * gap[e.states[:, :-1]]).sum(axis=1)

    numeric = [-(value(world.theta + d) - value(world.theta - d)) / (2 * h) for d in h * np.eye(2)]
    np.testing.assert_allclose(mean_update(distance_of_laws, world), numeric, rtol=1e-7)
    np.testing.assert_allclose(assay(distance_of_laws, world).mean, numeric, rtol=1e-7)


def test_a_batch_hands_out_the_laws_of_all_tokens_and_the_prompts():
    world = later(thinking(2, groups=2, reference=reference()), [0.0, 0.8])
    seen = []

    def rule(batch):
        seen.append(batch)
        return 0.0 * batch.log_pi.sum()

    mean_update(rule, world)
    for batch in seen[:3]:
        for name in ("log_pi", "log_old", "log_ref"):
            taken = np.take_along_axis(
                getattr(batch, f"{name}_all"), batch.tokens[:, :, None], axis=2
            )
            np.testing.assert_array_equal(getattr(batch, name), taken[:, :, 0])
        assert batch.prompts.reshape(-1, batch.group).std(axis=1).tolist() == [0, 0]
        gap = np.real(batch.log_pi_all - batch.log_old_all)[batch.mask > 0]
        odds = gap[:, 1] - gap[:, 2]  # "✓." against "✗."
        np.testing.assert_allclose(odds, 0.8)


def test_a_reference_that_is_not_there_is_missed():
    with pytest.raises(NoReference, match="reference"):
        mean_update(lambda batch: batch.log_ref.sum(), thinking(1))
