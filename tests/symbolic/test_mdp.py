"""The symbolic MDP agrees with the numeric one wherever its symbols are given numbers."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from sympy import QQ

from utils import exact, symbolic
from utils.model import examples
from utils.symbolic.free_mdps import count, in_words, table_shapes, table_symbols


def at(value, point):
    """A field element at a point {symbol name: Fraction}."""

    def polynomial(part):
        total = QQ(0)
        for monomial, coefficient in part.terms():
            for name, power in zip(map(str, part.ring.symbols), monomial, strict=True):
                if power:
                    coefficient *= QQ(point[name].numerator, point[name].denominator) ** power
            total += coefficient
        return total

    ratio = polynomial(value.numer) / polynomial(value.denom)
    return Fraction(int(ratio.numerator), int(ratio.denominator))


@pytest.fixture(scope="module")
def free():
    return symbolic.free_mdp(2, 2)


@pytest.fixture(scope="module")
def running_point():
    tables = examples.running_tables()
    point = {"g": Fraction(1, 2), "rho0": tables.rho0[0]}
    for s, a in product((0, 1), repeat=2):
        point[f"P{s}{a}0"] = tables.P[s][a][0]
        point[f"R{s}{a}"] = tables.R[s][a]
    for s in (0, 1):
        point[f"p{s}0"] = 1 - tables.p[s]
        point[f"D{s}0"] = -tables.p[s] * (1 - tables.p[s])  # along the logit of action 1
    return point


@pytest.mark.parametrize("n_states, n_actions", [(1, 2), (2, 2), (2, 3), (3, 2)])
def test_laws_of_the_free_mdp_sum_to_one_and_the_derivative_of_the_policy_to_zero(
    n_states, n_actions
):
    m = symbolic.free_mdp(n_states, n_actions)
    assert m.rho0.sum() == 1
    assert all(total == 1 for total in m.P.sum(axis=2).flat)
    assert all(total == 1 for total in m.pi.sum(axis=1))
    assert all(total == 0 for total in m.dpi.sum(axis=1))


def test_value_at_the_running_numbers_is_the_exact_value_of_the_running_mdp(free, running_point):
    V, _ = exact.values(examples.running(0.5), examples.running_policy())
    assert np.allclose([float(at(v, running_point)) for v in free.V], V, rtol=1e-14)


def test_gradient_of_the_value_is_the_numeric_policy_gradient(free, running_point):
    mdp, policy = examples.running(0.5), examples.running_policy()
    slope = at(free.gradient(free.rho0 @ free.V), running_point)
    assert np.isclose(float(slope), exact.policy_gradient(mdp, policy)[:, 1].sum(), rtol=1e-13)


def test_expectation_by_enumeration_is_the_expectation_by_matrices(free):
    for t in (0, 1, 2):
        by_paths = free.expectation(lambda tau: free.R[tau[-1]], horizon=t + 1)
        assert by_paths == free.state_law(t) @ free.r_pi


def test_policy_gradient_theorem_needs_every_one_of_its_parts(free):
    # A short independent use: d/dtheta E[r_0] = E[psi_0 r_0].
    left = free.gradient(free.rho0 @ free.r_pi)
    assert left == free.expectation(lambda tau: free.score_sum(tau) * free.R[tau[0]], 1)
    assert left != free.expectation(lambda tau: free.R[tau[0]], 1)


def test_a_law_that_was_prolonged_step_by_step_has_the_likelihood_of_each_prefix(free):
    for horizon in (3, 1, 2):
        law = {tau: free.likelihood(tau) for tau in free.prefixes(horizon)}
        assert free.law(horizon) == law


def test_conditional_laws_give_back_the_policy_and_the_kernel(free):
    law = free.law(2)
    assert symbolic.conditional_laws(law) == symbolic.declared_laws(free, 2)


def test_there_are_SA_to_the_T_prefixes_and_one_empty_prefix():
    assert len(list(symbolic.prefixes(2, 3, 3))) == 6**3
    assert list(symbolic.prefixes(2, 3, 0)) == [()]


def test_gradient_of_a_number_is_zero_and_of_an_array_is_taken_entry_by_entry(free):
    assert free.gradient(7) == 0
    assert free.gradient(free.pi)[0, 0] == free.dpi[0, 0]
    assert free.gradient(free.P)[1, 0, 1] == 0


def test_nonnegative_mdp_is_an_mdp_at_every_nonnegative_point():
    m, R_max = symbolic.nonnegative_mdp()
    rng = np.random.default_rng(0)
    names = [str(s) for s in m.gamma.field.symbols]
    for number in range(20):
        point = {n: Fraction(int(rng.integers(0, 9)), int(rng.integers(1, 9))) for n in names}
        number_of = np.vectorize(lambda x, point=point: at(x, point), otypes=[object])
        P, pi, R, rho0 = map(number_of, (m.P, m.pi, m.R, m.rho0))
        gamma = at(m.gamma, point)
        assert 0 <= gamma < 1 and (R <= at(R_max, point)).all()
        for law in (P, pi, rho0):
            assert (law >= 0).all() and np.all(law.sum(axis=-1) == 1)
        if number < 2:  # V has 400 terms: two points tell
            kernel = (pi[:, :, None] * P).sum(axis=1)
            V = number_of(m.V)
            assert (V == (pi * R).sum(axis=1) + gamma * (kernel @ V)).all()


def test_solve_inverts_a_matrix_of_field_elements(free):
    matrix, right = free.P_pi, free.r_pi
    assert list(matrix @ symbolic.solve(matrix, right)) == list(right)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: symbolic.free_mdp(0, 2), "n_states = 0"),
        (lambda: symbolic.free_mdp(2, 1), "n_actions = 1"),
        (lambda: list(symbolic.prefixes(2, 2, -1)), "horizon is -1"),
        (
            lambda: symbolic.solve(symbolic.free_mdp().P_pi, symbolic.free_mdp(3, 2).r_pi),
            r"right \(3,\)",
        ),
    ],
)
def test_a_wrong_size_is_refused_with_its_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_occupancy_and_Q_at_the_running_numbers_are_those_of_the_running_mdp(free, running_point):
    mdp, policy = examples.running(0.5), examples.running_policy()
    _, Q = exact.values(mdp, policy)
    found = [[float(at(q, running_point)) for q in row] for row in free.Q]
    assert np.allclose(found, Q, rtol=1e-14)
    occupancy = [float(at(d, running_point)) for d in free.occupancy]
    assert np.allclose(occupancy, exact.occupancy(mdp, policy), rtol=1e-14)
    assert np.isclose(float(at(free.objective, running_point)), exact.objective(mdp, policy))


def test_finite_horizon_values_at_the_running_numbers_are_those_of_the_running_mdp(
    free, running_point
):
    mdp, policy = examples.running(0.5), examples.running_policy()
    for found, right in zip(
        free.finite_horizon_values(3), exact.finite_horizon_values(mdp, policy, 3), strict=True
    ):
        assert found.shape == right.shape
        numbers = np.vectorize(lambda x: float(at(x, running_point)))(found)
        assert np.allclose(numbers, right, rtol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_adjugate_times_matrix_is_the_determinant(n):
    m = symbolic.free_mdp(n, 2, division=False)
    matrix = np.eye(n, dtype=int) - m.P_pi * m.gamma
    product = symbolic.adjugate(matrix) @ matrix
    assert (product == np.eye(n, dtype=int) * symbolic.determinant(matrix)).all()


def test_coin_mdp_differentiates_with_respect_to_the_coin():
    p, x = symbolic.generators("p, x")
    m = symbolic.coin_mdp(P=[[[1], [1]]], R=[[0, x]], gamma=Fraction(1, 2), rho0=[1], p=p)
    assert m.objective == 2 * p * x and m.gradient(m.objective) == 2 * x
    assert m.score[0, 1] == 1 / p


def test_names_of_the_field_are_the_formulas_that_they_stand_for(free):
    m, law = free, free.state_law(1)
    tau = ((0, 1), (1, 0), (0, 0))
    g, R = m.gamma, m.R
    assert m.G(tau) == R[0, 1] + g * R[1, 0] + g**2 * R[0, 0]
    assert m.G(tau, 1) == R[1, 0] + g * R[0, 0]
    assert m.G(tau, gamma=1) == R[0, 1] + R[1, 0] + R[0, 0]
    assert m.G(tau, 3) == 0
    assert m.average(m.Q)[0] == m.V[0] and all(m.average(m.A) == 0)
    assert m.mean_at(1, m.R) == m.expectation(lambda tau: R[tau[1]], 2) == law @ m.r_pi
    assert m.mean_score_at(1, m.R) == m.expectation(lambda tau: m.score[tau[1]] * R[tau[1]], 2)
    assert m.finite_horizon_objective(3) == m.expectation(m.G, 3)
    assert m.policy_gradient() == m.gradient(m.objective) == m.policy_gradient(m.A)
    assert m.policy_gradient(m.R) != m.gradient(m.objective)


def test_reward_of_a_transition_is_read_one_step_on():
    n = symbolic.free_mdp(2, 2, reward_on_transition=True)
    assert n.reward(((0, 1), (1, 0)), 0) == n.R_next[0, 1, 1]
    m = symbolic.free_mdp(2, 2)
    assert m.reward(((0, 1), (1, 0)), 1) == m.R[1, 0]


def test_free_tables_have_their_shape_and_names_of_their_own():
    m = symbolic.free_mdp(2, 3, tables=("b",))
    assert m.tables["b"].shape == (2, 3) and str(m.tables["b"][1, 2]) == "b12"
    m = symbolic.free_mdp(2, 2, tables={"phi": (3, 2, 2), "c": (2,), "lam": ()})
    assert m.tables["phi"].shape == (3, 2, 2) and str(m.tables["c"][1]) == "c1"
    assert m.tables["lam"] - m.gamma != 0
    assert len({str(x) for table in ("phi", "c") for x in m.tables[table].flat}) == 14


def test_named_symbols_are_positive_and_bound_by_no_relation():
    m = symbolic.named_mdp(2, 3)
    tables = (m.rho0, m.P, m.R, m.pi)
    symbols = {x for table in tables for x in table.flat} | {m.gamma}
    assert len(symbols) == 2 + 12 + 6 + 6 + 1
    assert all(x.is_positive for x in symbols)


def test_tables_of_symbols_have_the_shape_that_is_asked_for():
    assert table_shapes(["b"], 2, 3) == {"b": (2, 3)}
    assert table_shapes({"c": (2,), "x": ()}, 2, 3) == {"c": (2,), "x": ()}
    assert table_symbols("b", (2, 2)) == ["b00", "b01", "b10", "b11"]
    assert table_symbols("x", ()) == ["x"]
    assert symbolic.free_mdp(2, 3, tables=["b"]).tables["b"].shape == (2, 3)


def test_a_world_is_named_by_its_size():
    names = [str(x) for x in symbolic.free_mdp(2, 3, extra=("c",)).gamma.field.gens]
    assert in_words(names) == "2 states, 3 actions, any policy"
    assert in_words(["R00", "R01", "c"]) == "1 state, 2 actions"
    assert in_words(["x", "y"]) == ""
    assert count(1, "action") == "1 action" and count(2, "action") == "2 actions"
