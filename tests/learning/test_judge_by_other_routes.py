"""The judge in a world with chance in its moves, three parameters and a discount."""

from __future__ import annotations

import re
from itertools import product
from math import factorial

import numpy as np
import pytest

from utils import exact
from utils.learning import assay as judge
from utils.learning import update_rules as u
from utils.learning.assay import (
    AssayTable,
    Batches,
    NoReference,
    Report,
    Tables,
    World,
    assay,
    in_world,
    later,
    mean_update,
    objective_value,
    slope,
)
from utils.learning.drawn_answers import listed
from utils.learning.token_world import thinking
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax

rng = np.random.default_rng(8)
P = np.zeros((4, 2, 4))  # three rooms and the end, which is state 3
P[:3] = rng.dirichlet([1, 2, 3, 1], (3, 2))
P[0, 1] = [0, 0.25, 0, 0.75]
P[3, :, 3] = 1
R = np.array([[0.5, -1.25], [2.0, 0.75], [-0.5, 3.0], [0, 0]])
START = np.array([0.25, 0.0, 0.75, 0.0])
MDP = FiniteMDP(P, R, 0.75, START)
FEATURES = rng.normal(0, 1, (4, 2, 3))
OFFSETS = rng.normal(0, 1, (4, 2))
POLICY = LinearSoftmax(FEATURES, np.array([0.3, -0.8, 0.5]), OFFSETS)
WORLD = World.of(MDP, POLICY, 2)
PI = POLICY.probabilities


def walks():
    """(chance, states, actions, rewards) of every episode of at most two steps."""
    for s, a in product((0, 2), (0, 1)):
        for after in np.flatnonzero(P[s, a]):
            first = START[s] * PI[s, a] * P[s, a, after]
            if after == 3:
                yield first, [s, 3], [a], [R[s, a]]
                continue
            for b in (0, 1):
                for last in np.flatnonzero(P[after, b]):
                    chance = first * PI[after, b] * P[after, b, last]
                    yield chance, [s, after, last], [a, b], [R[s, a], R[after, b]]


def key(states, actions):
    return tuple(map(int, states)), tuple(map(int, actions))


def test_the_episodes_are_those_of_two_nested_loops():
    e, tables = WORLD.episodes, Tables.of(WORLD, WORLD.theta)
    expected = {key(states, actions): (p, r) for p, states, actions, r in walks()}
    p = WORLD.start[e.states[:, 0]] * tables.probabilities()
    assert len(p) == len(expected) and p.sum() == pytest.approx(1)
    for k, length in enumerate(e.mask.sum(axis=1).astype(int)):
        chance, rewards = expected[key(e.states[k, : length + 1], e.actions[k, :length])]
        assert p[k] == pytest.approx(chance, rel=1e-13)
        assert e.rewards[k].tolist() == rewards + [0] * (2 - length)
        assert (e.states[k, length:] == e.states[k, length]).all()
        assert e.ended[k] == (e.states[k, length] == 3)
    assert WORLD.terminal.tolist() == [False, False, False, True]


def test_only_a_state_that_keeps_and_pays_nothing_is_an_end():
    kernel = np.zeros((3, 2, 3))
    kernel[0, :, 0] = kernel[1, 0, 1] = kernel[1, 1, 2] = kernel[2, :, 2] = 1
    pays = np.array([[0, 0.5], [0, 0], [0, 0]])
    world = in_world(WORLD, P=kernel, R=pays, start=np.eye(3)[0])
    assert world.terminal.tolist() == [False, False, True]


def test_values_objective_and_gradient_are_those_of_the_exact_solver():
    pi = LinearSoftmax(FEATURES, np.array([0.3, -0.8, 0.5]), OFFSETS)
    last = (PI * R).sum(axis=1)
    first = (PI * (R + 0.75 * P @ last)).sum(axis=1)
    np.testing.assert_allclose(WORLD.values(WORLD.theta), [first, last, 0 * last], atol=1e-14)
    J = exact.finite_horizon_objective(MDP, pi, 2)
    assert objective_value(judge.expected_return, WORLD, WORLD.theta) == pytest.approx(J)
    gradient = exact.finite_horizon_policy_gradient(MDP, pi, 2)
    np.testing.assert_allclose(slope(judge.expected_return, WORLD), gradient, rtol=1e-12)
    np.testing.assert_allclose(mean_update(u.with_discount_in_front, WORLD), gradient, rtol=1e-12)
    np.testing.assert_allclose(mean_update(u.with_critic, WORLD), gradient, rtol=1e-12)
    made_up = in_world(WORLD, critic=np.array([3.0, -1.0, 2.0, 0.0]))
    np.testing.assert_allclose(mean_update(u.with_critic, made_up), gradient, rtol=1e-12)


def test_with_no_offsets_the_logits_are_the_features():
    plain = World.of(MDP, LinearSoftmax(FEATURES, WORLD.theta), 2)
    logits = FEATURES @ WORLD.theta
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(plain.log_probabilities(WORLD.theta), expected, rtol=1e-13)
    assert plain.gamma == 0.75 and WORLD.horizon == 2


@pytest.mark.parametrize("shared", [True, False])
def test_batches_of_two_groups_of_two_are_the_episodes_of_independent_draws(shared):
    world = in_world(thinking(2, groups=2, prompts=[0.25, 0.75]), shared=shared)
    batches = Batches.of(world)
    chances = batches.probabilities(Tables.of(world, world.theta))
    assert chances.sum() == pytest.approx(1)
    R = world.episodes.rewards.sum(axis=1)[batches.chosen].reshape(-1, 2, 2)
    both = chances @ (R[:, :, 0] * R[:, :, 1]).mean(axis=1)
    right = [
        objective_value(judge.expected_return, thinking(1, prompts=law), world.theta).real
        for law in ([1, 0], [0, 1])
    ]
    mean = 0.25 * right[0] + 0.75 * right[1]
    expected = 0.25 * right[0] ** 2 + 0.75 * right[1] ** 2 if shared else mean**2
    assert both == pytest.approx(expected, rel=1e-13)
    across = chances @ (R[:, 0].mean(axis=1) * R[:, 1].mean(axis=1))
    assert across == pytest.approx(mean**2, rel=1e-13)


def test_a_batch_stands_for_its_orders():
    batches = Batches.of(thinking(3))
    counts = [
        factorial(3) // np.prod([factorial(np.sum(row == x)) for x in set(row.tolist())])
        for row in batches.chosen
    ]
    assert batches.orders.tolist() == counts
    pairs = Batches.of(thinking(2, groups=2))
    assert pairs.orders.sum() == (2 * 7**2) ** 2
    assert (Batches.of(thinking(3), ordered=True).orders == 1).all()


def test_the_curl_is_the_mean_of_the_turn_of_the_update():
    def own_length(batch):
        return u.own_length_mean(batch)

    world = thinking(3, prompts=[0.25, 0.75])
    chances, y = listed(world)
    turn = chances @ y.turn(y.beside / y.lengths)
    batches = Batches.of(world)
    assert judge.curl(own_length, world, world.theta, batches) == pytest.approx(abs(turn), abs=1e-8)
    J = judge.jacobian(own_length, world)
    assert J[1, 0] - J[0, 1] == pytest.approx(turn, abs=1e-8)


def crooked(batch):
    """The update of REINFORCE with a factor of its own for each coordinate."""
    weights = batch.rewards.sum(axis=1)
    M = np.einsum("nt,ntd->nd", batch.mask, batch.scores)
    return (weights[:, None] * M * [1.0, 2.0, 5.0]).mean(axis=0)


def test_the_curl_of_three_coordinates_is_the_largest_of_three_differences():
    # The mean of M_i R w_i is w_i times the slope of J_1 (gamma = 1), so its Jacobian is w_i H_ij.
    world = in_world(WORLD, gamma=1.0)
    h, eye = 1e-4, np.eye(3)
    H = np.stack(
        [
            (slope(judge.expected_return, world, world.theta + h * v)
             - slope(judge.expected_return, world, world.theta - h * v)) / (2 * h)
            for v in eye
        ]
    )  # fmt: skip
    w = np.array([1.0, 2.0, 5.0])
    expected = max(abs((w[i] - w[j]) * H[i, j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    found = judge.curl(crooked, world, world.theta, Batches.of(world))
    assert found == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(judge.jacobian(crooked, world), w[:, None] * H, atol=1e-7)
    report = assay(crooked, world)
    assert report.curl >= found and report.what == "the gradient of nothing"


def test_the_deviation_is_that_of_the_list_and_a_multiple_is_named():
    world = in_world(WORLD, gamma=1.0)
    report = assay(lambda batch: 2.5 * u.reinforce(batch), world)
    assert report.climbs == "J" and report.what == "2.5000 · J" and not report.unbiased
    psi = {
        (s, a): FEATURES[s, a] - PI[s, 0] * FEATURES[s, 0] - PI[s, 1] * FEATURES[s, 1]
        for s, a in product(range(4), (0, 1))
    }
    mean, square = np.zeros(3), np.zeros(3)
    for p, states, actions, rewards in walks():
        step = 2.5 * sum(rewards) * sum(psi[s, a] for s, a in zip(states, actions, strict=False))
        mean, square = mean + p * step, square + p * step * step
    np.testing.assert_allclose(report.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(report.deviation, np.sqrt(square - mean * mean), rtol=1e-11)
    assert report.variance == pytest.approx((square - mean * mean).sum(), rel=1e-11)
    np.testing.assert_allclose(report.gradient, mean / 2.5, rtol=1e-12)
    assert report.angle == pytest.approx(0, abs=1e-6) and report.factor == pytest.approx(2.5)


def test_rules_that_look_at_the_order_of_episodes_or_of_groups_are_found_out():
    def within(batch):
        return -(batch.rewards.sum(axis=1) * batch.log_pi.sum(axis=1))[0::2].sum()

    def among(batch):
        return -(batch.rewards.sum(axis=1) * batch.log_pi.sum(axis=1))[:2].sum()

    for rule in (within, among):
        with pytest.raises(ValueError, match="looks at the order of the episodes; pass ordered"):
            assay(rule, thinking(2, groups=2))
    with pytest.raises(ValueError, match="looks at the order"):
        assay(among, in_world(thinking(1), group=1, groups=3))


def test_a_loss_that_is_not_finite_names_its_batch():
    def loss(batch):
        bad = batch.tokens[:, 0].tolist() == [2, 2]
        return (batch.log_pi * (np.nan if bad else 1.0)).sum()

    world = thinking(2)
    first = [
        row.tolist()
        for row in Batches.of(world).chosen
        if (world.episodes.actions[row, 0] == 2).all()
    ][0]
    with pytest.raises(ValueError, match=rf"on the batch of episodes \[{first[0]}, {first[1]}\]"):
        mean_update(loss, world)


def report(mean=(1.0, 0.0), gradient=(1.0, 0.0), curl=0.0, climbs="", factor=0.0, **rest):
    return Report(np.array(mean), np.array(gradient), np.array([0.3, 0.4]), curl, climbs, factor,
                  **rest)  # fmt: skip


def test_the_angle_between_two_vectors_of_any_length():
    assert report((3.0, 0.0), (0.5, 0.5)).angle == pytest.approx(45)
    assert report((0.0, 2.0), (7.0, 0.0)).angle == pytest.approx(90)
    assert report((-1.0, np.sqrt(3)), (5.0, 0.0)).angle == pytest.approx(120)
    tiny = report((2.0, 2e-9), (3.0, 0.0))
    assert tiny.angle == pytest.approx(np.degrees(1e-9), rel=1e-6)
    assert np.isnan(report((1e-8, 0.0), (1e-8, 0.0)).angle)
    assert report((1e-6, 0.0), (1e-7, 0.0)).angle == 0


def test_a_report_in_words():
    assert report().variance == pytest.approx(0.25)
    assert repr(report((1.5, -2.0), (1.5, -2.0), climbs="J", factor=1.0)) == (
        "mean update (+1.5000, −2.0000), 0.0° from ∇J\nclimbs: J\ncurl 0.0000, variance 0.2500"
    )
    other = report((0.0, 2.0), (7.0, 0.0), curl=0.125, target="−KL(π‖ref)")
    assert repr(other) == (
        "mean update (+0.0000, +2.0000), 90.0° from ∇(−KL(π‖ref))\n"
        "climbs: the gradient of nothing\ncurl 0.1250, variance 0.2500"
    )
    still = report((0.0, 0.0))
    assert (
        repr(still) == "mean update (+0.0000, +0.0000)\nstands still\ncurl 0.0000, variance 0.2500"
    )
    assert report((-1.0, 0.0), sinks="J").what == "goes down J: is a minus missing?"
    assert "climbs" not in repr(report((-1.0, 0.0), sinks="J"))
    assert report(climbs="J", factor=0.75).what == "0.7500 · J"
    assert report(climbs="J", factor=1 + 1e-8).what == "J"
    assert report(climbs="J", factor=1 - 2e-7).what == "1.0000 · J"
    assert report(held=True).what == "old data: compare the angle"
    assert report(held=True, curl=0.1).what == "the gradient of nothing"
    assert report().what == "no curl, nothing listed"
    assert report(curl=1e-6).is_gradient and not report(curl=1.1e-6).is_gradient
    assert report((1.0, 1e-8)).unbiased and not report((1.0, 1.1e-8)).unbiased
    assert report((1.0, -1.1e-8)).unbiased is False


def test_a_table_of_reports_in_text_and_in_html():
    rows = (
        ("one & all", report((1.5, -2.0), (1.5, -2.0), climbs="J", factor=1.0)),
        ("two", report((0.0, 0.0), curl=0.25)),
        ("three", report((0.0, 2.0), (7.0, 0.0))),
    )
    table = AssayTable(rows, called=("", "an <option>", ""), heads={0: "A & B", 2: "C"})
    first = ("1", "one & all", "(+1.5000, −2.0000)", "0.0°", "J", "0", "0.2500")
    second = ("2", "two", "(+0.0000, +0.0000)", "—", "stands still", "0.2500", "0.2500")
    third = ("3", "three", "(+0.0000, +2.0000)", "90.0°", "no curl, nothing listed", "0", "0.2500")
    assert table.cells() == [first, second, third]
    assert repr(table).split("\n") == [
        " | ".join(table.HEAD), "A & B", " | ".join(first), " | ".join(second) + " | an <option>",
        "C", " | ".join(third),
    ]  # fmt: skip
    html = table._repr_html_()
    heads = re.findall(r'<th scope="col">(.*?)</th>', html)
    assert heads == list(table.HEAD[1:])
    bodies = re.findall(r"<tr.*?</tr>", html.split("<tbody>")[1])
    assert [re.sub("<[^>]*>", "|", row).strip("|") for row in bodies] == [
        "A &amp; B",
        "1||one &amp; all||(+1.5000, −2.0000)||0.0°||J||0||0.2500",
        "2||two||an &lt;option&gt;|||(+0.0000, +0.0000)||—||stands still||0.2500||0.2500",
        "C",
        "3||three||(+0.0000, +2.0000)||90.0°||no curl, nothing listed||0||0.2500",
    ]
    assert html.count('colspan="7"') == 2
    cells = re.findall(r"<td( style=[^>]*)>", bodies[1])[1:]  # without the number of the row
    assert ["min-width" in cell for cell in cells] == [False, False, True, False, False]
    plain = AssayTable(rows[:1])
    assert "<small>" not in plain._repr_html_() and repr(plain).count("|") == 12


def test_a_world_in_words_and_its_errors():
    assert repr(thinking(4)) == "a world of 14 episodes of at most 3 steps, batches of 4"
    pairs = thinking(2, groups=3)
    assert repr(pairs) == "a world of 14 episodes of at most 3 steps, batches of 3 × 2"
    for name in ("horizon", "group", "groups"):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            in_world(WORLD, **{name: 0})
    with pytest.raises(ValueError, match=r"P\[0, 0\] sums to 2"):
        in_world(WORLD, P=WORLD.P * np.where(np.arange(4) == 0, 2, 1)[:, None, None])
    assert (WORLD.group, WORLD.groups, WORLD.shared) == (1, 1, True)
    assert thinking(1).gamma == 1.0


def test_a_later_world_has_moved_and_its_data_have_not():
    moved = later(WORLD, [1, 0, -2])
    np.testing.assert_allclose(moved.theta, [1.3, -0.8, -1.5])
    assert moved.old is WORLD.theta
    np.testing.assert_allclose(moved.data_law(moved.theta), PI, rtol=1e-13)
    doubled = in_world(moved, behaviour=lambda table: table[:, ::-1])
    np.testing.assert_allclose(doubled.data_law(doubled.theta), PI[:, ::-1], rtol=1e-13)


def test_what_a_law_knows_of_each_episode():
    world = in_world(WORLD, reference=np.array([[0.25, 0.75]] * 4))
    tables, e = Tables.of(world, world.theta), world.episodes
    law = judge.Law(tables, tables.probabilities() * world.start[e.states[:, 0]])
    for k, length in enumerate(e.mask.sum(axis=1).astype(int)):
        at = list(zip(e.states[k, :length], e.actions[k, :length], strict=True))
        surprise = -sum(np.log(PI[x]) for x in at)
        assert law.surprise[k] == pytest.approx(surprise)
        apart = sum(np.log(PI[x] / (0.25, 0.75)[x[1]]) for x in at)
        assert law.log_ratio[k] == pytest.approx(apart, abs=1e-13)
        assert law.returns[k] == pytest.approx(sum(0.75**t * R[x] for t, x in enumerate(at)))
        assert (law.lengths[k], law.ended[k]) == (length, e.ended[k])
    first = e.states[:, 0]
    shares = [
        (START[s], (law.probability * e.mask[:, 1])[first == s].sum() / START[s]) for s in (0, 2)
    ]
    np.testing.assert_allclose(law.by_start(e.mask[:, 1]), shares, rtol=1e-13)
    with pytest.raises(NoReference, match=r"give it one, reference=\[S, A\]"):
        _ = Tables.of(WORLD, WORLD.theta).log_ref
