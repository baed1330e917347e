"""Arithmetic modulo the prime is exact, and an MDP there obeys what holds for rational numbers."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import symbolic
from utils.symbolic.dual import PRIME, Dual, as_dual
from utils.symbolic.finite_field import random_point

numbers = st.integers(min_value=0, max_value=PRIME - 1)
duals = st.builds(Dual, numbers, numbers)


def both(x: Dual) -> tuple[int, int | None]:
    return x.value, x.slope


def test_integers_are_dual_numbers_without_a_slope_and_floats_are_none():
    assert both(as_dual(3)) == (3, 0) and as_dual(Dual(2, 5)).slope == 5
    assert as_dual(0.5) is None


@given(duals, duals, duals)
def test_dual_numbers_form_a_commutative_ring(x, y, z):
    assert both(x * (y + z)) == both(x * y + x * z)
    assert both((x * y) * z) == both(x * (y * z))
    assert both(x * y) == both(y * x) and both(x + y) == both(y + x)
    assert both(x - x) == both(Dual(0)) and both(x * 1) == both(x)


@given(duals, duals)
def test_product_and_quotient_rule_hold_for_the_slope(x, y):
    assert (x * y).slope == (x.value * y.slope + x.slope * y.value) % PRIME
    if y.value:
        assert both(x / y * y) == both(x)
    else:
        with pytest.raises(ZeroDivisionError, match="draw another point"):
            x / y


@given(duals, st.integers(min_value=0, max_value=6))
def test_a_power_is_a_repeated_product(x, exponent):
    product = Dual(1)
    for _ in range(exponent):
        product = product * x
    assert both(x**exponent) == both(product)


def test_integers_mix_with_dual_numbers_on_both_sides():
    x = Dual(7, 3)
    assert both(1 - x) == (PRIME - 6, PRIME - 3)
    assert both(2 * x + 1) == (15, 6)
    assert (14 / x) == 2 and both(np.int64(2) * x) == (14, 6)


def test_the_prime_is_prime():
    # Lucas and Lehmer: 2^61 - 1 is prime because this sequence ends in 0.
    x = 4
    for _ in range(61 - 2):
        x = (x * x - 2) % PRIME
    assert x == 0


@pytest.mark.parametrize("size", [(1, 2), (2, 2), (3, 2), (5, 4)])
def test_laws_of_a_random_point_sum_to_one_and_its_direction_to_zero(size):
    m = random_point(*size, random.Random(3), extra=2)
    assert m.rho0.sum() == 1 and len(m.extra) == 2
    assert all(total == 1 for total in m.P.sum(axis=2).flat)
    assert all(total == 1 for total in m.pi.sum(axis=1))
    assert all(total == 0 for total in m.dpi.sum(axis=1))
    assert (m.gradient(m.pi) == m.dpi).all()


def value_at(element, names: dict[str, Dual]) -> Dual:
    """A field element of `symbolic.free_mdp` at a point of the finite field."""

    def polynomial(part):
        total = Dual(0)
        for monomial, coefficient in part.terms():
            term = Dual(int(coefficient.numerator)) / int(coefficient.denominator)
            for name, power in zip(map(str, part.ring.symbols), monomial, strict=True):
                term = term * names[name] ** power
            total = total + term
        return total

    return polynomial(element.numer) / polynomial(element.denom)


@pytest.fixture(scope="module")
def pair():
    """The free MDP of two states, a random point, and the symbols' values there."""
    free, point = symbolic.free_mdp(2, 2), random_point(2, 2, random.Random(5))
    names = {"g": point.gamma, "rho0": point.rho0[0]}
    for s in (0, 1):
        names |= {f"p{s}0": Dual(point.pi[s, 0].value), f"D{s}0": point.dpi[s, 0]}
        names |= {f"P{s}{a}0": point.P[s, a, 0] for a in (0, 1)}
        names |= {f"R{s}{a}": point.R[s, a] for a in (0, 1)}
    return free, point, names


@pytest.mark.parametrize("what", ["objective", "V", "Q", "occupancy"])
def test_values_of_a_random_point_are_those_of_the_free_mdp_there(pair, what):
    free, point, names = pair
    symbols, numbers = np.ravel(getattr(free, what)), np.ravel(getattr(point, what))
    assert all(value_at(x, names) == y for x, y in zip(symbols, numbers, strict=True))


def test_gradient_at_a_random_point_is_that_of_the_free_mdp_there(pair):
    free, point, names = pair
    assert value_at(free.gradient(free.objective), names) == point.gradient(point.objective)
    assert value_at(free.gradient(free.score[1, 0]), names) == point.gradient(point.score[1, 0])


def test_a_gradient_is_not_differentiated_again():
    m = random_point(2, 2, random.Random(0))
    with pytest.raises(ValueError, match="second derivatives"):
        m.gradient(m.gradient(m.objective))


def test_a_singular_matrix_is_refused():
    m = random_point(2, 2, random.Random(0))
    with pytest.raises(ZeroDivisionError, match="determinant is 0"):
        m.solve(m.P_pi * 0, m.r_pi)


def test_elimination_finds_a_pivot_below_a_zero():
    m = random_point(2, 2, random.Random(0))
    x = m.solve(symbolic.object_array([[Dual(0), Dual(2)], [Dual(3), Dual(0)]]), m.r_pi)
    assert 2 * x[1] == m.r_pi[0] and 3 * x[0] == m.r_pi[1]


@pytest.mark.parametrize("size", [(0, 2), (2, 1)])
def test_a_wrong_size_is_refused_with_its_name(size):
    with pytest.raises(ValueError, match="n_states is 0" if size[0] == 0 else "n_actions is 1"):
        random_point(*size, random.Random(0))


def test_a_dual_number_reads_as_its_value_and_slope():
    assert repr(Dual(7, 3)) == "Dual(7, 3)" and repr(Dual(2, None)) == "Dual(2, None)"
    assert (Dual(PRIME + 4, PRIME + 6).value, Dual(PRIME + 4, PRIME + 6).slope) == (4, 6)
    assert Dual(9).slope == 0 and as_dual("3") is None and as_dual(5).value == 5


def test_an_unknown_slope_stays_unknown():
    known, unknown = Dual(7, 3), Dual(5, None)
    for value in (known + unknown, unknown + known, known * unknown, unknown * known):
        assert value.slope is None
    for value in (unknown + unknown, unknown * unknown, unknown**2, -unknown, unknown.inverse()):
        assert value.slope is None
    assert (known - unknown, known + unknown, known * unknown) == (2, 12, 35)
    assert unknown**3 == 125 and (unknown**0).slope == 0


def test_equal_values_are_equal_numbers_whatever_their_slopes():
    assert Dual(7, 3) == Dual(7, 4) and Dual(7) == 7 and not Dual(7, 3) == Dual(8, 3)
    assert (Dual(7) == "7") is False
    with pytest.raises(TypeError):
        hash(Dual(7))


def test_what_is_no_integer_is_refused_by_every_operation():
    x = Dual(7, 3)
    for operate in (
        lambda: x + 0.5,
        lambda: x - 0.5,
        lambda: 0.5 - x,
        lambda: x * 0.5,
        lambda: x / 0.5,
        lambda: 0.5 / x,
        lambda: x**-1,
        lambda: x**0.5,
    ):
        with pytest.raises(TypeError):
            operate()


def test_the_inverse_has_minus_the_slope_over_the_square():
    x = Dual(2, 3)
    half = (PRIME + 1) // 2
    assert x.inverse().value == half
    assert 4 * x.inverse().slope % PRIME == PRIME - 3
    assert (1 / x).slope == x.inverse().slope
    message = "^a denominator is 0 at this point; draw another point$"
    with pytest.raises(ZeroDivisionError, match=message):
        Dual(0, 5).inverse()


def test_powers_have_the_slope_of_a_power():
    x = Dual(2, 3)
    assert [((x**n).value, (x**n).slope) for n in range(5)] == [
        (1, 0),
        (2, 3),
        (4, 12),
        (8, 36),
        (16, 96),
    ]
