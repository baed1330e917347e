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
