import numpy as np
import pytest
from scipy.sparse import csr_array

from utils.exact.resolvent import DenseResolvent, SparseResolvent, resolvent

KERNEL = np.array([[0.5, 0.5, 0.0], [0.0, 0.25, 0.75], [0.0, 0.0, 1.0]])
MATRIX = np.eye(3) - 0.9 * KERNEL
RIGHT = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("kernel", [KERNEL, csr_array(KERNEL)])
def test_both_solutions_come_from_one_factorisation(kernel):
    inverse = resolvent(kernel, 0.9)
    assert isinstance(inverse, DenseResolvent if kernel is KERNEL else SparseResolvent)
    np.testing.assert_allclose(MATRIX @ inverse.solve(RIGHT), RIGHT)
    np.testing.assert_allclose(MATRIX.T @ inverse.solve_transposed(RIGHT), RIGHT)
    several = np.stack([RIGHT, 2 * RIGHT], axis=1)
    np.testing.assert_allclose(MATRIX @ inverse.solve(several), several)


def test_the_kernel_and_the_right_side_are_left_alone():
    kernel, right = KERNEL.copy(), RIGHT.copy()
    DenseResolvent(kernel, 0.9).solve(right)
    np.testing.assert_array_equal(kernel, KERNEL)
    np.testing.assert_array_equal(right, RIGHT)


@pytest.mark.parametrize("kernel", [KERNEL, csr_array(KERNEL)])
def test_several_right_sides_are_solved_for_either_way(kernel):
    inverse, several = resolvent(kernel, 0.7), np.stack([RIGHT, RIGHT**2], axis=1)
    matrix = np.eye(3) - 0.7 * KERNEL
    np.testing.assert_allclose(matrix @ inverse.solve(several), several)
    np.testing.assert_allclose(matrix.T @ inverse.solve_transposed(several), several)


def test_a_chain_that_stays_for_ever_has_no_inverse_without_a_discount():
    with pytest.raises(ArithmeticError, match="singular to working precision"):
        DenseResolvent(np.eye(2), 1.0)
