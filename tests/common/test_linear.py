"""Exact linear algebra over fractions, dual numbers and rational functions."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.common.linear import (
    adjugate,
    determinant,
    eliminate,
    object_array,
    solve,
    solve_functions,
)
from utils.symbolic.dual import PRIME, Dual
from utils.symbolic.free_mdps import free_mdp, generators

seeds = st.integers(0, 2**32 - 1)


def random_numbers(seed, kind, shape):
    draw = np.random.default_rng(seed).integers(-9, 10, size=shape)
    return np.vectorize(lambda x: kind(int(x)), otypes=[object])(draw)


@pytest.mark.parametrize("kind", [F, Dual])
@given(seeds)
def test_elimination_solves_exactly_and_keeps_the_kind_of_number(kind, seed):
    matrix = random_numbers(seed, kind, (3, 3)) + np.eye(3, dtype=int) * 100
    right = random_numbers(seed + 1, kind, (3, 2))
    found = solve(matrix, right)
    assert (matrix @ found == right).all()
    assert {type(x) for x in found.flat} == {kind}
    assert (solve(matrix, right[:, 0]) == found[:, 0]).all()


def test_integers_are_taken_for_numbers_of_the_same_kind():
    assert solve(np.array([[2, 0], [0, 4]], dtype=object), np.array([1, 1])).tolist() == [
        F(1, 2),
        F(1, 4),
    ]
    half = solve(np.array([[2, 0], [0, Dual(1)]], dtype=object), np.array([1, 1]))[0]
    assert isinstance(half, Dual) and half.value == pow(2, -1, PRIME)


def test_a_zero_in_the_place_of_the_pivot_is_exchanged_for_a_row_below():
    swap = np.array([[F(0), F(1)], [F(1), F(0)]])
    assert solve(swap, np.array([F(2), F(3)])).tolist() == [3, 2]


def test_floats_are_solved_in_floats():
    np.testing.assert_allclose(solve(np.array([[2.0, 1], [0, 4]]), np.array([4.0, 8])), [1, 2])


def test_elimination_and_lu_decomposition_agree_on_rational_functions():
    m = free_mdp(2, 2)
    matrix = np.eye(2, dtype=int) - m.P_pi * m.gamma
    by_lu, by_hand = solve_functions(matrix, m.r_pi), eliminate(matrix, m.r_pi)
    assert (by_lu == by_hand).all() and (solve(matrix, m.r_pi) == by_lu).all()


def test_adjugate_over_determinant_is_the_inverse():
    matrix = random_numbers(3, F, (4, 4))
    inverse = adjugate(matrix) / determinant(matrix)
    assert (solve(matrix, np.eye(4, dtype=int)) == inverse).all()


def test_wrong_systems_are_named():
    with pytest.raises(ZeroDivisionError, match="determinant is 0"):
        solve(np.array([[F(1), F(2)], [F(2), F(4)]]), np.array([F(1), F(1)]))
    with pytest.raises(ValueError, match=r"matrix has shape \(1, 2\)"):
        solve(np.array([[F(1), F(2)]]), np.array([F(1)]))


def test_an_object_array_has_the_shape_of_its_lists():
    x, y = generators("x, y")
    table = object_array([[x, y], [x + y, x / y]])
    assert table.shape == (2, 2) and table[1, 1] == x / y
    assert object_array([[[F(1)]], [[F(2)]]]).shape == (2, 1, 1)
