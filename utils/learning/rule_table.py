"""Update rules of today's programs, each judged exactly: the table that chapter 9 prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils.learning import clinic, update_rules
from utils.learning.assay import (
    AssayTable,
    Law,
    Objective,
    Rule,
    World,
    assay,
    in_world,
    later,
)
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


def _drawn_law(law: Law) -> np.ndarray:
    # The law of the data [S, A] at the parameters of the law, which may be complex.
    world = law.tables.world
    table = np.exp(world.log_probabilities(law.tables.theta))
    return table if world.behaviour is None else world.behaviour(table)


def _drawn_chances(law: Law, table: np.ndarray) -> np.ndarray:
    e, world = law.tables.world.episodes, law.tables.world
    chances = np.where(e.mask > 0, table[e.states[:, :-1], e.actions], 1).prod(axis=1)
    return world.start[e.states[:, 0]] * e.chance * chances


def sampled_return(law: Law) -> complex:
    """The mean return of the answers that are really drawn, J of the law of the data."""
    return _drawn_chances(law, _drawn_law(law)) @ law.returns


def normalisers(power: float) -> Objective:
    """E[R sum_t log C(s_t)] over the answers drawn, whose law is held (``eq:data-law``).

    C(s) is the sum of pi(a|s)^(1/power), to the ``power``, over the tokens that can be drawn.
    """

    def objective(law: Law) -> complex:
        e, world = law.tables.world.episodes, law.tables.world
        drawn = np.real(_drawn_law(law))
        log = np.where(drawn > 0, world.log_probabilities(law.tables.theta) / power, -np.inf)
        per_state = power * np.log(np.exp(log).sum(axis=1))
        total = (e.mask * per_state[e.states[:, :-1]]).sum(axis=1)
        return _drawn_chances(law, drawn) @ (law.returns * total)

    return objective


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
FAR = np.array([2.5, 0.0])  # the same, where a ratio above 3 meets a negative advantage
ENGINE = np.array([1.0, 0.0, 0.0])  # by how much the logits of another engine are wrong


@cache
def entries() -> tuple[Entry, ...]:
    """All rows, in the order of the chapter."""
    u, fresh = update_rules, thinking(GROUP)
    pairs = thinking(2, groups=2)
    late, far = later(fresh, SECOND_EPOCH), later(fresh, FAR)
    engine = in_world(fresh, behaviour=u.off_by(ENGINE))
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
        Entry("REINFORCE++: the batch's mean and deviation, 2 × 2", u.whitened_batch, pairs),
        Entry("group's mean, divided by the batch's deviation, 2 × 2", u.batch_scale, pairs),
        Entry("group's mean, then whitened over the batch, 2 × 2", u.group_then_batch, pairs),
        Entry("RLOO, silent groups dropped, 2 × 2", u.kept_groups, pairs),
        Entry("RLOO, mean over own length", u.own_length_mean, fresh),
        Entry("RLOO, mean over all tokens", u.token_mean, fresh),
        Entry("GRPO: deviation and own length", u.grpo, fresh),
        Entry("DAPO: deviation, mean over all tokens", u.dapo_tokens, fresh),
        Entry("PPO, first step", u.ppo, in_world(fresh)),
        Entry("GSPO, first step", u.gspo, in_world(fresh)),
        Entry("PPO, later step on the same data", u.ppo, late),
        Entry("PPO, later step, clip-higher", u.ppo_clip_higher, late),
        Entry("CISPO, later step, ratio up to 1.2", u.cispo, late),
        Entry("GSPO, later step", u.gspo, late),
        Entry("token ratios, not clipped, later step", u.ratio_loss, late),
        Entry("sequence ratio, later step", u.sequence_ratio_loss, late),
        Entry("old data without a ratio", u.stale, late),
        Entry("PPO, far step", u.ppo, far),
        Entry("PPO with dual clip at 3, far step", u.dual_clip, far),
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
        Entry("RLOO, drawn by another engine, no ratio", u.rloo, engine),
        Entry("the same, ratio of each token up to 2", u.engine_tokens, engine),
        Entry("the same, ratio of the answer up to 2", u.engine_answers(2.0), engine),
        Entry("the same, no answer with a ratio above 2", u.engine_answers(2.0, False), engine),
        Entry("the same, ratio of the answer without a cap", u.engine_answers(), engine),
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
