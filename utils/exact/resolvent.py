"""One factorisation of I - gamma P_pi, used for values and for occupancies alike."""

from __future__ import annotations

import numpy as np


class DenseResolvent:
    """Solves with I - gamma K and with its transpose from a single LU factorisation.

    The factorisation costs (2/3) S^3 operations, each solution only 2 S^2.
    """

    def __init__(self, kernel: np.ndarray, gamma: float):
        from scipy.linalg import lapack  # deferred: it makes `import utils` slower

        matrix = kernel * -gamma
        matrix.ravel()[:: len(matrix) + 1] += 1  # the diagonal
        # The transpose of a C array is the Fortran array LAPACK wants: no copy is made.
        self.factors, self.pivots, singular = lapack.dgetrf(matrix.T, overwrite_a=1)
        if singular:
            raise ArithmeticError("I - gamma P_pi is singular to working precision")
        self._solve = lapack.dgetrs

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(I - gamma K)^{-1} right, [S] or [S, k]."""
        return self._solve(self.factors, self.pivots, right, trans=1)[0]

    def solve_transposed(self, right: np.ndarray) -> np.ndarray:
        """(I - gamma K^T)^{-1} right, [S] or [S, k]."""
        return self._solve(self.factors, self.pivots, right, trans=0)[0]


class SparseResolvent:
    """The same for a SciPy sparse kernel; the work follows the fill-in, not S^3."""

    def __init__(self, kernel, gamma: float):
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        matrix = eye_array(kernel.shape[0], format="csc") - gamma * kernel.tocsc()
        # Diagonal pivots are safe (the matrix is diagonally dominant by rows) and keep the
        # fill-reducing order, which is chosen for the pattern of a grid.
        self.lu = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(I - gamma K)^{-1} right, [S] or [S, k]."""
        return self.lu.solve(right)

    def solve_transposed(self, right: np.ndarray) -> np.ndarray:
        """(I - gamma K^T)^{-1} right, [S] or [S, k]."""
        return self.lu.solve(right, trans="T")


def resolvent(kernel, gamma: float) -> DenseResolvent | SparseResolvent:
    """The resolvent that suits the kernel: dense for an array, sparse for anything else."""
    return (DenseResolvent if isinstance(kernel, np.ndarray) else SparseResolvent)(kernel, gamma)
