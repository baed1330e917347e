"""Update rules of today's programs, each judged exactly: the table that chapter 9 prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils.learning import clinic, update_rules
from utils.learning.assay import AssayTable, Law, Objective, Rule, World, assay, in_world
from utils.learning.group_objective import (
    group_objective,
    others_weights,
    standardised_weights,
)
from utils.learning.token_world import thinking

GROUP = 4


def per_length(law: Law) -> complex:
    """E[R / l]."""
    return law.mean(law.returns / law.lengths)


def minus_kl(law: Law) -> complex:
    """-KL(pi || ref) of whole answers."""
    return -law.mean(law.log_ratio)


def minus_kl_from_reference(law: Law) -> complex:
    """-KL(ref || pi) of whole answers."""
    return law.mean(np.exp(-law.log_ratio) * law.log_ratio)


def entropy(law: Law) -> complex:
    """The entropy of whole answers."""
    return law.mean(law.surprise)


def sampled_return(law: Law) -> complex:
    """The mean return of the answers that are really drawn, J of the law of the data."""
    tables, e = law.tables, law.tables.world.episodes
    world = tables.world
    table = np.exp(world.log_probabilities(tables.theta))
    drawn = table if world.behaviour is None else world.behaviour(table)
    chances = np.where(e.mask > 0, drawn[e.states[:, :-1], e.actions], 1).prod(axis=1)
    return (world.start[e.states[:, 0]] * e.chance * chances) @ law.returns


OBJECTIVES: dict[str, Objective] = {
    "E[R/ℓ]": per_length,
    "E φ(K), deviation": group_objective(standardised_weights(GROUP), GROUP),
    "E φ(K), others": group_objective(others_weights(GROUP), GROUP),
    "E φ(K), batch": group_objective(standardised_weights(GROUP), 2, groups=2),
    "−KL(π‖ref)": minus_kl,
    "−KL(ref‖π)": minus_kl_from_reference,
    "H": entropy,
    "J of the data": sampled_return,
}


@dataclass(frozen=True, eq=False)
class Entry:
    """One row: a name, the rule, its world, and the objective that it is meant for."""

    name: str
    rule: Rule
    world: World
    target: str = "J"


def reference() -> np.ndarray:
    """A reference policy [S, A]: even odds for thinking, the skill of the world."""
    return np.exp(thinking().log_probabilities(np.array([0.0, 0.5])))


def rough_critic() -> np.ndarray:
    """A critic that gives every unfinished answer one half."""
    return np.append(np.full(6, 0.5), [0.0, 0.0])


def ward(group: int = 4) -> World:
    """The ward of the bug clinic, chapter 8, with gamma = 4/5 and two logits."""
    mdp, policy = clinic.ward()
    rooms = slice(0, clinic.HOME)
    return in_world(
        World.of(mdp, policy, clinic.HORIZON, group=group),
        features=policy.features[:, :, rooms],
        theta=policy.theta[rooms],
    )


SECOND_EPOCH = np.array([0.0, 0.8])  # how far theta has moved since the data were drawn


@cache
def entries() -> tuple[Entry, ...]:
    """All rows, in the order of the chapter."""
    u, fresh = update_rules, thinking(GROUP)
    pairs = thinking(2, groups=2)
    late = in_world(fresh, old=fresh.theta, theta=fresh.theta + SECOND_EPOCH)
    kl = thinking(1, reference=reference())
    rough = in_world(fresh, critic=rough_critic())
    cool, cut = (in_world(fresh, behaviour=f) for f in (u.tempered(0.7), u.nucleus(0.9)))
    return (
        Entry("REINFORCE, sum over tokens", u.reinforce, fresh),
        Entry("minus the group's mean", u.group_mean, fresh),
        Entry("RLOO: minus the mean of the others", u.rloo, fresh),
        Entry("Dr. GRPO: group mean, divided by the longest", u.dr_grpo, fresh),
        Entry("divided by the group's deviation", u.grpo_without_length, fresh),
        Entry("divided by the others' deviation", u.others_deviation, fresh),
        Entry("divided by the batch's deviation, 2 × 2", u.whitened_batch, pairs),
        Entry("RLOO, mean over own length", u.own_length_mean, fresh),
        Entry("RLOO, mean over all tokens", u.token_mean, fresh),
        Entry("GRPO: deviation and own length", u.grpo, fresh),
        Entry("DAPO: deviation, mean over all tokens", u.dapo_tokens, fresh),
        Entry("PPO, first step", u.ppo, in_world(fresh)),
        Entry("GSPO, first step", u.gspo, in_world(fresh)),
        Entry("PPO, later step on the same data", u.ppo, late),
        Entry("PPO, later step, clip-higher", u.ppo_clip_higher, late),
        Entry("GSPO, later step", u.gspo, late),
        Entry("token ratios, not clipped, later step", u.ratio_loss, late),
        Entry("sequence ratio, later step", u.sequence_ratio_loss, late),
        Entry("old data without a ratio", u.stale, late),
        Entry("k1 as a loss", u.k1_loss, kl, "−KL(π‖ref)"),
        Entry("k2 as a loss", u.k2_loss, kl, "−KL(π‖ref)"),
        Entry("k3 as a loss", u.k3_loss, kl, "−KL(π‖ref)"),
        Entry("k3 times the ratio as a loss", u.weighted_k3_loss, kl, "−KL(π‖ref)"),
        Entry("k2 of each token as a loss", u.k2_token_loss, kl, "−KL(π‖ref)"),
        Entry("k3 of each token as a loss", u.k3_token_loss, kl, "−KL(π‖ref)"),
        Entry("k1 in the reward", u.k1_in_reward, kl, "−KL(π‖ref)"),
        Entry("log π as an entropy loss", u.entropy_sampled, kl, "H"),
        Entry("entropy of each token as a loss", u.entropy_analytic, kl, "H"),
        Entry("−log π in the reward", u.entropy_in_reward, kl, "H"),
        Entry("exact critic as baseline", u.with_critic, fresh),
        Entry("rough critic as baseline", u.with_critic, rough),
        Entry("GAE, λ = 1/2, exact critic", u.gae(0.5), fresh),
        Entry("GAE, λ = 1/2, rough critic", u.gae(0.5), rough),
        Entry("GAE, λ = 1, rough critic", u.gae(1.0), rough),
        Entry("RLOO, cut-off answers masked", u.truncated_masked, fresh),
        Entry("RLOO, padding not masked", u.padding_scored, fresh),
        Entry("RLOO, sampled at temperature 0.7, scored at 1", u.rloo, cool, "J of the data"),
        Entry("REINFORCE, sampled at 0.7, scored at 1", u.reinforce, cool, "J of the data"),
        Entry("RLOO, sampled with top-p 0.9, scored without", u.rloo, cut, "J of the data"),
        Entry("ward, γ = 4/5: γᵗ in front", u.with_discount_in_front, ward(1)),
        Entry("ward: γᵗ dropped", u.without_discount_in_front, ward(1)),
        Entry("ward: returns standardised over all steps", u.standardised_to_go, ward(2)),
    )


@cache
def table() -> AssayTable:
    """Every row with its report."""
    return AssayTable(
        tuple((e.name, assay(e.rule, e.world, OBJECTIVES, e.target)) for e in entries())
    )
