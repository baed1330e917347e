"""The bound on how fast the gradient turns, on worlds where the turning is known."""

from fractions import Fraction

from utils.exact.smoothness import turning_bound


def test_the_gradient_of_the_survival_chain_turns_half_as_fast_as_the_bound_for_p_near_1():
    # J = p / (1 - gamma p), J'' = 2 gamma / (1 - gamma p)^3; osc = 1/2, L = 2, L_2 = 0.
    gamma = Fraction(9, 10)
    turning = 2 * gamma / (1 - gamma * Fraction(10**9 - 1, 10**9)) ** 3
    share = turning / turning_bound(Fraction(1, 2), 2, 0, gamma)
    assert Fraction(49, 100) < share < Fraction(1, 2)


def test_without_a_future_only_the_bend_of_the_policy_counts():
    assert turning_bound(Fraction(1, 2), 3, 5, Fraction(0)) == Fraction(5, 2)
