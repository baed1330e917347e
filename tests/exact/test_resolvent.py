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
