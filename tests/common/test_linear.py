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


def test_determinants_and_adjugates_have_the_values_worked_out_by_hand():
    assert determinant(object_array([[F(7)]])) == 7
    assert determinant(object_array([[2, 3], [5, 11]])) == 2 * 11 - 3 * 5
    # 2 (7·19 - 11·17) - 3 (5·19 - 11·13) + 23 (5·17 - 7·13) = -108 + 144 - 138
    matrix = object_array([[2, 3, 23], [5, 7, 11], [13, 17, 19]])
    assert determinant(matrix) == -102
    assert adjugate(object_array([[2, 3], [5, 11]])).tolist() == [[11, -3], [-5, 2]]
    assert adjugate(matrix).tolist() == [
        [7 * 19 - 11 * 17, 23 * 17 - 3 * 19, 3 * 11 - 23 * 7],
        [11 * 13 - 5 * 19, 2 * 19 - 23 * 13, 23 * 5 - 2 * 11],
        [5 * 17 - 7 * 13, 3 * 13 - 2 * 17, 2 * 7 - 3 * 5],
    ]


@pytest.mark.parametrize("entry", [F(0), F(7)])
def test_the_adjugate_of_one_number_is_one_of_the_same_kind(entry):
    (found,) = adjugate(object_array([[entry]])).ravel()
    assert found == 1 and type(found) is F


def test_elimination_has_the_solution_worked_out_by_hand():
    # The first two pivots need rows from below, and the last one is the third of its column.
    matrix = object_array([[0, 0, 3], [0, 5, 7], [2, 11, 13]])
    # z = 9/3 = 3, y = (31 - 21)/5 = 2, x = (67 - 22 - 39)/2 = 3
    assert eliminate(matrix, object_array([9, 31, 67])).tolist() == [3, 2, 3]
    # z = 1/3, y = (0 - 7/3)/5 = -7/15, x = (0 + 77/15 - 13/3)/2 = 2/5
    found = eliminate(matrix, object_array([[9, 1], [31, 0], [67, 0]]))
    assert found.tolist() == [[3, F(2, 5)], [2, F(-7, 15)], [3, F(1, 3)]]
    assert {type(x) for x in found.flat} == {F}


def test_one_equation_is_a_division():
    assert solve(object_array([[F(7)]]), object_array([3])).tolist() == [F(3, 7)]


def test_objects_on_one_side_are_enough_for_an_exact_solution():
    exact = [F(1, 7), F(2, 7)]
    matrix, right = [[3, 2], [-1, 4]], [1, 1]  # 14 x = 2, 14 y = 4
    assert solve(object_array(matrix), np.array(right)).tolist() == exact
    assert solve(np.array(matrix), object_array(right)).tolist() == exact


def test_rational_functions_are_solved_as_by_cramers_rule():
    x, y = generators("x, y")
    matrix = object_array([[1 / x, 2 / y], [3, x / (x + y)]])
    first, second = object_array([5 / (x * y), y]), object_array([7, 1 / (x + 2)])
    det = 1 / (x + y) - 6 / y
    for right, columns in ((first, [first]), (np.stack([first, second], axis=1), [first, second])):
        wanted = [
            [(u * x / (x + y) - 2 * v / y) / det for u, v in columns],
            [(v / x - 3 * u) / det for u, v in columns],
        ]
        found = solve(matrix, right)
        assert found.shape == right.shape
        assert (found == object_array(wanted).reshape(right.shape)).all()
    with pytest.raises(ZeroDivisionError, match="the determinant is 0: there is not exactly one"):
        solve(object_array([[x, y], [2 * x, 2 * y]]), first)


def test_three_equations_in_rational_functions_are_solved():
    x, y = generators("x, y")
    matrix = object_array([[x, 2, 0 * x], [3 / y, x + y, 5], [7, 1 / x, y]])
    unknown = object_array([[y, 1 / x], [3 / (x + y), 2 + 0 * x], [x, 5 * y]])
    assert (solve(matrix, matrix @ unknown) == unknown).all()


@pytest.mark.parametrize(
    ("matrix", "right", "message"),
    [
        ((2, 3), (2,), r"matrix has shape \(2, 3\) and right \(2,\); they should be \(2, 2\) and"),
        ((3, 2), (3,), r"matrix has shape \(3, 2\) and right \(3,\); .* \(3, 3\) and \(3,\)$"),
        ((2, 2), (3,), r"matrix has shape \(2, 2\) and right \(3,\); .* \(2, 2\) and \(2,\)$"),
        ((2, 2), (1,), r"and right \(1,\)"),
        ((2, 2), (2, 2, 2), r"and right \(2, 2, 2\)"),
        ((1, 1), (), r"and right \(\)"),
    ],
)
def test_shapes_that_make_no_system_are_named(matrix, right, message):
    for kind in (float, object):
        with pytest.raises(ValueError, match=message):
            solve(np.ones(matrix, dtype=kind), np.ones(right, dtype=kind))
