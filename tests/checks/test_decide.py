"""A yes is a proof, a no has a counterexample, and the rest is said to be undecided."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy import QQ
from sympy.polys.fields import field

from utils.checks import decide

x, y = sp.symbols("x y", positive=True)
K, u, v = field("u v", QQ)


def test_the_same_rational_function_in_two_forms_is_equal():
    assert decide.equal((u**2 - v**2) / (u - v), u + v)
    assert decide.equal((x**2 - y**2) / (x - y), x + y)
    assert decide.equal(sp.exp(x) / (sp.exp(x) + 1), 1 / (1 + sp.exp(-x)))


def test_elements_that_agree_at_the_point_that_is_tried_first_are_not_called_equal():
    assert (u + v).numer(101, 103) == 204  # the first two primes from 101 on
    assert not decide.equal(u + v, K(204))
    assert not decide.equal((u + v) / u, 204 / u)


def test_a_fraction_over_algebraic_numbers_is_equal_to_its_other_form():
    domain = QQ.algebraic_field(sp.sqrt(2))
    L, s, t = field("s t", domain)
    root = L(domain.from_sympy(sp.sqrt(2)))
    one, other = (root * s + 1) / (s + root * t), (2 * s + root) / (root * s + 2 * t)
    assert one != other  # as they are written
    assert decide.equal(one, other)
    assert not decide.equal(one, other + 1)


def test_functions_that_agree_at_zero_but_not_elsewhere_differ():
    assert not decide.equal(u * v, K(0))
    assert not decide.equal(sp.sin(x), x)
    assert not decide.equal(sp.exp(x), 1 + x)


def test_a_difference_of_1e_40_is_found_where_floats_would_miss_it():
    tiny = sp.Rational(1, 10**40)
    assert not decide.equal(x + tiny, x)
    assert not decide.equal(u + K(QQ(1, 10**40)), u)


def test_undefined_functions_and_their_derivatives_count_as_free_values():
    f, g = (sp.Function(name)(x) for name in "fg")
    assert decide.equal(sp.diff(sp.log(f * g), x), sp.diff(f, x) / f + sp.diff(g, x) / g)
    assert not decide.equal(sp.diff(sp.log(f * g), x), sp.diff(f, x) / f)


def test_values_of_one_function_that_may_coincide_are_not_taken_for_different():
    f = sp.Function("f")
    with pytest.raises(decide.Undecided, match="neither a symbol nor a number"):
        decide.equal(f(1 / (1 + 1 / x)), f(x / (1 + x)))
    with pytest.raises(decide.Undecided, match="may be the same value"):
        decide.equal(f(x), f(y))
    assert not decide.equal(f(1), f(2))


def test_what_is_neither_proved_nor_disproved_is_undecided():
    with pytest.raises(decide.Undecided):  # true, but not by rational algebra
        decide.equal(sp.sin(x) ** 2 + sp.cos(x) ** 2, 1)
    with pytest.raises(decide.Undecided, match="not defined"):
        decide.equal(sp.nan, x)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4), st.integers(0, 3))
def test_a_polynomial_equals_itself_and_differs_once_a_coefficient_changes(coefficients, where):
    p = sum((c * u**i for i, c in enumerate(coefficients)), K(0))
    assert decide.equal(p * (1 + v) / (1 + v), p)
    assert not decide.equal(p + u**where, p)


def test_cases_of_lists_arrays_and_mappings_are_matched_by_key():
    assert decide.paired_cases([1, 2], np.array([3, 4], dtype=object)) == {0: (1, 3), 1: (2, 4)}
    assert decide.paired_cases({"a": 1}, 5) == {"a": (1, 5)}
    assert decide.paired_cases(5, {"a": 1}) == {"a": (5, 1)}
    with pytest.raises(ValueError, match="case 2 stands on the right side only"):
        decide.paired_cases([1, 2], [1, 2, 3])


def test_symbols_are_counted_where_they_occur_and_not_where_they_cancel():
    assert decide.free_symbols([u / v, x]) == {"u", "v", "x"}
    assert decide.free_symbols(u - u + 1) == set()


def test_an_inequality_between_nonnegative_symbols_is_read_off_the_signs():
    assert decide.never_above(u / (1 + u), K(1))
    assert decide.never_above(2 * u * v, (u + v) ** 2)
    assert not decide.never_above(u, u * v)


def test_an_inequality_that_needs_more_than_signs_is_undecided():
    with pytest.raises(decide.Undecided):
        decide.never_above(2 * u * v, u**2 + v**2)  # true, since the gap is a square


def test_sums_with_symbolic_length_are_told_apart():
    n = sp.Symbol("n", integer=True, positive=True)
    a, theta = sp.symbols("a theta")
    p, f = sp.Function("p"), sp.Function("f")
    score = sp.diff(sp.log(p(a, theta)), theta)
    derivative = sp.Sum(f(a) * p(a, theta), (a, 1, n)).diff(theta)
    assert decide.equal(derivative, sp.Sum(f(a) * p(a, theta) * score, (a, 1, n)))
    assert not decide.equal(derivative, sp.Sum(f(a) ** 2 * p(a, theta) * score, (a, 1, n)))
    assert not decide.equal(derivative, sp.Sum(f(a) * p(a, theta), (a, 1, n)))


def test_a_sum_that_is_wrong_for_large_n_only_is_not_called_equal():
    n = sp.Symbol("n", integer=True, positive=True)
    k = sp.Symbol("k", integer=True)
    f = sp.Function("f")
    first_nine = sum((f(j) for j in range(1, 10)), sp.Integer(0))
    with pytest.raises(decide.Undecided):
        decide.equal(sp.Sum(f(k), (k, 1, n + 9)), sp.Sum(f(k), (k, 10, n + 9)) + first_nine)
