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
