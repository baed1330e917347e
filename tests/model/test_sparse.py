import numpy as np
import pytest
from scipy.sparse import csr_array

from utils import TabularSoftmax, exact, policy_gradient, simulate
from utils.model import examples
from utils.model.sparse import SparseMDP

GRID = examples.grid(5, gamma=0.95)
POLICY = TabularSoftmax(np.random.default_rng(0).normal(size=(25, 4)))


def test_grid_moves_slip_and_stop_at_walls_and_goal():
    P = GRID.to_dense().P
    assert P[0, examples.RIGHT, 1] == pytest.approx(0.8)
    assert P[0, examples.RIGHT, 5] == pytest.approx(0.1)  # slips down
    assert P[0, examples.RIGHT, 0] == pytest.approx(0.1)  # slips up, into the wall
    np.testing.assert_array_equal(P[24, :, 24], 1)
    assert not GRID.R[24].any() and GRID.R_max == 1


def test_sparse_and_dense_give_the_same_exact_quantities():
    dense = GRID.to_dense()
    ours, reference = exact.evaluate(GRID, POLICY), exact.evaluate(dense, POLICY)
    assert ours.objective == pytest.approx(reference.objective, rel=1e-12)
    for name in ("V", "Q", "advantage", "occupancy"):
        np.testing.assert_allclose(getattr(ours, name), getattr(reference, name), atol=1e-11)
    np.testing.assert_allclose(
        exact.policy_gradient(GRID, POLICY), exact.policy_gradient(dense, POLICY), atol=1e-11
    )
    np.testing.assert_allclose(
        exact.finite_horizon_policy_gradient(GRID, POLICY, 7),
        exact.finite_horizon_policy_gradient(dense, POLICY, 7),
        atol=1e-12,
    )


def test_sparse_and_dense_take_the_same_paths_from_the_same_seed():
    sparse, dense = (
        simulate(mdp, POLICY, n=200, horizon=30, rng=np.random.default_rng(3))
        for mdp in (GRID, GRID.to_dense())
    )
    np.testing.assert_array_equal(sparse.path, dense.path)
    np.testing.assert_array_equal(sparse.actions, dense.actions)


def test_estimates_on_a_sparse_mdp_agree_with_the_exact_gradient():
    # 100 coordinates at 5 standard errors: false alarm below 100 * 5.7e-7.
    rollouts = simulate(GRID, POLICY, n=20_000, horizon=60, rng=np.random.default_rng(1))
    estimate = policy_gradient(rollouts, POLICY, mdp=GRID, weights="reward-to-go")
    error = np.abs(estimate.mean - exact.finite_horizon_policy_gradient(GRID, POLICY, 60))
    assert (error <= 5 * estimate.standard_error).all()


def tables():
    P = np.full((4, 2), 0.5)
    return P, np.zeros((2, 2)), np.array([1.0, 0.0])


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        ((3, 0), 0.48, r"P\[1, 1\] sums to 0.98, not 1"),
        ((2, 1), -0.5, r"P\[1, 0, 1\] is -0.5, not a probability"),
        ((0, 0), np.nan, r"P\[0, 0, 0\] is nan, not a probability"),
    ],
)
def test_a_wrong_entry_is_named(entry, value, message):
    P, R, rho0 = tables()
    P[entry] = value
    with pytest.raises(ValueError, match=message):
        SparseMDP(csr_array(P), R, 0.5, rho0)


def test_a_wrong_shape_is_named():
    P, R, rho0 = tables()
    with pytest.raises(ValueError, match=r"P has shape \[3, 2\], not \[4, 2\]"):
        SparseMDP(csr_array(P[:3]), R, 0.5, rho0)


def test_zero_entries_are_dropped():
    P, R, rho0 = tables()
    P[0] = [0, 1]
    stored = csr_array((P.ravel(), np.tile([0, 1], 4), np.arange(0, 9, 2)), shape=(4, 2))
    assert stored.nnz == 8
    assert SparseMDP(stored, R, 0.5, rho0).P.nnz == 7
