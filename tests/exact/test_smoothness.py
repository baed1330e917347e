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


def test_the_bound_on_one_world_by_hand():
    # 3 / (2/3)^2 = 27/4, and 7 + 2/3 * 25 / (2/3) = 32.
    assert turning_bound(3, 5, 7, Fraction(1, 3)) == 216
