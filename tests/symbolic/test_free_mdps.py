"""Which symbol stands where in `free_mdps`, and what the last entry of each law is."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from utils import symbolic
from utils.symbolic.free_mdps import count, in_words, table_shapes, table_symbols


def words(table):
    return np.vectorize(str, otypes=[object])(table).tolist()


@pytest.fixture(scope="module")
def m():
    return symbolic.free_mdp(3, 3, extra=("c", "d"), tables=("b",))


def test_each_free_entry_has_the_symbol_of_its_place(m):
    assert str(m.gamma) == "g" and [str(x) for x in m.extra] == ["c", "d"]
    assert words(m.rho0[:2]) == ["rho0", "rho1"]
    assert words(m.P[2, 1, :2]) == ["P210", "P211"] and words(m.P[0, 2, :2]) == ["P020", "P021"]
    assert words(m.R) == [[f"R{s}{a}" for a in range(3)] for s in range(3)]
    assert words(m.pi[:, :2]) == [[f"p{s}{a}" for a in range(2)] for s in range(3)]
    assert words(m.dpi[:, :2]) == [[f"D{s}{a}" for a in range(2)] for s in range(3)]
    assert words(m.tables["b"]) == [[f"b{s}{a}" for a in range(3)] for s in range(3)]
    assert m.R_next is None


def test_the_last_entry_is_what_is_left_by_the_others(m):
    assert m.rho0[2] == 1 - m.rho0[0] - m.rho0[1]
    for s, a in product(range(3), repeat=2):
        assert m.P[s, a, 2] == 1 - m.P[s, a, 0] - m.P[s, a, 1]
    for s in range(3):
        assert m.pi[s, 2] == 1 - m.pi[s, 0] - m.pi[s, 1]
        assert m.dpi[s, 2] == -m.dpi[s, 0] - m.dpi[s, 1]


def test_all_symbols_are_counted_and_each_free_probability_moves_by_its_own_slope(m):
    # gamma, 2 of rho0, 18 of P, 9 of R, 6 of pi and of its slopes, c, d, and 9 of b.
    assert len(m.gamma.field.gens) == 1 + 2 + 18 + 9 + 6 + 6 + 2 + 9
    assert [(str(p), str(d)) for p, d in m.moving] == [
        (f"p{s}{a}", f"D{s}{a}") for s in range(3) for a in range(2)
    ]


def test_two_states_and_two_actions_unless_said_otherwise():
    assert symbolic.free_mdp().P.shape == (2, 2, 2)
    assert symbolic.free_mdp().extra == () and symbolic.free_mdp().tables == {}
    assert symbolic.named_mdp().P.shape == (2, 2, 2)
    assert symbolic.nonnegative_mdp()[0].P.shape == (2, 2, 2)
    assert symbolic.free_mdp(1, 2).R.shape == (1, 2)


def test_without_division_the_numbers_are_polynomials():
    assert not hasattr(symbolic.free_mdp(division=False).gamma, "denom")
    assert symbolic.free_mdp().gamma.denom == 1


@pytest.mark.parametrize("size", [(0, 2), (2, 1)])
def test_too_small_a_world_is_refused_with_both_numbers(size):
    message = f"^n_states = {size[0]}, n_actions = {size[1]}; at least 1 state and 2 actions$"
    with pytest.raises(ValueError, match=message):
        symbolic.free_mdp(*size)


def test_a_reward_of_a_transition_has_the_symbol_of_its_place_and_r_is_its_mean():
    m = symbolic.free_mdp(2, 3, reward_on_transition=True)
    assert words(m.R_next) == [
        [[f"R{s}{a}{n}" for n in range(2)] for a in range(3)] for s in range(2)
    ]
    for s, a in product(range(2), range(3)):
        first, second = m.R_next[s, a]
        assert m.R[s, a] == m.P[s, a, 0] * first + (1 - m.P[s, a, 0]) * second


def test_tables_of_any_shape_are_filled_in_order():
    assert table_shapes(("b", "c"), 2, 3) == {"b": (2, 3), "c": (2, 3)}
    assert table_shapes({"x": (4,)}, 2, 3) == {"x": (4,)}
    assert table_symbols("u", (2, 3)) == ["u00", "u01", "u02", "u10", "u11", "u12"]
    m = symbolic.free_mdp(2, 2, tables={"u": (2, 3), "lam": ()})
    assert words(m.tables["u"]) == [["u00", "u01", "u02"], ["u10", "u11", "u12"]]
    assert str(m.tables["lam"]) == "lam"


def test_the_size_is_read_off_the_largest_state_and_action():
    assert in_words(["R20", "R03", "R10"]) == "3 states, 4 actions"
    assert in_words(["y01", "D00"]) == "1 state, 2 actions, any policy"
    assert in_words(["P102", "pi00"]) == "2 states, 1 action"
    assert in_words(["R0", "xR00", "D00", "R0123"]) == ""
    assert in_words(["R00", "D000"]) == "1 state, 1 action"
    assert [count(n, "state") for n in (0, 1, 2)] == ["0 states", "1 state", "2 states"]


def test_named_symbols_are_those_of_their_places_and_positive():
    m = symbolic.named_mdp(3, 2)
    S, A = range(3), range(2)
    assert words(m.rho0) == ["rho0", "rho1", "rho2"] and str(m.gamma) == "gamma"
    assert words(m.P) == [[[f"P{s}{a}{n}" for n in S] for a in A] for s in S]
    assert words(m.R) == [[f"R{s}{a}" for a in A] for s in S]
    assert words(m.pi) == [[f"pi{s}{a}" for a in A] for s in S]
    assert (m.dpi == 0).all() and m.dpi.shape == (3, 2) and m.moving == ()
    assert all(x.is_positive for x in (m.gamma, *m.rho0, *m.P.flat, *m.R.flat, *m.pi.flat))


def test_every_entry_of_the_nonnegative_mdp_is_its_fraction():
    m, R_max = symbolic.nonnegative_mdp(2, 3)
    of = {str(x): x for x in m.gamma.field.gens}
    # gamma and R_max, 1 of rho0, 6 of P, 6 of y, 4 of pi.
    assert len(of) == 2 + 1 + 6 + 6 + 4
    assert R_max == of["R_max"] and m.gamma == of["g"] / (1 + of["g"])
    assert list(m.rho0) == [1 / (1 + of["rho1"]), of["rho1"] / (1 + of["rho1"])]
    for s, a in product(range(2), range(3)):
        x = of[f"P{s}{a}1"]
        assert list(m.P[s, a]) == [1 / (1 + x), x / (1 + x)]
        assert m.R[s, a] == R_max - of[f"y{s}{a}"]
    for s in range(2):
        x, y = of[f"p{s}1"], of[f"p{s}2"]
        assert list(m.pi[s]) == [1 / (1 + x + y), x / (1 + x + y), y / (1 + x + y)]
    assert (m.dpi == 0).all() and m.dpi.shape == (2, 3) and m.moving == ()


def test_the_coin_has_one_chance_in_all_states_and_slopes_of_one():
    p, g = symbolic.generators("p, g")
    P = [[[0, 1], [1, 0]], [[Fraction(1, 3), Fraction(2, 3)], [1, 0]]]
    m = symbolic.coin_mdp(P, [[2, 3], [5, 7]], g, [Fraction(1, 4), Fraction(3, 4)], p)
    assert m.pi.tolist() == [[1 - p, p]] * 2 and m.dpi.tolist() == [[-1, 1]] * 2
    assert m.moving == ((p, 1),) and m.gamma == g
    assert m.P.tolist() == [[[0, 1], [1, 0]], [[p / (3 * p), 2 * p / (3 * p)], [1, 0]]]
    assert m.R.tolist() == [[2, 3], [5, 7]] and list(m.rho0) == [p / (4 * p), 3 * p / (4 * p)]
    numbers = (*m.P.flat, *m.R.flat, *m.rho0, *m.dpi.flat, m.gamma, m.moving[0][1])
    assert all(x.field == p.field for x in numbers)


def test_a_policy_table_moves_along_the_symbol_that_is_named():
    p, q = symbolic.generators("p, q")
    pi = [[p * q, 1 - p * q], [p**2, 1 - p**2]]
    world = ([[[0, 1], [1, 0]], [[1, 0], [0, 1]]], [[2, 3], [5, 7]], 0, [1, 0], pi)
    for symbol, slopes in ((p, [[q, -q], [2 * p, -2 * p]]), (q, [[p, -p], [0, 0]])):
        m = symbolic.parametric_mdp(*world, symbol)
        assert m.dpi.tolist() == slopes and m.pi.tolist() == pi and m.moving == ((symbol, 1),)
        assert m.R.tolist() == world[1] and m.P.tolist() == world[0]
        assert list(m.rho0) == [1, 0] and m.gamma == 0
        # Without a future J is the mean reward of state 0: 2 pq + 3 (1 - pq) = 3 - pq.
        assert m.objective == 3 - p * q
        assert m.gradient(m.objective) == -slopes[0][0]
        assert all(x.field == p.field for x in (*m.P.flat, *m.R.flat, *m.rho0, m.gamma))


def test_generators_are_the_symbols_in_the_order_of_their_names():
    assert [str(x) for x in symbolic.generators("u, v, w")] == ["u", "v", "w"]
    assert symbolic.generators("u, v")[1].as_expr() == sp.Symbol("v")
