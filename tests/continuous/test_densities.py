"""The densities have area 1, and the defects are the areas that they are said to be."""

import numpy as np
import pytest
import sympy as sp

from utils.continuous.densities import (
    box_defect,
    gaussian,
    gaussian_integral,
    laplace,
    laplace_defect,
    laplace_mean,
    normal_below,
    standard_normal,
)

a, mu = sp.symbols("a mu", real=True)
b, eta, theta = sp.symbols("b eta theta", positive=True)


def test_the_slope_of_the_normal_law_is_its_density_and_gaussians_are_scaled_copies():
    assert sp.simplify(normal_below(a).diff(a) - standard_normal(a)) == 0
    assert sp.integrate(gaussian(a, mu, b), (a, -sp.oo, sp.oo)) == 1


def test_means_under_a_gaussian_are_closed_forms():
    assert gaussian_integral(a**2, a, mu, b) == b**2 + mu**2
    moment = gaussian_integral(sp.exp(a), a, mu, b).rewrite(sp.erf)
    assert sp.simplify(moment - sp.exp(mu + b**2 / 2)) == 0


def test_the_mean_of_a_laplace_law_is_its_centre_and_its_area_is_1():
    assert [laplace_mean(f, f, a, mu, b) for f in (sp.Integer(1), a)] == [1, mu]
    assert laplace(a, mu, b, 1).subs(a, mu) == laplace(a, mu, b, -1).subs(a, mu) == 1 / (2 * b)


@pytest.mark.parametrize("step", [0.05, 0.3, 1.0])
def test_the_defects_are_areas_between_a_density_and_its_straight_line(step):
    grid = np.linspace(-20, 20, 400_001)
    old, new = np.exp(-np.abs(grid)) / 2, np.exp(-np.abs(grid - step)) / 2
    area = np.trapezoid(np.abs(new - old - step * np.sign(grid) * old), grid)
    assert float(laplace_defect(eta).subs(eta, step)) == pytest.approx(area, abs=1e-4)
    size = 2.0
    x = (np.arange(400_000) + 0.5) * (size + step) / 400_000
    gap = 1 / (size + step) - np.where(x < size, 1 / size - step / size**2, 0)
    exact = float(box_defect(theta, eta).subs({theta: size, eta: step}))
    assert exact == pytest.approx(np.abs(gap).mean() * (size + step), abs=1e-4)
    strip = step / (size + step)
    inside = float(box_defect(theta, eta, strip=False).subs({theta: size, eta: step}))
    assert exact - inside == pytest.approx(strip)
