"""The exact judge, against sums written out by hand, against autograd, and against sampling."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from utils import exact
from utils.learning import assay as judge
from utils.learning import clinic, update_rules
from utils.learning.assay import Batches, Tables, World, assay, in_world, mean_update, slope
from utils.learning.rule_table import entries, minus_kl, reference, ward
from utils.learning.token_world import thinking

CLINIC_LOSSES = {
    "healthy": lambda e, g: -(e.log_pi.sum() * (g ** np.arange(len(e.rewards)) @ e.rewards)),
    "discounts without sums": lambda e, g: (
        -(e.log_pi * e.rewards * g ** np.arange(len(e.rewards))).sum()
    ),
}


def by_hand():
    """(probability, score sum, reward, length) of every answer of each prompt, in fractions.

    Odds of "…" against "✗." are 3, of "✓." 9, 4, 1 or 1/9, 1, 9.
    """
    out = []
    for skill in ((9, 4, 1), (Fraction(1, 9), 1, 9)):
        rows, reached, score = [], Fraction(1), np.array([Fraction(0)] * 2)
        for k, s in enumerate(skill):
            total = 4 + Fraction(s)
            think, right = 3 / total, s / total
            thought, hit = np.array([1 - think, -right]), np.array([-think, 1 - right])
            rows.append((reached * right, score + hit, 1, k + 1))
            rows.append((reached / total, score - np.array([think, right]), 0, k + 1))
            reached, score = reached * think, score + thought
        rows.append((reached, score, 0, 3))
        out.append(rows)
    return out


def mean_by_hand(update, n):
    """Half the sum over the two prompts of E[update(answers)], over all ordered groups of n."""
    total = 0
    for rows in by_hand():
        for group in product(rows, repeat=n):
            chance = np.prod([p for p, *_ in group])
            total = total + chance * update([row[1:] for row in group])
    return np.array(total, dtype=float) / 2


def leave_one_out(divisor):
    def update(group):
        n, total = len(group), sum(R for _, R, _ in group)
        return sum(
            (R - Fraction(total - R, n - 1)) * M / divisor(length, group) for M, R, length in group
        ) * Fraction(1, n)

    return update


@pytest.mark.parametrize(
    "rule, divisor",
    [
        (update_rules.rloo, lambda length, group: 1),
        (update_rules.own_length_mean, lambda length, group: length),
        (
            update_rules.token_mean,
            lambda length, group: Fraction(sum(x for *_, x in group), len(group)),
        ),
    ],
)
def test_three_rules_have_the_means_of_a_sum_in_fractions(rule, divisor):
    found = mean_update(rule, thinking(3))
    np.testing.assert_allclose(found, mean_by_hand(leave_one_out(divisor), 3), atol=1e-14)


def test_the_probabilities_of_all_batches_sum_to_one():
    for world in (thinking(4), thinking(2, groups=2), ward(2)):
        batches = Batches.of(world)
        assert batches.probabilities(Tables.of(world, world.theta)).sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["rloo", "grpo", "dapo_tokens", "others_deviation", "ppo"])
def test_listing_each_order_of_a_group_changes_nothing(name):
    rule = getattr(update_rules, name)
    ordered = mean_update(rule, thinking(3), ordered=True)
    np.testing.assert_allclose(mean_update(rule, thinking(3)), ordered, atol=1e-14)


def test_a_rule_that_looks_at_the_order_is_found_out():
    def first_only(batch):
        return -(batch.rewards.sum(axis=1) * batch.log_pi.sum(axis=1))[0]

    with pytest.raises(ValueError, match="order"):
        assay(first_only, thinking(3))
    assert assay(first_only, thinking(3), ordered=True).mean.shape == (2,)


def test_the_gradient_of_the_objective_is_that_of_the_exact_solver_in_the_ward():
    mdp, policy = clinic.ward()
    expected = exact.finite_horizon_policy_gradient(mdp, policy, 3)[:2]
    np.testing.assert_allclose(slope(judge.expected_return, ward()), expected, rtol=1e-12)


@pytest.mark.parametrize("name", CLINIC_LOSSES)
def test_the_assay_and_the_clinic_judge_alike(name):
    loss = CLINIC_LOSSES[name]

    def clinical(episodes, gamma):
        return sum(loss(e, gamma) for e in episodes) / 2

    def rule(batch):
        total = 0
        for n, length in enumerate(batch.lengths.astype(int)):
            log_pi, rewards = batch.log_pi[n, :length], batch.rewards[n, :length]
            record = clinic.Episode(log_pi, rewards, np.zeros(length + 1), True)
            total = total + loss(record, batch.gamma)
        return total / len(batch.lengths)

    np.testing.assert_allclose(mean_update(rule, ward(2)), clinic.mean_step(clinical), atol=1e-12)


def test_a_loss_and_the_update_it_stands_for_have_the_same_report():
    def update(batch):
        A = update_rules.leave_one_out(batch)
        return np.einsum("n,nt,ntd->d", A, batch.mask, batch.scores) / len(A)

    one, other = (assay(rule, thinking(3)) for rule in (update, update_rules.rloo))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-15)
    assert one.variance == pytest.approx(other.variance, rel=1e-12)
    assert one.unbiased and one.climbs == "J"


def autograd_rloo(log_pi_all, batch):
    taken = anp.sum(log_pi_all * np.eye(3)[batch.tokens], axis=2)
    A = update_rules.leave_one_out(batch)
    return -anp.sum(A[:, None] * batch.mask * taken) / len(A)


def autograd_ppo(log_pi_all, batch):
    taken = anp.sum(log_pi_all * np.eye(3)[batch.tokens], axis=2)
    ratio = anp.exp((taken - batch.log_old) * batch.mask)
    A = update_rules.leave_one_out(batch)[:, None]
    bounded = anp.minimum(ratio * A, anp.clip(ratio, 0.8, 1.2) * A)
    return -anp.sum(batch.mask * bounded) / len(A)


def autograd_entropy(log_pi_all, batch):
    inner = anp.sum(anp.exp(log_pi_all) * log_pi_all, axis=2)
    return anp.sum(batch.mask * inner) / len(batch.mask)


LATE = in_world(thinking(3), old=thinking().theta, theta=thinking().theta + np.array([0.0, 0.8]))


@pytest.mark.parametrize(
    "loss, rule, world",
    [
        (autograd_rloo, update_rules.rloo, thinking(3)),
        (autograd_ppo, update_rules.ppo, LATE),
        (autograd_entropy, update_rules.entropy_analytic, thinking(1)),
    ],
)
def test_a_loss_for_an_autodiff_library_has_the_update_of_the_complex_step(loss, rule, world):
    adapted = judge.differentiated(loss, autograd.grad)
    np.testing.assert_allclose(mean_update(adapted, world), mean_update(rule, world), atol=1e-13)


def test_the_jacobian_is_that_of_autograd_for_a_rule_without_a_group():
    # E[(1 + l) R M] = sum over answers of p(y) (1 + l) R M(y), differentiated by autograd.
    world = thinking(1)
    e = world.episodes
    first = np.repeat([0.5, 0.5], 7)
    value = (1 + e.mask.sum(axis=1)) * e.rewards.sum(axis=1) / e.mask.sum(axis=1)

    def mean(theta):
        logits = world.offsets + anp.dot(world.features, theta)
        log_pi = logits - anp.log(anp.sum(anp.exp(logits), axis=1, keepdims=True))
        chosen = log_pi[e.states[:, :-1], e.actions] * e.mask
        return anp.sum(first * value * anp.exp(anp.sum(chosen, axis=1)))

    def rule(batch):
        weight = (1 + batch.lengths) / batch.lengths * batch.rewards.sum(axis=1)
        return -(weight[:, None] * batch.mask * batch.log_pi).sum() / len(weight)

    np.testing.assert_allclose(
        judge.jacobian(rule, world), autograd.hessian(mean)(world.theta), atol=1e-8
    )


def test_a_symmetric_jacobian_is_told_from_one_that_is_not():
    assert assay(update_rules.rloo, thinking(3)).is_gradient
    assert not assay(update_rules.own_length_mean, thinking(3)).is_gradient


def test_the_mean_and_variance_are_those_of_sampled_batches():
    world, n = thinking(3), 40_000
    rng = np.random.default_rng(0)
    batches = Batches.of(world)
    found = judge.updates(update_rules.grpo, world, world.theta, batches)
    chances = batches.probabilities(Tables.of(world, world.theta))
    report = assay(update_rules.grpo, world)
    drawn = found[rng.choice(len(chances), n, p=chances / chances.sum())]
    error = drawn.std(axis=0) / np.sqrt(n)
    # five standard errors: false alarm 5.7e-7 for each of two coordinates
    assert (np.abs(drawn.mean(axis=0) - report.mean) <= 5 * error).all()
    assert drawn.var(axis=0).sum() == pytest.approx(report.variance, rel=0.03)


def test_what_is_neither_a_number_nor_an_update_is_refused():
    with pytest.raises(ValueError, match="A loss is one number"):
        assay(lambda batch: batch.rewards, thinking(2))
    with pytest.raises(ValueError, match="no finite slope"):
        assay(lambda batch: batch.log_pi[0, 0] * np.nan, thinking(2), ordered=True)


def test_an_angle_is_that_between_the_two_vectors():
    report = judge.Report(np.array([1.0, 1.0]), np.array([1.0, 0.0]), np.zeros(2), 0.0, "", 0.0)
    assert report.angle == pytest.approx(45)
    back = judge.Report(np.array([-2.0, 0.0]), np.array([1.0, 0.0]), np.zeros(2), 0.0, "", 0.0)
    assert back.angle == pytest.approx(180)
    still = judge.Report(np.zeros(2), np.array([1.0, 0.0]), np.zeros(2), 0.0, "", 0.0)
    assert np.isnan(still.angle) and still.what.startswith("no slope in any batch")


def test_a_report_names_the_target_to_which_its_angle_refers():
    world = thinking(1, reference=reference())
    known = {"−KL(π‖ref)": minus_kl}
    report = assay(update_rules.k2_token_loss, world, known, "−KL(π‖ref)")
    assert "1.2° from ∇(−KL(π‖ref))" in repr(report)
    to_J = assay(update_rules.k2_token_loss, world, known)
    assert "48.7° from ∇J" in repr(to_J)
    np.testing.assert_allclose(report.gradient, slope(minus_kl, world))
    np.testing.assert_allclose(to_J.gradient, slope(judge.expected_return, world))


def test_a_forgotten_minus_is_named():
    report = assay(lambda batch: -update_rules.rloo(batch), thinking(2))
    assert report.sinks == "J" and not report.climbs
    assert "goes down J: is a minus missing?" in repr(report) and "climbs" not in repr(report)
    assert not assay(update_rules.rloo, thinking(2)).sinks


def test_no_slope_in_any_batch_is_told_from_a_slope_of_mean_zero():
    def held(batch):
        return (judge.detach(batch.log_pi) * batch.mask).sum()

    def score(batch):
        return (batch.log_pi * batch.mask).sum()

    assert "no slope in any batch: is all detached?" in repr(assay(held, thinking(2)))
    report = assay(score, thinking(2))
    assert report.what == "stands still" and report.variance > 0.1


def one_number_an_answer(batch):
    return -update_rules.leave_one_out(batch) * (batch.mask * batch.log_pi).sum(axis=1)


def test_a_loss_without_its_mean_is_no_update_in_a_group_of_two_either():
    for n in (2, 3):
        with pytest.raises(ValueError, match="is a mean or a sum missing"):
            assay(one_number_an_answer, thinking(n))


def test_an_update_may_hold_a_ratio_with_detach():
    def update(batch):
        ratio = judge.detach(np.exp(batch.log_pi - batch.log_old))
        A = update_rules.leave_one_out(batch)
        return np.einsum("n,nt,ntd->d", A, batch.mask * ratio, batch.scores) / len(A)

    one, other = (assay(rule, LATE) for rule in (update, update_rules.ratio_loss))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-15)


def filled(batch):
    out = np.zeros(len(batch.mask))
    for i in range(len(out)):
        out[i] = (batch.mask * batch.log_pi)[i].sum()
    return out.sum()


@pytest.mark.parametrize(
    "loss",
    [
        filled,
        lambda batch: math.exp((batch.mask * batch.log_pi).sum()),
        lambda batch: float((batch.mask * batch.log_pi).sum()),
    ],
)
def test_a_number_that_loses_its_slope_is_refused_in_words(loss):
    with pytest.raises(ValueError, match="hold the number with detach"):
        assay(loss, thinking(2))


@pytest.mark.parametrize("group, groups, number", [(4, 1, 420), (8, 1, 6006), (4, 2, 88_410)])
def test_the_numbers_of_batches_are_those_of_the_page(group, groups, number):
    assert len(Batches.of(thinking(group, groups=groups)).chosen) == number


def test_the_world_says_which_table_is_no_law():
    world = thinking(1)
    with pytest.raises(ValueError, match="start sums to"):
        in_world(world, start=world.start * 2)


def test_a_world_of_an_mdp_has_its_episodes():
    mdp, policy = clinic.ward()
    assert len(World.of(mdp, policy, 3).episodes.chance) == 7
    assert {e.world.horizon for e in entries()} == {3}
