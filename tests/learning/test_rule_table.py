"""The table of update rules: its numbers by other routes, and what the chapter says of them."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from utils.learning.assay import (
    AtOnce,
    Batches,
    assay,
    expected_return,
    in_world,
    later,
    mean_update,
    objective_value,
    slope,
    updates,
)
from utils.learning.rule_table import (
    ENGINE,
    FAR,
    GROUP,
    OBJECTIVES,
    SECOND_EPOCH,
    entries,
    median_weights,
    minus_kl_from_reference,
    per_length,
    reference,
    rough_critic,
    sections,
    table,
    ward,
)
from utils.learning.token_world import thinking
from utils.learning.update_rules import k1_loss

ROWS = dict(table().rows)


def named(part):
    """The report of the row with this name, or of the only one whose name has this part."""
    found = [r for name, r in ROWS.items() if name == part or part not in ROWS and part in name]
    assert len(found) == 1, part
    return found[0]


def test_there_are_at_least_fifteen_rules_and_no_two_rows_share_a_name():
    assert len(ROWS) == len(entries()) >= 15


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_a_rule_judged_at_once_gives_each_batch_the_update_that_it_gets_alone(entry):
    world, every = entry.world, Batches.of(entry.world)
    some = np.arange(0, len(every.chosen), max(1, len(every.chosen) // 60))
    few = Batches(every.chosen[some], every.start[some], every.orders[some])
    alone, at_once = (
        updates(rule, world, world.theta, few) for rule in (entry.rule, AtOnce(entry.rule))
    )
    assert alone.shape == at_once.shape == (len(some), len(world.theta))
    np.testing.assert_allclose(at_once, alone, rtol=1e-12, atol=1e-13)


def test_a_rule_that_mixes_the_batches_is_not_judged_at_once():
    def mixed(batch):
        return -(batch.mask * batch.log_pi).sum() / len(batch.mask)

    assert assay(mixed, thinking(2)).what == "stands still"
    with pytest.raises(ValueError, match=r"gives shape \(\) for \d+ batches at once"):
        assay(AtOnce(mixed), thinking(2))


UNBIASED = (
    "REINFORCE, sum", "RLOO: minus", "PPO, first step", "sequence ratio, no baseline",
    "sequence ratio, mean of the others", "k2 as a loss", "k3 times the ratio as a loss",
    "ratio as a loss on old", "k1 in the reward", "−log π in", "exact critic as",
    "rough critic as", "GAE, λ = 1/2, exact", "GAE, λ = 1, rough", "answer without a cap",
    "γᵗ in front",
)  # fmt: skip
SCALED = {"minus the group's mean": 3 / 4, "Dr. GRPO": 1 / 4}
OTHER_GRADIENT = (
    "by the group's deviation", "others' deviation", "deviation over answers", "k3 as a loss",
    "group's median", "k1 as a loss on old",
)  # fmt: skip
NOTHING = (
    "mean over own length", "RLOO, mean over all tokens", "REINFORCE++", "norm of the update",
    "PPO, whitened", "distillation", "dropped first", "(N − 1)", "GRPO: deviation and own", "DAPO",
    "GSPO, first", "k2 of each", "k3 of each", "entropy of each", "GAE, λ = 1/2, rough",
    "masked", "temperature", "top-p", "γᵗ dropped", "standardised over all steps",
    "divided by the batch's", "then whitened over answers", "silent groups", "another engine",
    "up to 2", "with a ratio above 2",
)  # fmt: skip
STILL = ("k1 as a loss", "log π as an entropy loss")


@pytest.mark.parametrize("part", UNBIASED)
def test_these_rules_are_unbiased(part):
    report = named(part)
    assert report.unbiased and report.is_gradient
    assert report.factor == pytest.approx(1)


@pytest.mark.parametrize("part", SCALED)
def test_these_rules_follow_a_multiple_of_the_gradient(part):
    report = named(part)
    assert report.climbs == "J" and report.factor == pytest.approx(SCALED[part], rel=1e-9)


@pytest.mark.parametrize("part", OTHER_GRADIENT)
def test_these_rules_climb_another_objective(part):
    report = named(part)
    assert report.is_gradient and report.climbs in OBJECTIVES and not report.unbiased
    assert report.factor == pytest.approx(1)


@pytest.mark.parametrize("part", NOTHING)
def test_these_rules_follow_the_gradient_of_nothing(part):
    found = [r for name, r in ROWS.items() if part in name]
    assert found and all(r.curl > 1e-3 and not r.climbs for r in found)


@pytest.mark.parametrize("part", STILL)
def test_these_losses_have_a_mean_gradient_of_zero(part):
    report = named(part)
    assert report.what == "stands still" and report.variance > 0.5


def test_own_length_turns_the_sign_of_the_thinking_coordinate():
    for part in ("RLOO, mean over own length", "GRPO: deviation and own", "GSPO, first step"):
        assert named(part).mean[0] > 0.01 > 0 > named("RLOO: minus").mean[0]


def test_the_first_step_of_gspo_is_the_mean_over_the_own_length():
    np.testing.assert_allclose(
        named("GSPO, first step").mean, named("mean over own length").mean, atol=1e-14
    )


def test_leaving_one_out_scatters_more_than_no_baseline_in_this_world():
    assert named("RLOO: minus").variance > 1.5 * named("REINFORCE, sum").variance


def test_the_clipped_step_turns_the_sign_of_the_right_answer():
    assert named("PPO, later step, ε").mean[1] < 0 < named("PPO, later step, ε").gradient[1]
    assert named("clip-higher").mean[1] > 0


def test_the_variance_of_leaving_one_out_is_the_formula():
    n, total, square = 4, 0.0, 0.0
    per_prompt = []
    for law in ([1, 0], [0, 1]):
        world = thinking(1, prompts=law)
        g, P = slope(expected_return, world), objective_value(expected_return, world, world.theta)
        world_table = world.episodes
        log = world.log_probabilities(world.theta)
        p = np.exp((log[world_table.states[:, :-1], world_table.actions] * world_table.mask).sum(1))
        pi = np.exp(log)
        psi = world.features - np.einsum("sa,sad->sd", pi, world.features)[:, None]
        M = psi[world_table.states[:, :-1], world_table.actions] * world_table.mask[..., None]
        M = M.sum(axis=1)
        R = world_table.rewards.sum(axis=1)
        size = (M**2).sum(axis=1)
        at_mean = p @ ((R - np.real(P)) ** 2 * size) - g @ g
        spread = (p @ size) * (p @ R**2 - (p @ R) ** 2) + g @ g
        per_prompt.append((g, (at_mean + spread / (n - 1)) / n))
    for g, variance in per_prompt:
        total, square = total + g / 2, square + (variance + g @ g) / 2
    assert named("RLOO: minus").variance == pytest.approx(square - total @ total, rel=1e-12)


def test_the_mean_of_own_length_is_the_formula():
    total = 0
    for law in ([1, 0], [0, 1]):
        world = thinking(1, prompts=law)
        P = np.real(objective_value(expected_return, world, world.theta))
        total = (
            total
            + slope(per_length, world)
            - P * slope(lambda law: law.mean(1 / law.lengths), world)
        )
    np.testing.assert_allclose(named("mean over own length").mean, total / 2, atol=1e-14)


def test_the_kl_rows_are_the_derivatives_of_sums_over_answers():
    world = thinking(1)
    ref, h = np.log(reference()), 1e-5

    def divergence(theta, swapped):
        e, log = world.episodes, world.log_probabilities(theta)
        at = (e.states[:, :-1], e.actions)
        one, other = (log[at] * e.mask).sum(axis=1), (ref[at] * e.mask).sum(axis=1)
        one, other = (other, one) if swapped else (one, other)
        return -(np.exp(one) * (one - other)).sum() / 2

    for part, swapped in (("k2 as a loss", False), ("k3 as a loss", True)):
        numeric = [
            (divergence(world.theta + d, swapped) - divergence(world.theta - d, swapped)) / (2 * h)
            for d in h * np.eye(2)
        ]
        np.testing.assert_allclose(named(part).mean, numeric, rtol=1e-8)


def test_the_coin_of_the_issue():
    # eq:kl-losses for one token: the slopes by the logit at p = 0.3 against 0.6
    p, q = 0.3, 0.6
    u = np.log([(1 - p) / (1 - q), p / q])
    law, score = np.array([1 - p, p]), np.array([-p, 1 - p])
    slopes = [law @ score, law @ (u * score), law @ ((1 - np.exp(-u)) * score)]
    true = p * (1 - p) * math.log(p * (1 - q) / (q * (1 - p)))
    np.testing.assert_allclose([true, *slopes], [-0.26308, 0, -0.26308, -0.3], atol=5e-6)


def test_the_rough_critic_and_the_move_are_those_of_the_page():
    assert rough_critic().tolist() == [0.5] * 6 + [0, 0]
    assert SECOND_EPOCH.tolist() == [0, 0.8]


def test_the_table_is_a_table_of_html_with_a_head():
    html = table()._repr_html_()
    heads = len(sections())
    assert html.count("<tr") == len(ROWS) + 1 + heads and html.count('scope="row"') == len(ROWS)
    assert repr(table()).count("\n") == len(ROWS) + heads


def test_a_name_of_an_option_stands_under_its_rule():
    html = table()._repr_html_()
    assert html.count("<small>") == sum(bool(entry.called) for entry in entries())
    assert "trl loss_type=&quot;grpo&quot;" in html and "max_grad_norm" in repr(table())


def test_a_rule_that_looks_at_lengths_by_tokens_turns_the_sign_that_answers_do_not():
    assert named("deviation over answers").mean[0] < 0 < named("REINFORCE++: the").mean[0]
    assert named("then whitened over answers").mean[0] < 0 < named("REINFORCE++-b").mean[0]


def test_a_cap_of_five_is_never_reached_at_the_later_step():
    np.testing.assert_allclose(named("ratio up to 5").mean, named("token ratios").mean, atol=1e-15)


def test_the_mean_of_the_others_is_free_beside_a_sequence_ratio_and_lowers_the_variance():
    plain, loo = named("sequence ratio, no baseline"), named("sequence ratio, mean of the others")
    assert loo.variance < 0.6 * plain.variance


def test_on_policy_distillation_is_k2_of_each_token():
    one, other = named("on-policy distillation"), named("k2 of each")
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-14)
    assert one.variance == pytest.approx(other.variance)


def test_descent_on_k1_with_old_data_climbs_the_distance_from_the_old_policy():
    for sign in (1, -1):
        world = later(thinking(1), sign * SECOND_EPOCH)
        apart = in_world(world, reference=np.exp(world.log_probabilities(world.old)))
        found = mean_update(k1_loss, apart)
        expected = -slope(minus_kl_from_reference, apart)
        np.testing.assert_allclose(found, expected, atol=1e-14)
        assert sign * found[1] > 0.2
    assert named("k1 as a loss on old data").climbs == "KL(old‖π)"


def test_the_whitened_rows_are_sums_in_plain_loops():
    # REINFORCE++ over tokens, for 2 × 2, from the list of all batches in each order
    chances, total = 0.0, np.zeros(2)
    world = thinking(1)
    e, pi = world.episodes, np.exp(world.log_probabilities(world.theta))
    psi = world.features - np.einsum("sa,sad->sd", pi, world.features)[:, None]
    every = []
    for k in range(len(e.chance)):
        steps = range(int(e.mask[k].sum()))
        at = [(e.states[k, t], e.actions[k, t]) for t in steps]
        every.append((np.prod([pi[x] for x in at]), sum(psi[x] for x in at), e.rewards[k].sum(),
                      len(at), e.states[k, 0]))  # fmt: skip
    for one, two in product(product(every, repeat=2), repeat=2):
        group = one + two
        if one[0][4] != one[1][4] or two[0][4] != two[1][4]:
            continue
        chance = np.prod([p for p, *_ in group]) / 4
        lengths, R = [y[3] for y in group], [y[2] for y in group]
        tokens = np.repeat(R, lengths)
        chances += chance
        if tokens.std() > 0:
            weights = (np.array(R) - tokens.mean()) / tokens.std()
            total += chance * sum(w * y[1] for w, y in zip(weights, group, strict=True)) / 4
    assert chances == pytest.approx(1)
    np.testing.assert_allclose(named("REINFORCE++: the").mean, total, atol=1e-12)


def test_the_moves_and_the_engine_of_the_rows_are_those_of_the_page():
    assert (GROUP, FAR.tolist(), ENGINE.tolist()) == (4, [2.5, 0], [1, 0, 0])
    for entry in entries():
        world = entry.world
        moved = [0, 0] if world.old is None else (world.theta - world.old).tolist()
        far = entry.name.endswith("far step")
        late = "later step" in entry.name or "old data" in entry.name
        assert moved == pytest.approx([2.5, 0] if far else [0, 0.8] if late else [0, 0])
        one_answer = world.reference is not None
        ward_groups = {0.8: 2 if "standardised" in entry.name else 1}
        pairs = "2 × 2" in entry.name
        size = 1 if one_answer else 2 if pairs else ward_groups.get(world.gamma, 4)
        assert (world.group, world.groups) == (size, 2 if pairs else 1)


def test_the_engine_the_temperature_and_the_nucleus_of_the_rows():
    law = np.array([[0.5, 0.3, 0.15, 0.05]])
    of = {entry.name: entry.world.behaviour for entry in entries() if entry.world.behaviour}
    cool = law ** (1 / 0.7) / (law ** (1 / 0.7)).sum()
    engine = law[:, :3] * [math.e, 1, 1] / (law[:, :3] * [math.e, 1, 1]).sum()
    for name, behaviour in of.items():
        if "0.7" in name:
            np.testing.assert_allclose(behaviour(law), cool, rtol=1e-13)
        elif "top-p" in name:  # 0.5 + 0.3 < 0.9 <= 0.5 + 0.3 + 0.15
            kept = law * [1, 1, 1, 0] / 0.95
            np.testing.assert_allclose(behaviour(law), kept, rtol=1e-13)
        else:
            np.testing.assert_allclose(behaviour(law[:, :3]), engine, rtol=1e-13)
    assert len(of) == 3 + 5


def test_the_weights_of_the_median_by_hand():
    right, wrong = median_weights(4)
    assert [right(k) for k in (1, 2, 3, 4)] == [1, 0.5, 0, 0]
    assert [wrong(k) for k in (0, 1, 2, 3)] == [0, 0, -0.5, -1]


def test_the_ward_of_the_table_has_its_two_logits():
    world = ward()
    assert (world.group, world.gamma, world.horizon) == (4, 0.8, 3)
    np.testing.assert_allclose(np.exp(world.theta), [2 / 3, 1 / 2], rtol=1e-14)
    assert world.features.shape == (3, 2, 2) and world.offsets.shape == (3, 2)


def test_distances_of_whole_answers_are_sums_over_the_list():
    world = later(thinking(1, reference=reference()), [0.3, 0.8])
    e, laws = world.episodes, {}
    for name, theta in (("now", world.theta), ("old", world.old), ("ref", np.array([0.0, 0.5]))):
        logs = world.log_probabilities(theta)
        laws[name] = np.array(
            [
                sum(logs[e.states[k, t], e.actions[k, t]] for t in range(int(e.mask[k].sum())))
                for k in range(14)
            ]
        )
    now, old, ref = laws["now"], laws["old"], laws["ref"]
    expected = {
        "−KL(π‖ref)": -(np.exp(now) * (now - ref)).sum() / 2,
        "−KL(ref‖π)": -(np.exp(ref) * (ref - now)).sum() / 2,
        "KL(old‖π)": (np.exp(old) * (old - now)).sum() / 2,
        "H": -(np.exp(now) * now).sum() / 2,
        "E[R/ℓ]": (np.exp(now) * e.rewards.sum(axis=1) / e.mask.sum(axis=1)).sum() / 2,
    }
    for name, value in expected.items():
        found = objective_value(OBJECTIVES[name], world, world.theta)
        assert found == pytest.approx(value, rel=1e-12), name
