from __future__ import annotations

import numpy as np
import pytest

from utils import exact
from utils.figures import algorithms, stored_runs
from utils.model import examples


@pytest.mark.parametrize("drawn_at", [-1.5, 0.0, 2.0])
@pytest.mark.parametrize("baseline", [0.0, 1.3])
def test_the_mean_loss_has_the_slope_of_minus_the_objective_where_the_data_were_drawn(
    drawn_at, baseline
):
    h = 1e-5
    low, high = algorithms.mean_loss(drawn_at, [drawn_at - h, drawn_at + h], baseline)
    slope = -exact.policy_gradient(examples.running(), algorithms.shifted(drawn_at))[0]
    assert (high - low) / (2 * h) == pytest.approx(slope, abs=1e-8)


def test_a_baseline_shifts_the_mean_loss_by_the_discounted_entropy():
    policy = algorithms.shifted(0.7)
    found = exact.evaluate(examples.running(), policy)
    entropy = -(policy.probabilities * np.log(policy.probabilities)).sum(axis=1)
    shift = found.occupancy @ entropy / (1 - 0.5)
    without, with_it = (algorithms.mean_loss(0.7, 0.7, b)[0] for b in (0.0, 2.0))
    assert with_it == pytest.approx(without - 2 * shift, rel=1e-12)


def test_on_the_ice_the_actor_critic_ends_nearest_to_the_best():
    ends = stored_runs.lake_runs()[:, :, -1].mean(axis=1)
    assert ends.argmax() == 2 and ends[2] > 0.15


def test_with_the_pole_the_baseline_ends_above_reinforce_and_the_actor_critic():
    ends = stored_runs.pole_runs()[-10:].mean(axis=(0, 2))
    assert ends[1] > ends[0] and ends[1] > ends[2]
