"""Linear algebra over any field: arrays of Python objects, exact solves, determinants."""

from __future__ import annotations

from fractions import Fraction
from numbers import Integral
from typing import Any

import numpy as np


def object_array(nested: Any) -> np.ndarray:
    """A NumPy array of Python objects from nested lists; it may hold fractions or polynomials."""
    return np.array(nested, dtype=object)


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution x of matrix @ x = right, shapes [S, S] and [S] or [S, k].

    Without rounding for arrays of objects: fractions, dual numbers, elements of a field of rational
    functions. ZeroDivisionError if their determinant is 0.
    """
    rows, columns = matrix.shape
    if rows != columns or right.ndim not in (1, 2) or len(right) != rows:
        raise ValueError(
            f"matrix has shape {matrix.shape} and right {right.shape}; "
            f"they should be ({rows}, {rows}) and ({rows},)"
        )
    if matrix.dtype != object and right.dtype != object:
        return np.linalg.solve(matrix, right)
    functions = any(hasattr(x, "field") for x in matrix.flat)
    return (solve_functions if functions else eliminate)(matrix, right)


def solve_functions(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``solve`` for rational functions, by Cramer's rule over polynomials.

    Denominators are multiplied out first, so that each entry of the solution is cancelled once;
    a decomposition over the field would cancel at every step.
    """
    convert = next(x.field for x in matrix.flat if hasattr(x, "field"))
    ring, n = convert.ring, len(matrix)
    table, below = np.empty(matrix.shape, dtype=object), []
    for i, row in enumerate(matrix):
        elements = [convert(x) for x in row]
        below.append(_common_denominator(elements, ring.one))
        table[i] = [_times(x, below[-1]) for x in elements]
    det, adj = determinant(table), adjugate(table)
    if not det:
        raise ZeroDivisionError("the determinant is 0: there is not exactly one solution")
    columns = []
    for column in right.reshape(n, -1).T:
        scaled = [convert(x) for x in column]
        over = _common_denominator(scaled, ring.one)
        source = object_array([_times(x, over) * d for x, d in zip(scaled, below, strict=True)])
        columns.append([convert.new(entry, det * over) for entry in adj @ source])
    return object_array(columns).T.reshape(right.shape)


def _common_denominator(elements: list[Any], one: Any) -> Any:
    found = one
    for element in elements:
        found = found.lcm(element.denom)
    return found


def _times(element: Any, multiple: Any) -> Any:
    # The polynomial element * multiple, for a multiple of the denominator.
    return element.numer * multiple.exquo(element.denom)


def eliminate(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``solve`` by Gauss-Jordan elimination, for any numbers that add, multiply and divide.

    Integers among them are taken for numbers of the same kind as the others.
    """
    n = len(matrix)
    table = np.concatenate([matrix, right.reshape(n, -1)], axis=1).astype(object)
    table = table * next((x**0 for x in table.flat if not isinstance(x, Integral)), Fraction(1))
    for k in range(n):
        pivot = next((i for i in range(k, n) if table[i, k] != 0), None)
        if pivot is None:
            raise ZeroDivisionError("the determinant is 0: there is not exactly one solution")
        table[[k, pivot]] = table[[pivot, k]]
        table[k] = table[k] / table[k, k]
        for i in range(n):
            if i != k:
                table[i] = table[i] - table[k] * table[i, k]
    return table[:, n:].reshape(right.shape)


def determinant(matrix: np.ndarray) -> Any:
    """det of a square array, without division: expansion along the first row.

    On the few states of a symbolic world this is faster than SymPy's Berkowitz algorithm.
    """
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
