"""Linear algebra over any field: arrays of Python objects, exact solves, determinants."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy.polys.fields import FracElement
from sympy.polys.matrices import DomainMatrix


def object_array(nested: Any) -> np.ndarray:
    """A NumPy array of Python objects from nested lists, without NumPy guessing a shape."""
    shape, level = [], nested
    while isinstance(level, list | tuple):
        shape.append(len(level))
        level = level[0]
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        level = nested
        for i in index:
            level = level[i]
        out[index] = level
    return out


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve matrix @ x = right exactly, for field elements; shapes [S,S] and [S]."""
    rows, columns = matrix.shape
    if rows != columns or right.shape != (rows,):
        raise ValueError(
            f"matrix has shape {matrix.shape} and right {right.shape}; "
            f"they should be ({rows}, {rows}) and ({rows},)"
        )
    domain = next(x.field.to_domain() for x in matrix.flat if isinstance(x, FracElement))
    convert = domain.field
    left = DomainMatrix([[convert(x) for x in row] for row in matrix], matrix.shape, domain)
    column = DomainMatrix([[convert(x)] for x in right], (rows, 1), domain)
    return object_array([row[0] for row in left.lu_solve(column).to_list()])


def determinant(matrix: np.ndarray) -> Any:
    """det of a square array, without division: expansion along the first row."""
    if matrix.shape == (1, 1):
        return matrix[0, 0]
    minors = (np.delete(matrix[1:], j, axis=1) for j in range(len(matrix)))
    terms = (x * determinant(minor) for x, minor in zip(matrix[0], minors, strict=True))
    return sum(-term if j % 2 else term for j, term in enumerate(terms))


def adjugate(matrix: np.ndarray) -> np.ndarray:
    """The matrix adj with matrix @ adj = adj @ matrix = det I, without division."""
    adj = np.empty(matrix.shape, dtype=object)
    for i, j in np.ndindex(matrix.shape):
        minor = np.delete(np.delete(matrix, j, axis=0), i, axis=1)
        adj[i, j] = (-1) ** (i + j) * determinant(minor) if minor.size else matrix[0, 0] ** 0
    return adj
