"""Closed forms of Beta means against numerical integrals."""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.stats import beta as beta_law

from utils.continuous import beta_integrals

alpha, k, n, x, y, R = sp.symbols("alpha k n x y R", positive=True)


@pytest.mark.parametrize("q", [1, 2, 4])
def test_moments_with_and_without_a_logarithm_are_integrals(q):
    law = beta_law(1.5, q)
    at = {alpha: sp.Rational(3, 2), k: 2}
    plain = float(beta_integrals.moment(alpha, q, k).subs(at))
    with_log = float(beta_integrals.log_moment(alpha, q, k).subs(at))
    assert plain == pytest.approx(law.expect(lambda a: a**2), rel=1e-7)
    assert with_log == pytest.approx(law.expect(lambda a: a**2 * np.log(a)), rel=1e-7)
    by_gamma = beta_integrals.moment_by_gamma(alpha, q, k).subs(at)
    assert float(by_gamma) == pytest.approx(plain, rel=1e-12)
    assert beta_integrals.normaliser(alpha, q).equals(sp.beta(alpha, q).rewrite(sp.gamma))


def test_the_law_of_the_log_sample_is_that_of_numerical_integration():
    law, centre = beta_law(2.5, 3.5), beta_law(2.5, 3.5).expect(np.log)
    mean = law.expect(lambda a: a * (np.log(a) - centre))
    square = law.expect(lambda a: (a * (np.log(a) - centre)) ** 2)
    found = beta_integrals.log_moment_law(2.5, 3.5, 1)
    assert found == pytest.approx((mean, (square - mean**2) ** 0.5), rel=1e-6)


@pytest.mark.parametrize("size", [2.5, 3, 4.5])
def test_means_at_soft_edges_are_integrals(size):
    score = beta_integrals.edge_score(n, x, y)
    law = beta_law(size, size)
    for f in (score, x * score, score**2):
        number = sp.lambdify(x, f.subs({n: size, y: 1 - x}))
        exact = float(beta_integrals.edge_mean(f, n, x, y).subs(n, size))
        found = quad(lambda t, f=number: f(t) * law.pdf(t), 0, 1, limit=400)[0]
        assert exact == pytest.approx(found, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("size", [sp.Rational(3, 2), sp.Integer(2)])
def test_the_information_without_the_edges_grows_beyond_every_bound(size):
    cut = beta_integrals.information_without_edges(size, R)
    law, score = beta_law(float(size), float(size)), beta_integrals.edge_score(n, x, y)
    number = sp.lambdify(x, score.subs({n: size, y: 1 - x}))
    eps = 1 / (1 + 3.0**2)
    found = quad(lambda t: number(t) ** 2 * law.pdf(t), eps, 1 - eps)[0]
    assert float(cut.subs(R, 3)) == pytest.approx(found, rel=1e-8)
    assert sp.limit(cut, R, sp.oo) == sp.oo


def test_the_information_without_the_edges_of_a_cubic_edge_tends_to_the_mean_square():
    # n = 3: p = 30 x^2 (1-x)^2 and psi^2 p = 120 (1 - 2x)^2, whose integral from eps to 1 - eps is
    # 120 (1 - 2 eps)^3 / 3; with R = 3, eps = 1/10.
    cut = beta_integrals.information_without_edges(sp.Integer(3), R)
    assert float(cut.subs(R, 3)) == pytest.approx(40 * 0.8**3, rel=1e-14)
    assert sp.limit(cut, R, sp.oo) == 40


def test_moments_of_a_beta_law_by_hand():
    # alpha = 2, q = 3: p = 12 a (1-a)^2, E a^k = 12 (1/(k+2) - 2/(k+3) + 1/(k+4)), and a^r log a
    # has the integral -1/(r+1)^2.
    for power in (1, 3):
        plain = 12 * (
            sp.Rational(1, power + 2) - sp.Rational(2, power + 3) + sp.Rational(1, power + 4)
        )
        with_log = -12 * sum(sp.Rational(c, (power + j) ** 2) for c, j in ((1, 2), (-2, 3), (1, 4)))
        assert beta_integrals.moment(sp.Integer(2), 3, power) == plain
        assert beta_integrals.moment_by_gamma(sp.Integer(2), 3, power) == plain
        assert beta_integrals.log_moment(sp.Integer(2), 3, power) == with_log
    assert beta_integrals.normaliser(sp.Integer(2), 3) == sp.Rational(1, 12)


def test_the_score_and_the_means_at_soft_edges_by_hand():
    # n = 3: p = 30 x^2 (1-x)^2 and psi = -2/x + 2/(1-x)
    found = beta_integrals.edge_score(sp.Integer(3), x, y)
    assert sp.cancel(found - (2 / y - 2 / x)) == 0
    # 30 B(4, 3), 30 B(5, 4) and 30 B(2, 1), with B(p, q) = (p-1)! (q-1)! / (p+q-1)!
    means = ((1, 0, sp.Rational(1, 2)), (2, 1, sp.Rational(3, 28)), (-1, -2, sp.Integer(15)))
    for i, j, exact in means:
        assert beta_integrals.edge_mean(7 * x**i * y**j, sp.Integer(3), x, y) == 7 * exact
