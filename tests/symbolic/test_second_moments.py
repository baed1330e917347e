"""The recursions for second moments against enumeration, and each term of them is needed."""

import random
from dataclasses import replace

import numpy as np
import pytest

from utils.exact import stopping_game
from utils.symbolic import enumeration as by_hand
from utils.symbolic import generators, second_moments
from utils.symbolic.finite_field import random_point

T = 3


@pytest.fixture
def x():
    return random_point(2, 2, random.Random(4), tables={"b": (T, 2), "phi": (T, 2, 2)})


def sampled_return(x, tau):
    b = x.tables["b"]
    return sum(x.gamma**t * x.score[tau[t]] * (x.G(tau, t) - b[t, tau[t][0]]) for t in range(T))


def test_return_moments_are_those_over_all_prefixes(x):
    found = second_moments.return_moments(x, x.tables["b"], T)
    assert x.expectation(lambda tau: sampled_return(x, tau) ** 2, T) == x.rho0 @ found["⟨X²⟩"]
    mixed = x.expectation(lambda tau: x.G(tau) * sampled_return(x, tau), T)
    assert mixed == x.rho0 @ found["⟨GX⟩"]


@pytest.mark.parametrize("term", second_moments.RETURN_TERMS[1:])
def test_each_term_of_the_recursion_for_returns_is_needed(x, term):
    full = second_moments.return_moments(x, x.tables["b"], T)
    assert not x.rho0 @ second_moments.return_moments(x, x.tables["b"], T, term)["⟨X²⟩"] == (
        x.rho0 @ full["⟨X²⟩"]
    )


def test_value_moments_are_those_over_all_prefixes(x):
    phi = x.tables["phi"]
    found = second_moments.value_moments(x, phi, T)
    assert found["⟨X²⟩"] @ x.rho0 == x.expectation(
        lambda tau: by_hand.value_form(x, tau, range(T), phi) ** 2, T
    )


def test_whole_return_moments_are_those_over_all_prefixes(x):
    for (j, k), moment in second_moments.whole_return_moments(x, T).items():
        mean = x.expectation(lambda tau, j=j, k=k: x.G(tau) ** j * x.score_sum(tau) ** k, T)
        assert mean == x.rho0 @ moment


def test_best_baseline_solves_its_normal_equation(x):
    terms = second_moments.best_baseline_terms(x, T)
    total = terms["own"] + terms["later"] + terms["earlier"]
    for t in range(T):
        hit = x.expectation_where(
            lambda tau, t=t: by_hand.return_form(x, tau, range(T)) * x.gamma**t * x.score[tau[t]],
            t,
            T,
        )
        assert (hit == x.gamma ** (2 * t) * x.state_law(t) * total[t]).all()


def test_decomposition_is_the_difference_of_the_second_moments(x):
    Q = x.finite_horizon_values(T)[1]
    difference = x.expectation(
        lambda tau: (
            by_hand.return_form(x, tau, range(T)) ** 2
            - by_hand.value_form(x, tau, range(T), Q) ** 2
        ),
        T,
    )
    assert sum(second_moments.decomposition(x, T)) == difference


def test_surprises_add_up_to_return_minus_value(x):
    V, Q = x.finite_horizon_values(T)
    for (tau, t), total in second_moments.surprises_to_come(x, T).items():
        assert x.G(tau, t) - Q[t][tau[t]] == total
    tau = ((0, 1), (1, 0), (0, 0))
    assert second_moments.surprise(x, tau, 2, V, Q) == Q[2][0, 0] - (x.P @ V[2])[1, 0]


def test_stationary_moments_of_the_stopping_game_have_its_closed_form():
    p, g = generators("p g")
    game = stopping_game.world(p, g)
    by_q = game.rho0 @ second_moments.value_moments(game, game.Q)["⟨X²⟩"]
    by_g = game.rho0 @ second_moments.return_moments(game, np.array([0, 0]))["⟨X²⟩"]
    assert by_q - by_g == stopping_game.excess_of_q(p, g)


def test_gae_gap_is_its_formula(x):
    critic, last = [*x.tables["b"], x.tables["phi"][0, 0]], x.tables["phi"][0, 1]
    lam = x.tables["phi"][1, 0, 0]
    assert by_hand.gae_gap(x, critic, lam, last) == by_hand.gae_bias(x, critic, lam, last)


@pytest.mark.parametrize("term", second_moments.VALUE_TERMS[1:])
def test_each_term_of_the_recursion_for_values_is_needed(x, term):
    full = second_moments.value_moments(x, x.tables["phi"], T)["⟨X²⟩"]
    left = second_moments.value_moments(x, x.tables["phi"], T, term)["⟨X²⟩"]
    assert not x.rho0 @ full == x.rho0 @ left


def test_a_whole_return_loses_what_its_recursion_leaves_out(x):
    full, g, R, psi = second_moments.whole_return_moments(x, T), x.gamma, x.R, x.score
    undiscounted = second_moments.whole_return_moments(replace(x, gamma=g**0), T)
    first_score = {
        (j, k): x.expectation(lambda tau, j=j, k=k: x.G(tau) ** j * psi[tau[0]] ** k, T)
        for j, k in full
    }
    found = {name: second_moments.whole_return_moments(x, T, name) for name in WITHOUT}
    for order in full:
        assert (found["gamma"][order] == undiscounted[order]).all()
        assert x.rho0 @ found["later scores"][order] == first_score[order]
    joint = second_moments.whole_return_moments(x, 2, "joint")
    later = x.P @ x.r_pi * g
    assert (joint[1, 1] == x.average(psi * (R + later))).all()
    assert (joint[1, 2] == x.average(psi**2 * (R + later) + R * (x.P @ x.average(psi**2)))).all()
    binomials = second_moments.whole_return_moments(x, 2, "binomials")
    assert (binomials[1, 1] == second_moments.whole_return_moments(x, 2)[1, 1]).all()
    squares = x.P @ x.average(R**2) * g**2
    assert (binomials[2, 0] == x.average(R**2 + R * later + squares)).all()


WITHOUT = ("gamma", "later scores")


def test_second_moment_of_a_whole_return_with_a_baseline_is_that_over_all_prefixes(x):
    b = x.tables["b"][0, 0]
    found = second_moments.whole_return(x, T, b)
    square = x.expectation(lambda tau: (x.G(tau) - b) ** 2 * x.score_sum(tau) ** 2, T)
    assert found["E[X^2]"] == square
    assert found["m"].keys() == {(0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)}
    assert found["m"][1, 1] == x.gradient(x.finite_horizon_objective(T))


def test_surprises_to_come_may_be_counted_at_another_rate(x):
    V, Q = x.finite_horizon_values(T)
    found = second_moments.surprises_to_come(x, T, rate=7)
    tau = ((0, 1), (1, 0), (0, 0))
    one, two = (second_moments.surprise(x, tau, k, V, Q) for k in (1, 2))
    assert found[tau, 0] == 7 * one + 49 * two and found[tau, 1] == 7 * two
    assert len(found) == 2 * 4**T


def test_parts_of_the_decomposition_count_the_scores_before_and_what_is_ahead(x):
    V, Q = x.finite_horizon_values(T)
    g, psi = x.gamma, x.score
    square = square_own = product = product_own = ahead = 0
    for tau, chance in x.law(T).items():
        for k in (1, 2):
            zeta = second_moments.surprise(x, tau, k, V, Q) * g ** (2 * k) * chance
            before = psi[tau[0]] + (psi[tau[1]] if k == 2 else 0)
            own = before + psi[tau[k]]
            value = psi[tau[k]] * Q[k][tau[k]]
            square += before**2 * zeta**2 / (chance * g ** (2 * k))
            square_own += own**2 * zeta**2 / (chance * g ** (2 * k))
            product += 2 * before * zeta * value
            product_own += 2 * own * zeta * value
            if k == 1:
                slope = x.gradient(V[2])
                ahead += 2 * before * zeta * g * (x.P @ slope)[tau[1]]
    assert second_moments.decomposition(x, T) == [square, product + ahead]
    assert second_moments.decomposition(x, T, later=False) == [square, product]
    both = second_moments.decomposition(x, T, later=False, own=1)
    assert both == [square_own, product_own]


@pytest.mark.parametrize("moments", [second_moments.return_moments, second_moments.value_moments])
def test_a_term_that_is_not_there_cannot_be_left_out(x, moments):
    with pytest.raises(ValueError, match="without is 'R P⟨Y⟩', not one of"):
        moments(x, x.tables["b"], T, "R P⟨Y⟩")
    with pytest.raises(ValueError, match="without is 'all', not one of '', 'joint'"):
        second_moments.whole_return_moments(x, T, "all")
