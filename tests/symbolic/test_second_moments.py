"""The recursions for second moments against enumeration, and each term of them is needed."""

import random

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
