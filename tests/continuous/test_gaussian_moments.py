"""Means of Gaussian polynomials agree with integrals and with known moments."""

import math

import pytest
import sympy as sp

from utils.continuous.gaussian_moments import gaussian_mean, means_and_deviations
from utils.symbolic.free_mdps import generators

z, y, c = sp.symbols("z y c", real=True)


@pytest.mark.parametrize("power", range(9))
def test_moment_of_a_standard_normal_is_a_double_factorial_or_zero(power):
    expected = 0 if power % 2 else math.prod(range(1, power, 2))
    assert gaussian_mean(z**power, [z]) == expected


def test_mean_of_a_polynomial_is_its_integral_against_the_normal_density():
    polynomial = (1 + 2 * z + c * z**2) ** 3
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    integral = sp.integrate(sp.expand(polynomial * density), (z, -sp.oo, sp.oo))
    assert sp.simplify(gaussian_mean(polynomial, [z]) - integral) == 0


def test_independent_normals_have_the_product_of_their_moments():
    assert gaussian_mean(z**4 * y**2 + z * y + c, [z, y]) == 3 + c


def test_a_symbol_that_is_not_noise_is_a_constant():
    assert gaussian_mean(z**2 * y, [z]) == y


def test_field_elements_give_the_same_mean_as_expressions():
    a, s, first, second = generators("a s z_1 z_2")
    element = (a + s * first + first * second) ** 4 / (1 + s)
    mean = gaussian_mean(element, [first, second])
    symbols = sp.symbols("z_1 z_2")
    assert sp.cancel(mean.as_expr() - gaussian_mean(element.as_expr(), symbols)) == 0


def test_a_mean_that_cancels_is_zero_in_the_field():
    a, first = generators("a z_1")
    assert gaussian_mean(a * (first**2 - 1) + first**3, [first]) == 0


def test_what_is_not_a_polynomial_in_the_noise_is_refused():
    with pytest.raises(ValueError, match=r"exp\(z\) is not a polynomial in z"):
        gaussian_mean(sp.exp(z), [z])
    (first,) = generators("z_1")
    with pytest.raises(ValueError, match="is not a polynomial in z_1"):
        gaussian_mean(1 / (1 + first), [first])
    with pytest.raises(ValueError, match="noise is empty"):
        gaussian_mean(z, [])


def test_mean_and_deviation_of_a_square_of_a_standard_normal():
    means, deviations = means_and_deviations([z**2, 1 + 2 * z], [z])
    assert means.tolist() == [1, 1]
    assert deviations.tolist() == pytest.approx([math.sqrt(2), 2])
