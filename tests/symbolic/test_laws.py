"""Free finite laws: what holds for all laws holds here, and what holds for few does not."""

import pytest

from utils import symbolic

LAWS = {
    "values, slopes, curvatures": lambda: symbolic.free_law(3, ("x", "y")),
    "polynomials": lambda: symbolic.polynomial_law(3, ("x", "y"), degree=1),
}


@pytest.fixture(params=LAWS, scope="module")
def law(request):
    return LAWS[request.param]()


def test_the_law_sums_to_one_and_its_gradient_to_zero(law):
    assert law.p.sum() == 1
    assert all(law.gradient(law.p).sum(axis=0) == 0)


def test_gradient_of_a_mean_is_the_mean_of_the_score_times_the_function(law):
    assert all(law.gradient(law.mean(law.f)) == law.mean(law.f[:, None] * law.score))


def test_mean_of_the_score_is_zero_under_the_law_and_not_under_equal_weights(law):
    assert all(law.mean(law.score) == 0)
    assert not any(law.score.sum(axis=0) == 0)


def test_second_derivatives_do_not_depend_on_the_order(law):
    hessian = law.hessian(law.mean(law.f))
    assert hessian[0, 1] == hessian[1, 0]


def test_fisher_information_is_minus_the_mean_of_the_second_derivative():
    law = symbolic.free_law(3)
    square = law.mean(law.score[:, :, None] * law.score[:, None, :])
    assert square == -law.mean(law.score_gradient)
    assert square != -law.score_gradient.sum(axis=0)


def test_function_may_move_with_the_parameter():
    law = symbolic.free_law(2, moving_f=True)
    slope = law.gradient(law.f)
    moved = law.mean(law.f[:, None] * law.score) + law.mean(slope)
    assert all(law.gradient(law.mean(law.f)) == moved) and not any(slope[:, 0] == 0)


def test_a_single_outcome_is_refused():
    with pytest.raises(ValueError, match="at least 2 outcomes"):
        symbolic.free_law(1)


def test_a_number_does_not_move():
    law = symbolic.free_law(2)
    assert list(law.gradient(3)) == [0] and law.hessian(law.p * 0)[0, 0, 0] == 0


def test_the_symbols_of_a_free_law_are_those_of_its_derivatives():
    law = symbolic.free_law(3, ("x", "y"), moving_f=True, extra=("c",))
    names = [str(x) for x in law.p[0].field.gens]
    for i in range(2):
        assert {f"p{i}", f"p{i}_x", f"p{i}_y", f"p{i}_xx", f"p{i}_xy", f"p{i}_yy"} <= set(names)
    assert len(names) == 2 * 6 + 3 * 3 + 1
    assert [str(x) for x in law.p[:2]] == ["p0", "p1"] and law.p[2] == 1 - law.p[0] - law.p[1]
    assert [str(x) for x in law.f] == ["f0", "f1", "f2"]
    assert [str(x) for x in law.extra] == ["c"]


def test_each_derivative_of_a_free_law_has_a_symbol_of_its_own():
    law = symbolic.free_law(3, ("x", "y"), moving_f=True)
    of = {str(x): x for x in law.p[0].field.gens}
    for i in range(2):
        assert list(law.gradient(law.p[i])) == [of[f"p{i}_x"], of[f"p{i}_y"]]
        right = [[of[f"p{i}_xx"], of[f"p{i}_xy"]], [of[f"p{i}_xy"], of[f"p{i}_yy"]]]
        assert law.hessian(law.p[i]).tolist() == right
        assert list(law.score[i]) == [of[f"p{i}_x"] / law.p[i], of[f"p{i}_y"] / law.p[i]]
    assert law.gradient(law.f).tolist() == [[of[f"f{i}_x"], of[f"f{i}_y"]] for i in range(3)]
    assert list(law.score[2]) == [-(of[f"p0_{x}"] + of[f"p1_{x}"]) / law.p[2] for x in "xy"]
    x = law.p[0]
    second = of["p0_xy"] / x - of["p0_x"] * of["p0_y"] / x**2
    assert law.score_gradient[0, 0, 1] == law.score_gradient[0, 1, 0] == second


def test_a_function_that_stands_still_has_no_slope_and_no_symbols_of_it():
    law = symbolic.free_law(2)
    assert [str(x) for x in law.p[0].field.gens] == ["p0", "p0_x", "p0_xx", "f0", "f1"]
    assert (law.gradient(law.f) == 0).all() and law.extra == ()
    assert law.gradient(law.f).shape == (2, 1)
    assert len(symbolic.polynomial_law().p) == 3


def test_a_mean_sums_each_column_with_the_law():
    law = symbolic.free_law(2)
    table = symbolic.object_array([[law.f[0], law.f[1], 5], [law.f[1], 7, law.f[0]]])
    p, q = law.p
    right = [p * law.f[0] + q * law.f[1], p * law.f[1] + 7 * q, 5 * p + q * law.f[0]]
    assert list(law.mean(table)) == right
    assert law.mean(law.f) == right[0]


def test_one_outcome_is_too_few_in_words():
    with pytest.raises(ValueError, match="^n = 1; a law that can move has at least 2 outcomes$"):
        symbolic.free_law(1)


def test_a_polynomial_law_has_a_free_coefficient_for_each_monomial():
    law = symbolic.polynomial_law(3, ("x", "y"), degree=2, extra=("c",))
    of = {str(x): x for x in law.p[0].field.gens}
    x, y = of["x"], of["y"]
    for i in range(2):
        c = {powers: of[f"c{i}{powers}"] for powers in ("00", "10", "01", "20", "11", "02")}
        p = c["00"] + c["10"] * x + c["01"] * y + c["20"] * x**2 + c["11"] * x * y + c["02"] * y**2
        assert law.p[i] == p
        slopes = [c["10"] + 2 * c["20"] * x + c["11"] * y, c["01"] + c["11"] * x + 2 * c["02"] * y]
        assert list(law.gradient(law.p[i])) == slopes
    assert law.p[2] == 1 - law.p[0] - law.p[1]
    assert [str(f) for f in law.f] == ["f0", "f1", "f2"] and [str(e) for e in law.extra] == ["c"]
    assert len(of) == 2 + 2 * 6 + 3 + 1
    assert symbolic.polynomial_law().p[0].diff(symbolic.polynomial_law().p[0].field.gens[0]) != 0
