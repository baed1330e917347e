"""Numbers of expressions at points: known values, and no number where there is none."""

import mpmath
import pytest
import sympy as sp

from utils.checks.numbers import Number, Undefined, holds_at, number_at

x, y = sp.symbols("x y", positive=True)
t = sp.Symbol("t", integer=True)
POINT = ((x, sp.Rational(1, 3)), (y, sp.Integer(2)))
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize(
    "expression, value",
    [
        (x + y, "7/3"),
        (x**y - y**x, "1/9 - 2**(1/3)"),
        (sp.sqrt(x) * sp.exp(y) / sp.log(y), "sqrt(1/3)*exp(2)/log(2)"),
        (sp.Abs(x - y) + sp.sign(x - y), "2/3"),
        (sp.Max(x, y) + sp.Min(x, y) + sp.ceiling(x) + sp.floor(y), "16/3"),
        (sp.erf(x) + sp.erfc(x), "1"),
        (sp.Sum(t * x, (t, 1, 4)), "10/3"),
        (sp.Sum(x**t, (t, y, sp.oo)), "1/6"),
        (sp.Sum(x**t * sp.Symbol("k"), (sp.Symbol("k"), 0, t), (t, 0, 2)), "2/3"),
        (sp.Product(t + x, (t, 0, 2)), "28/27"),
        (sp.Integral(sp.exp(-y * x), (y, 0, sp.oo)), "3"),
        (sp.Derivative(x**3, x), "1/3"),
        (sp.Piecewise((x, x > y), (y, True)), "2"),
        (sp.Piecewise((x, (x < y) & (x > 0)), (y, True)), "1/3"),
        (sp.factorial(y) + sp.gamma(y + 1) + sp.binomial(5, y), "14"),
        (sp.I * x * sp.I, "-1/3"),
        (x ** (10**9) * 0 + sp.pi, "pi"),
    ],
)
def test_the_number_is_the_known_one(expression, value):
    found = number_at(expression, POINT)
    with mpmath.workdps(40):
        assert abs(found.value - mpmath.mpf(sp.N(sp.sympify(value), 40))) < mpmath.mpf(10) ** -20
        assert found.error < mpmath.mpf(10) ** -20


@pytest.mark.parametrize(
    "expression",
    [1 / (x - sp.Rational(1, 3)), sp.log(y - 2), sp.Symbol("z"), sp.Function("f")(x)],
)
def test_where_there_is_no_number_none_is_given(expression):
    assert number_at(expression, POINT) is None


def test_two_numbers_differ_only_if_the_gap_is_far_above_their_errors():
    one, same = number_at(sp.sqrt(x) ** 2, POINT), number_at(x, POINT)
    other = number_at(x + sp.Rational(1, 10**20), POINT)
    assert not one.differs_from(same) and one.differs_from(other)


def test_a_relation_holds_at_a_point_or_does_not():
    p = sp.Symbol("p")
    point = {p: sp.Rational(1, 3)}
    for relation, truth in (
        (p < 1, True),
        (p >= sp.Rational(1, 2), False),
        ((p > 0) & (p < 1), True),
        ((p > 1) | (p < 0), False),
        (sp.Ne(p, 0), True),
        (sp.true, True),
    ):
        assert holds_at(relation, point) is truth


RELATIONS = {sp.Eq: "=", sp.Ne: "<>", sp.Lt: "<", sp.Le: "<=", sp.Gt: ">", sp.Ge: ">="}


@pytest.mark.parametrize("relation", RELATIONS, ids=RELATIONS.get)
def test_a_relation_is_true_of_the_pairs_that_its_sign_names(relation):
    one, two = sp.symbols("one two")
    for value, sign in ((sp.Rational(2, 7), "<"), (sp.Rational(3, 7), "="), (sp.Integer(5), ">")):
        point = ((one, value), (two, sp.Rational(3, 7)))
        assert holds_at(relation(one, two, evaluate=False), point) is (sign in RELATIONS[relation])


def test_and_or_and_not_are_those_of_logic():
    low, high = sp.Gt(x, sp.Rational(1, 5)), sp.Gt(x, sp.Rational(1, 2))  # x is 1/3
    assert holds_at(sp.And(low, sp.Lt(x, y)), POINT) and not holds_at(sp.And(low, high), POINT)
    assert holds_at(sp.Or(low, high), POINT) and not holds_at(sp.Or(high, sp.Lt(y, x)), POINT)
    assert holds_at(sp.Not(sp.Or(high, sp.Eq(x, y))), POINT)
    assert not holds_at(sp.Not(low, evaluate=False), POINT)
    assert holds_at(sp.false, POINT) is False
    with pytest.raises(Undefined, match="is not known"):
        holds_at(sp.Symbol("z"), POINT)


def test_a_gap_counts_from_a_hundred_errors_and_from_25_digits_on():
    def number(value, error="0"):
        return Number(mpmath.mpf(value), mpmath.mpf(error))

    assert number(3, "0.01").differs_from(number(5, "0.005"))  # 2 > 100 (0.01 + 0.005)
    assert not number(3, "0.01").differs_from(number(5, "0.0101"))
    with mpmath.workdps(40):
        assert number(-1000).differs_from(number("-1000.0000000000000000000002"))
        assert not number(-1000).differs_from(number("-1000.00000000000000000000005"))
    assert number(-3).differs_from(number(3))


@pytest.mark.parametrize(
    "expression, value",
    [
        (sp.Integral(sp.exp(-(t**2) * x), (t, -sp.oo, sp.oo)), "sqrt(3*pi)"),
        (sp.Sum(sp.Sum(t * sp.Symbol("k"), (t, 1, sp.Symbol("k"))), (sp.Symbol("k"), 2, 3)), "24"),
        (sp.Product(x + t, (t, 2, 3)), "70/9"),
        (sp.Sum(x**t, (t, 3, 2)), "0"),
        (x - sp.Float(0.375), "-1/24"),
        (sp.re(x + sp.I * y) + 3 * sp.im(x + sp.I * y), "19/3"),
    ],
)
def test_ranges_and_parts_have_their_known_values(expression, value):
    found = number_at(expression, POINT)
    with mpmath.workdps(40):
        assert abs(found.value - mpmath.mpf(sp.N(sp.sympify(value), 40))) < mpmath.mpf(10) ** -20


@pytest.mark.parametrize(
    "expression",
    [
        sp.Sum(t * x, (t, x, 4)),
        sp.Sum(x**-t, (t, -sp.oo, 0)),
        sp.Product(1 + x**t, (t, 1, sp.oo)),
        sp.Integral(x, x),
        sp.Derivative(sp.Function("f")(x), x),
        sp.Piecewise((x, x > y)),
        sp.oo,
    ],
)
def test_ranges_that_are_not_computed_here_give_no_number(expression):
    assert number_at(expression, POINT) is None
