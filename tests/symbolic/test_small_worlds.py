"""Small pieces of `utils.symbolic` against formulas that are worked out entry by entry."""

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from utils import symbolic
from utils.symbolic import compatible, network
from utils.symbolic import without_discount as dropped
from utils.symbolic.answers import NUMBERS, SIZE, answers
from utils.symbolic.dual import PRIME, Dual, as_dual
from utils.symbolic.finite_field import random_point
from utils.symbolic.histories import HistoryPolicy

# laws


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


# compatible critics


@pytest.fixture
def c():
    return random_point(3, 2, random.Random(23), tables={"E": (3,), "c": (3,)})


def test_the_second_direction_is_the_table_against_its_negative(c):
    one, two = compatible.directions(c)
    E = c.tables["E"]
    assert one is c
    for s in range(3):
        assert list(two.dpi[s]) == [E[s], -E[s]]
        assert [x.slope for x in two.pi[s]] == [E[s].value, (-E[s]).value]
        assert list(compatible.scores(c)[s, 1]) == [c.dpi[s, 1] / c.pi[s, 1], -E[s] / c.pi[s, 1]]


def test_the_weights_of_the_theorem_are_visits_times_policy(c):
    for s, a in product(range(3), range(2)):
        assert compatible.visited(c)[s, a] == c.occupancy[s] * c.pi[s, a]
    assert compatible.visited(c).sum() == 1


def test_moments_and_the_fit_are_sums_over_the_pairs(c):
    weights = compatible.visited(c)
    psi, pairs = compatible.scores(c), list(product(range(3), range(2)))
    F = [[sum(weights[x] * psi[x][i] * psi[x][j] for x in pairs) for j in (0, 1)] for i in (0, 1)]
    assert compatible.second_moments(c, weights).tolist() == F
    target = {x: c.Q[x] - c.tables["c"][x[0]] for x in pairs}
    right = [sum(weights[x] * psi[x][i] * target[x] for x in pairs) for i in (0, 1)]
    det = F[0][0] * F[1][1] - F[0][1] * F[1][0]
    w = [
        (F[1][1] * right[0] - F[0][1] * right[1]) / det,
        (F[0][0] * right[1] - F[1][0] * right[0]) / det,
    ]
    assert list(compatible.fit(c, weights)) == w
    apart = [right[0] / F[0][0], right[1] / F[1][1]]
    assert list(compatible.fit(c, weights, joint=False)) == apart
    for joint, fitted in ((True, w), (False, apart)):
        found = compatible.gradient_with_critic(c, weights, joint)
        for i, point in enumerate(compatible.directions(c)):
            value = sum(
                c.occupancy[s]
                / (1 - c.gamma)
                * point.dpi[s, a]
                * (fitted[0] * psi[s, a, 0] + fitted[1] * psi[s, a, 1] + c.tables["c"][s])
                for s, a in pairs
            )
            assert found[i] == value


# histories


def test_the_likelihood_of_a_reader_is_kernel_and_policy_step_by_step():
    p, g = symbolic.generators("p, g")
    third = p**0 / 3
    kernel = [[[third, 2 * third], [1, 0]], [[2 * third, third], [third, 2 * third]]]
    world = symbolic.coin_mdp(kernel, [[2, 3], [5, 7]], g, [third, 2 * third], p)
    reader = HistoryPolicy(world, p)
    tau = ((1, 0), (0, 1), (0, 1))
    assert [reader.probability(tau, t) for t in range(3)] == [1 - p, p**2, p]
    assert [reader.score(tau, t) for t in range(3)] == [-1 / (1 - p), 2 / p, 1 / p]
    assert reader.score(((0, 0), (0, 0)), 1) == -2 * p / (1 - p**2)
    only = {tau: 1, ((1, 0), (0, 0), (1, 1)): 10}
    # rho0(1) (1 - p) P(0|1,0) times p^2 P(0|0,1) p, or times (1 - p^2) P(1|0,0) p^2.
    first = 2 * third * (1 - p) * 2 * third
    right = first * p**2 * p + 10 * first * (1 - p**2) * 2 * third * p**2
    assert reader.expectation(lambda walk: only.get(walk, 0), 3) == right
    assert reader.expectation(lambda walk: world.R[walk[0]], 1) == (
        third * (2 * (1 - p) + 3 * p) + 2 * third * (5 * (1 - p) + 7 * p)
    )


# network


def test_the_score_of_a_network_is_carried_by_hand():
    x = random_point(1, 3, random.Random(29), tables=network.TABLES)
    t, three, two = x.tables, range(3), range(2)
    pi = [w / sum(t["w"], Dual(0)) for w in t["w"]]
    hidden = [(1 - t["h"][k] ** 2) * sum(t["dW"][k, i] * t["x"][i] for i in two) for k in three]
    logits = {
        "U": [sum(t["dU"][b, k] * t["h"][k] for k in three) for b in three],
        "W": [sum(t["U"][b, k] * hidden[k] for k in three) for b in three],
    }
    for found in (network.forward(x), network.backward(x)):
        for line, slopes in logits.items():
            mean = sum(p * slope for p, slope in zip(pi, slopes, strict=True))
            assert list(found[line]) == [slope - mean for slope in slopes]
    loose = network.backward(x, centred=0)
    assert list(loose["U"]) == logits["U"] and list(loose["W"]) == logits["W"]
    straight = network.backward(x, centred=0, bend=0)["W"]
    into = [sum(t["dW"][k, i] * t["x"][i] for i in two) for k in three]
    assert list(straight) == [sum(t["U"][b, k] * into[k] for k in three) for b in three]
    turned = network.backward(x, centred=0, transposed=False)["W"]
    assert list(turned) == [sum(t["U"][k, b] * hidden[k] for k in three) for b in three]


# series


def test_a_geometric_series_has_the_coefficients_of_its_long_division():
    # (2 + 3 x) / (5 - 7 x + x^2): 5 c_k = a_k + 7 c_{k-1} - c_{k-2}.
    x, y = symbolic.generators("x, y")
    c = [Fraction(2, 5)]
    c.append((3 + 7 * c[0]) / 5)
    c.append((7 * c[1] - c[0]) / 5)
    c.append((7 * c[2] - c[1]) / 5)
    one = x**0
    right = [one * f.numerator / f.denominator for f in c]
    value = (2 + 3 * x) / (5 - 7 * x + x**2)
    assert list(symbolic.series(value, x, 3)) == right
    # In y, of 1/(x + y): 1/x - y/x^2 + y^2/x^3.
    assert list(symbolic.series(1 / (x + y), y, 2)) == [1 / x, -1 / x**2, 1 / x**3]
    assert list(symbolic.series(y / (x + x * y**2), x / x * y, 3)) == [0, 1 / x, 0, -1 / x]
    table = symbolic.object_array([[value, 1 / (x + 2 * y), y]])
    found = symbolic.series(table, x, 0)
    assert found.shape == (1, 3, 1)
    assert list(found[0, :, 0]) == [right[0], 1 / (2 * y), y]


def test_a_negative_order_and_a_pole_are_refused_in_words():
    x, y = symbolic.generators("x, y")
    with pytest.raises(ValueError, match="^order is -1; it should be at least 0$"):
        symbolic.series(x, x, -1)
    with pytest.raises(ValueError, match="^the value has a pole at x = 0$"):
        symbolic.series(y / (x + x**2), x, 1)


# without discount


def test_a_round_trip_adds_bottom_and_right_and_takes_off_top_and_left():
    p, q = symbolic.generators("p, q")
    # Bottom and top: p^2 q + 3 p at q = 0 and 1. Left and right: 5 p q + 7 q^2 at p = 0 and 1.
    field = [p**2 * q + 3 * p, 5 * p * q + 7 * q**2]
    bottom, top = Fraction(3, 2), Fraction(1, 3) + Fraction(3, 2)
    left, right = Fraction(7, 3), Fraction(5, 2) + Fraction(7, 3)
    assert dropped.round_trip(field, (p, q)) == bottom + right - top - left
    assert dropped.curl(field, (p, q)) == 5 * q - p**2


def test_a_twist_is_the_field_times_its_rotation():
    p, q, r = symbolic.generators("p, q, r")
    a, b, c = p * q**2 * r, 3 * q * r**2 * p, 5 * p**2 * r * q
    rotation = (
        5 * p**2 * r - 6 * q * r * p,
        p * q**2 - 10 * p * r * q,
        3 * q * r**2 - 2 * p * q * r,
    )
    right = a * rotation[0] + b * rotation[1] + c * rotation[2]
    assert dropped.twist([a, b, c], (p, q, r)) == right


@pytest.fixture
def thin():
    point = random_point(3, 2, random.Random(31), extra=1)
    return point, dropped.thinned(point, point.extra[0])


def test_a_thinned_world_keeps_all_but_its_kernel(thin):
    point, x = thin
    assert (x.P == point.P * point.extra[0]).all() and x.R is point.R and x.pi is point.pi


def test_first_terms_weigh_the_scored_values_by_powers_of_the_rate(thin):
    _, x = thin
    each = [x.mean_score_at(t, x.Q) for t in range(3)]
    assert dropped.first_terms(x, 3) == each[0] + each[1] + each[2]
    assert dropped.first_terms(x, 3, Dual(5)) == each[0] + 5 * each[1] + 25 * each[2]
    assert dropped.first_terms(x, 0) == 0


def test_visits_satisfy_their_flow_equation_at_any_rate(thin):
    _, x = thin
    for given, rate in (((), 1), ((Dual(5),), 5)):
        d = dropped.visits(x, *given)
        for s in range(3):
            inflow = sum(d[n] * x.pi[n, a] * x.P[n, a, s] for n, a in product(range(3), range(2)))
            assert d[s] == x.rho0[s] + rate * inflow


def test_right_sides_multiply_visits_and_powers_of_h_state_by_state(thin):
    _, x = thin
    one, discounted = dropped.visits(x), dropped.visits(x, x.gamma)
    h, other = x.action_gradient(x.Q), x.action_gradient(x.R)
    right = dropped.right_sides(x)
    assert list(right["J"]) == [d * y for d, y in zip(discounted, h, strict=True)]
    assert right["inner"] == sum(one[s] * discounted[s] * h[s] ** 2 for s in range(3))
    wrong = dropped.right_sides(x, rate=1, Q=x.R, power=3)
    assert list(wrong["J"]) == [d * y for d, y in zip(one, other, strict=True)]
    assert wrong["inner"] == sum(one[s] ** 2 * other[s] ** 3 for s in range(3))
    assert list(dropped.tabular_direction(x)) == [one[s] * h[s] for s in range(3)]
    assert list(dropped.tabular_gradient(x)) == list(right["J"])
    assert [[bool(np.any(p.dpi[s] != 0)) for s in range(3)] for p in dropped.in_each_state(x)] == (
        np.eye(3, dtype=bool).tolist()
    )


# answers


@pytest.fixture
def a():
    return answers(random_point(*SIZE, random.Random(37), NUMBERS + 2))


def test_the_numbers_of_the_point_are_used_in_order(a):
    n = a.mdp.extra
    assert list(a.rewards) == list(n[:4]) and [y.reward for y in a.all] == list(n[:4])
    for table, first in ((a.reference, 4), (a.old, 7)):
        assert table.tolist() == [[n[first + k], 1 - n[first + k]] for k in range(3)]
    logs = {(k, b): n[10 + 2 * k + b] for k in range(3) for b in (0, 1)}
    for y in a.all:
        for t, token in enumerate(y.tokens):
            assert y.log_ratio[t] == logs[t, token]
            assert y.log_ratio[t].slope == y.scores[t].value
    assert list(a.spare) == list(n[16:]) and len(a.spare) == 2


def test_the_answers_are_one_two_or_three_tokens_and_one_that_is_cut_off(a):
    assert [y.tokens for y in a.all] == [(1,), (0, 1), (0, 0, 1), (0, 0, 0)]
    assert [a.number(y) for y in a.all] == [0, 1, 2, 3]
    assert [y.ended for y in a.all] == [1, 1, 1, 0]
    for y in a.all:
        steps = list(enumerate(y.tokens))
        chance, old, score, weight, u = Dual(1), Dual(1), Dual(0), Dual(1), Dual(0)
        for t, step in enumerate(steps):
            chance, old = chance * a.policy[step], old * a.old[step]
            own = a.mdp.dpi[step] / a.mdp.pi[step]
            score, u = score + own, u + y.log_ratio[t]
            weight = weight * a.policy[step] / a.old[step]
            assert y.scores[t] == own
            assert y.inverse[t] == a.reference[step] / a.policy[step]
            assert y.ratio[t] == a.policy[step] / a.old[step]
        assert (y.probability, y.old) == (chance, old)
        assert (y.score, y.weight, y.u) == (score, weight, u)
        assert y.probability.slope == (y.probability * y.score).value


def test_values_are_worked_out_from_behind_and_visits_from_the_front(a):
    r = a.rewards
    for table in (a.policy, a.reference, a.old):
        V2 = table[2, 0] * r[3] + table[2, 1] * r[2]
        V1 = table[1, 0] * V2 + table[1, 1] * r[1]
        V0 = table[0, 0] * V1 + table[0, 1] * r[0]
        assert a.values(table) == [V0, V1, V2, r[3]]
        assert a.visits(table) == [1, table[0, 0], table[0, 0] * table[1, 0]]
    V = a.values(a.policy)
    assert a.J == V[0] == sum(y.probability * y.reward for y in a.all)
    for y in a.all:
        assert list(y.before) == V[: len(y.tokens)]
        assert list(y.after) == [*V[1 : len(y.tokens)], y.reward]


def test_a_mean_over_pairs_is_a_double_sum_under_the_law_that_is_named(a):
    def value(y, z):
        return y.reward * y.reward * z.reward

    for law in ("probability", "old"):
        right = sum(
            getattr(y, law) * getattr(z, law) * value(y, z) for y, z in product(a.all, repeat=2)
        )
        assert a.mean(value, n=2, law=law) == right
    assert a.mean(value, n=2) == a.mean(value, n=2, law="probability")
    assert len(list(a.batches(2))) == 16 and a.batches(2).__next__() == (a.all[0], a.all[0])
    assert a.gradient(a.J) == sum(y.probability * y.score * y.reward for y in a.all)


def test_a_given_reward_takes_the_place_of_its_random_one_only(a):
    n = a.mdp.extra
    fixed = answers(a.mdp, rewards=(5, None, 0, None))
    assert list(fixed.rewards) == [5, n[1], 0, n[3]]
    assert fixed.reference.tolist() == a.reference.tolist()


# dual numbers


def test_a_dual_number_reads_as_its_value_and_slope():
    assert repr(Dual(7, 3)) == "Dual(7, 3)" and repr(Dual(2, None)) == "Dual(2, None)"
    assert (Dual(PRIME + 4, PRIME + 6).value, Dual(PRIME + 4, PRIME + 6).slope) == (4, 6)
    assert Dual(9).slope == 0 and as_dual("3") is None and as_dual(5).value == 5


def test_an_unknown_slope_stays_unknown():
    known, unknown = Dual(7, 3), Dual(5, None)
    for value in (known + unknown, unknown + known, known * unknown, unknown * known):
        assert value.slope is None
    for value in (unknown + unknown, unknown * unknown, unknown**2, -unknown, unknown.inverse()):
        assert value.slope is None
    assert (known - unknown, known + unknown, known * unknown) == (2, 12, 35)
    assert unknown**3 == 125 and (unknown**0).slope == 0


def test_equal_values_are_equal_numbers_whatever_their_slopes():
    assert Dual(7, 3) == Dual(7, 4) and Dual(7) == 7 and not Dual(7, 3) == Dual(8, 3)
    assert (Dual(7) == "7") is False
    with pytest.raises(TypeError):
        hash(Dual(7))


def test_what_is_no_integer_is_refused_by_every_operation():
    x = Dual(7, 3)
    for operate in (
        lambda: x + 0.5,
        lambda: x - 0.5,
        lambda: 0.5 - x,
        lambda: x * 0.5,
        lambda: x / 0.5,
        lambda: 0.5 / x,
        lambda: x**-1,
        lambda: x**0.5,
    ):
        with pytest.raises(TypeError):
            operate()


def test_the_inverse_has_minus_the_slope_over_the_square():
    x = Dual(2, 3)
    half = (PRIME + 1) // 2
    assert x.inverse().value == half
    assert 4 * x.inverse().slope % PRIME == PRIME - 3
    assert (1 / x).slope == x.inverse().slope
    message = "^a denominator is 0 at this point; draw another point$"
    with pytest.raises(ZeroDivisionError, match=message):
        Dual(0, 5).inverse()


def test_powers_have_the_slope_of_a_power():
    x = Dual(2, 3)
    assert [((x**n).value, (x**n).slope) for n in range(5)] == [
        (1, 0),
        (2, 3),
        (4, 12),
        (8, 36),
        (16, 96),
    ]
