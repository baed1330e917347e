"""The means of `episodes` and of its neighbours, written out path by path.

Two states and three actions with numbers of a finite field: no number is 0, 1 or equal to another.
"""

import random
from itertools import product

import numpy as np
import pytest

from utils import symbolic
from utils.symbolic import episodes, noise
from utils.symbolic.dual import Dual
from utils.symbolic.episodes import Ending, Recorded
from utils.symbolic.finite_field import random_point

STATES, ACTIONS = range(2), range(3)
PAIRS = list(product(STATES, ACTIONS))


@pytest.fixture
def x():
    shapes = {"x": (2, 3), "l": (2, 3), "v": (2,), "w": (2,), "last": (2,), "b": (2, 3)}
    return random_point(2, 3, random.Random(13), tables=shapes)


def psi(m, step):
    return m.dpi[step] / m.pi[step]


def walk(m, tau, stay=None):
    """The probability of the steps; ``stay`` is the chance of each pair that a step follows."""
    (s, a), *rest = tau
    out = m.rho0[s] * m.pi[s, a]
    for n, b in rest:
        out = out * m.P[s, a, n] * m.pi[n, b] * (1 if stay is None else stay[s, a])
        s, a = n, b
    return out


def ended(m, horizon):
    """(steps, probability) of all episodes: each step but the last goes on with 1 - x."""
    x = m.tables["x"]
    for length in range(1, horizon + 1):
        for tau in product(PAIRS, repeat=length):
            closes = x[tau[-1]] if length < horizon else 1
            yield tau, walk(m, tau, 1 - x) * closes


def to_go(m, tau, t):
    total = Dual(0)
    for step in reversed(tau[t:]):
        total = m.R[step] + m.gamma * total
    return total


def over(pairs, value):
    return sum((p * value(tau) for tau, p in pairs), Dual(0))


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_the_law_of_an_ending_world_is_that_of_its_steps_and_of_its_end(x, horizon):
    assert Ending.of(x, horizon).law == dict(ended(x, horizon))


def test_an_ending_world_has_three_steps_unless_said_otherwise(x):
    assert max(map(len, Ending.of(x).law)) == 3
    assert Recorded.of(x).horizon == 3


def test_each_mean_over_episodes_is_its_sum(x):
    ends, all_of_them, g = Ending.of(x, 2), list(ended(x, 2)), x.gamma
    v, w, log_pi, c = x.tables["v"], x.tables["w"], x.tables["l"], (Dual(3), Dual(5))

    def steps(f):
        return over(all_of_them, lambda tau: sum(g**t * f(tau, t) for t in range(len(tau))))

    assert ends.mean(lambda tau: to_go(x, tau, 0)) == steps(lambda tau, t: x.R[tau[t]])
    assert ends.sums(lambda tau, t: v[tau[t][0]]) == steps(lambda tau, t: v[tau[t][0]])
    assert ends.steps(lambda tau, t: v[tau[0][0]]) == steps(
        lambda tau, t: psi(x, tau[t]) * v[tau[0][0]]
    )
    assert ends.per_step(c) == over(
        all_of_them, lambda tau: sum(c[k] * x.R[step] for k, step in enumerate(tau)) / len(tau)
    )
    assert ends.all_with_all() == over(
        all_of_them,
        lambda tau: (
            sum(psi(x, step) for step in tau)
            * sum(to_go(x, tau, t) for t in range(len(tau)))
            / len(tau)
        ),
    )
    assert ends.attached_critic() == steps(
        lambda tau, t: (
            psi(x, tau[t]) * (to_go(x, tau, t) - v[tau[t][0]]) - log_pi[tau[t]] * w[tau[t][0]]
        )
    )


def test_the_push_is_the_entropy_times_the_slope_of_the_critic(x):
    log_pi, w = x.tables["l"], x.tables["w"]
    entropy = [-sum(x.pi[s, a] * log_pi[s, a] for a in ACTIONS) for s in STATES]
    for given, g in ((None, x.gamma), (1, Dual(1))):
        right = over(
            ended(x, 2),
            lambda tau, g=g: sum(g**t * entropy[s] * w[s] for t, (s, _) in enumerate(tau)),
        )
        assert Ending.of(x, 2).push(given) == right


def test_haste_is_paid_by_the_mean_return_times_the_slope_of_the_discount_at_the_end(x):
    # With two steps at most E[gamma^l] = gamma^2 + (gamma - gamma^2) P(l = 1), and P(l = 1) is
    # the mean of x(s_0, a_0), which moves by D.
    g, table = x.gamma, x.tables["x"]
    moves = sum(x.rho0[s] * x.dpi[s, a] * table[s, a] for s, a in PAIRS)
    J = over(ended(x, 2), lambda tau: to_go(x, tau, 0))
    assert Ending.of(x, 2).bonus_for_haste() == J * (g - g**2) * moves


def test_without_reset_only_the_return_of_the_first_episode_of_a_pair_runs_on(x):
    # Its steps see g^t psi_t (G_t + g^(l-t) G'), so the surplus is E[g^l M_l] E[G'].
    ends, g = list(ended(x, 2)), x.gamma
    J = over(ends, lambda tau: to_go(x, tau, 0))
    own = over(
        ends,
        lambda tau: sum(g**t * psi(x, s) * to_go(x, tau, t) for t, s in enumerate(tau)),
    )
    surplus = over(ends, lambda tau: g ** len(tau) * sum(psi(x, s) for s in tau)) * J
    assert Ending.of(x, 2).batch_without_reset() == own + surplus / 2


def test_a_record_of_two_steps_has_its_values_from_behind(x):
    record, last = Recorded.of(x, 2), x.tables["last"]
    V1 = [
        sum(x.pi[s, a] * (x.R[s, a] + x.gamma * (x.P[s, a] @ last)) for a in ACTIONS)
        for s in STATES
    ]
    assert len(record.values) == 3 and record.horizon == 2
    assert list(record.values[2]) == list(last) and list(record.values[1]) == V1
    paths = [(tau, walk(x, tau)) for tau in product(PAIRS, repeat=3)]
    g = x.gamma

    def terms(f):
        return over(paths, lambda tau: sum(g**t * psi(x, tau[t]) * f(tau, t) for t in range(2)))

    V = record.values
    assert record.steps(lambda tau, t: V[t][tau[t + 1][0]]) == terms(
        lambda tau, t: V[t][tau[t + 1][0]]
    )
    assert record.first_terms == terms(lambda tau, t: x.R[tau[t]] + g * V[t + 1][tau[t + 1][0]])
    assert record.value_at_the_end == over(
        paths, lambda tau: (psi(x, tau[0]) + psi(x, tau[1])) * last[tau[2][0]]
    )
    for tau in [((1, 2), (0, 1), (1, 0)), ((0, 0), (1, 1), (0, 2))]:
        (s0, _), (s1, _), (s2, _) = tau
        r0, r1 = x.R[tau[0]], x.R[tau[1]]
        assert record.late_td_error(tau, 0) == g * V[1][s1] - V[0][s0]
        assert record.late_td_error(tau, 1) == r0 + g * V[2][s2] - V[1][s1]
        assert record.above_the_critic(tau, 0) == r0 + g * r1 - V[0][s0]
        assert record.above_the_critic(tau, 1) == r1 - V[1][s1]


def test_losses_and_batch_sums_take_another_discount_in_front(x):
    log_pi = x.tables["l"]
    paths = [(tau, walk(x, tau)) for tau in product(PAIRS, repeat=2)]
    for given, g in ((None, x.gamma), (1, Dual(1))):
        loss = over(
            paths,
            lambda tau, g=g: -sum(g**t * to_go(x, tau, t) * log_pi[tau[t]] for t in range(2)),
        )
        assert episodes.mean_loss(x, log_pi, x.G, 2, given) == loss
        one = over(
            paths,
            lambda tau, g=g: sum(g**t * psi(x, tau[t]) * to_go(x, tau, t) for t in range(2)),
        )
        for n in (1, 2):
            assert episodes.mean_batch_sum(x, n, 2, given) == one * n


def test_a_sequence_of_steps_is_scored_up_to_its_limit(x):
    tau = ((1, 2), (0, 1), (1, 0))
    terms = [x.gamma**t * psi(x, tau[t]) * (t + 2) for t in range(3)]
    for n in range(4):
        right = sum(terms[:n], Dual(0))
        assert episodes.scored(x, tau, lambda tau, t: t + 2, n) == right


def test_the_slope_in_logarithms_is_the_chain_rule_for_each_pair():
    m = symbolic.free_mdp(2, 3, tables=("l",))
    table = m.tables["l"]
    loss = table[0, 0] ** 2 * m.gamma + table[1, 2] * table[0, 1]
    score = {step: m.dpi[step] / m.pi[step] for step in PAIRS}
    right = 2 * m.gamma * table[0, 0] * score[0, 0]
    right += table[0, 1] * score[1, 2] + table[1, 2] * score[0, 1]
    assert episodes.slope_in_logs(m, loss, table) == right


def test_a_bonus_is_its_table_with_minus_the_score_for_its_slope(x):
    paid = episodes.with_bonus(x)
    assert (paid.R == x.tables["b"]).all() and paid.R.shape == (2, 3)
    assert (x.gradient(paid.R) == -x.score).all()
    mean = episodes.with_bonus(x, analytic=True)
    assert mean.R.shape == (2, 3)
    for s, a in PAIRS:
        assert mean.R[s, a] == sum(x.pi[s, k] * x.tables["b"][s, k] for k in ACTIONS)


def test_the_slope_of_the_analytic_bonus_is_summed_over_three_steps(x):
    # grad sum_a pi b = sum_a D b - sum_a pi psi = sum_a D b.
    slope = np.array([sum(x.dpi[s, a] * x.tables["b"][s, a] for a in ACTIONS) for s in STATES])
    first, second, third = (x.state_law(t) @ slope for t in range(3))
    assert episodes.own_slope(x) == first + x.gamma * second + x.gamma**2 * third
    assert episodes.own_slope(x, 2) == first + x.gamma * second


def test_the_mean_step_has_three_steps_unless_said_otherwise(x):
    m = random_point(1, 2, random.Random(17))
    assert episodes.mean_step(m) == m.gradient(m.finite_horizon_objective(3))
    assert episodes.mean_step(x, 2) == x.gradient(x.finite_horizon_objective(2))


def test_each_law_of_the_noise_reads_the_pair_that_it_names():
    m = random_point(2, 2, random.Random(19), extra=1, tables={"c": (2, 2)})
    tau, half = ((1, 1), (0, 0), (1, 1)), Dual(1) / 2
    fresh = noise.fresh(m.tables["c"])
    assert [fresh(tau, k) for k in range(3)] == [m.tables["c"][step] for step in tau]
    before = noise.decided_by_the_action_before(m)
    assert [before(tau, k) for k in range(3)] == [half, 1, 0]
    after = noise.shared_with_the_next_action(m)
    assert [after(tau, k) for k in range(3)] == [0, 1, half]
    past = noise.remembers(m)
    assert past(tau, 0) == half
    assert past(tau, 1) == (2 - m.pi[1, 1]) / 2 and past(tau, 2) == (1 - m.pi[0, 1]) / 2


def test_the_defects_of_noise_are_slopes_of_means_less_scored_means():
    m = random_point(2, 2, random.Random(19), extra=1)
    (w,) = m.extra
    law = noise.shared_with_the_next_action(m)
    paths = [(tau, walk(m, tau)) for tau in product(product((0, 1), repeat=2), repeat=2)]

    def paid(tau, k, counted=1):
        return m.R[tau[k]] + counted * w * (2 * (tau[1][1] if k == 0 else Dual(1) / 2) - 1)

    for counted in (True, False):
        found = noise.defects(m, w, law, 2, counted)
        for k in range(2):
            truth = m.gradient(over(paths, lambda tau, k=k, c=counted: paid(tau, k, int(c))))
            scored = over(
                paths, lambda tau, k=k: paid(tau, k) * sum(psi(m, s) for s in tau[: k + 1])
            )
            assert found[k] == truth - scored
