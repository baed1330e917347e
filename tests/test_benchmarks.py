"""What the measurements compare is the same thing on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import textbook
from benchmarks.sparse_grid import grid
from utils import TabularSoftmax, exact
from utils.model import examples

GRID = grid(5, gamma=0.95)
POLICY = TabularSoftmax(np.random.default_rng(0).normal(size=(25, 4)))


def test_grid_moves_slip_and_stop_at_walls_and_goal():
    P = GRID.to_dense().P
    assert P[0, examples.RIGHT, 1] == pytest.approx(0.8)
    assert P[0, examples.RIGHT, 5] == pytest.approx(0.1)  # slips down
    assert P[0, examples.RIGHT, 0] == pytest.approx(0.1)  # slips up, into the wall
    np.testing.assert_array_equal(P[24, :, 24], 1)
    assert not GRID.R[24].any() and (GRID.R[:24] == -1).all()


def test_sparse_and_dense_give_the_same_exact_quantities():
    dense = GRID.to_dense()
    np.testing.assert_array_equal(GRID.terminal, dense.terminal)
    ours, reference = exact.evaluate(GRID, POLICY), exact.evaluate(dense, POLICY)
    assert ours.objective == pytest.approx(reference.objective, rel=1e-12)
    for name in ("V", "Q", "advantage", "occupancy"):
        np.testing.assert_allclose(getattr(ours, name), getattr(reference, name), atol=1e-11)
    np.testing.assert_allclose(
        exact.policy_gradient(GRID, POLICY), exact.policy_gradient(dense, POLICY), atol=1e-11
    )


def test_the_textbook_estimates_the_gradient_of_the_horizon():
    # 64 coordinates at 6 standard errors: false alarm 64 * 2e-9 by the normal approximation.
    mdp, policy = examples.frozen_lake(), examples.frozen_lake_policy()
    rng = np.random.default_rng(0)
    run = textbook.simulate(mdp, policy.theta, 4000, 30, rng)
    mean, error = textbook.estimate(mdp, policy.theta, *run)
    truth = exact.finite_horizon_policy_gradient(mdp, policy, 30)
    assert (np.abs(mean - truth) <= 6 * error + 1e-15).all()
