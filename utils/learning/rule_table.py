"""Update rules of today's programs, each judged exactly: the table that chapter 9 prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils.learning import clinic, update_rules
from utils.learning.assay import (
    AssayTable,
    AtOnce,
    Law,
    Objective,
    Rule,
    World,
    assay,
    in_world,
    later,
)
from utils.learning.group_objective import (
    Weight,
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


def kl_from_data(law: Law) -> complex:
    """KL(old || pi) of whole answers, for data that stay put."""
    e, world = law.tables.world.episodes, law.tables.world
    drawn = world.data_law(np.real(law.tables.theta))
    possible = (e.mask > 0) & (law.tables.log_old > -np.inf)
    old = np.where(possible, law.tables.log_old, 0)
    gap = np.where(possible, old - law.tables.log_pi, 0).sum(axis=1)
    return _drawn_chances(law, drawn) @ gap


def median_weights(n: int) -> tuple[Weight, Weight]:
    """(right, wrong) of R minus the median of the group, for rewards 0 and 1."""

    def median(k: int) -> float:
        return float(np.median([1.0] * k + [0.0] * (n - k)))

    return lambda k: 1 - median(k), lambda k: -median(k)


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
    "J − E[median]/N": group_objective(median_weights(GROUP), GROUP),
    "−KL(π‖ref)": minus_kl,
    "−KL(ref‖π)": minus_kl_from_reference,
    "KL(old‖π)": kl_from_data,
    "H": entropy,
    "J of the data": sampled_return,
}


@dataclass(frozen=True, eq=False)
class Entry:
    """One row: a name, the rule, its world, the objective it is meant for, and other names.

    ``called`` are the options of programs under which the rule is found.
    """

    name: str
    rule: Rule
    world: World
    target: str = "J"
    called: str = ""


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


MEANT, ENTROPY, DRAWN = "−KL(π‖ref)", "H", "J of the data"


@cache
def sections() -> dict[str, tuple[Entry, ...]]:
    """All rows, in the order of the chapter, under the heads of the table."""
    u, fresh = update_rules, thinking(GROUP)
    pairs = thinking(2, groups=2)
    late, far = later(fresh, SECOND_EPOCH), later(fresh, FAR)
    engine = in_world(fresh, behaviour=u.off_by(ENGINE))
    kl = thinking(1, reference=reference())
    kl_late = later(kl, SECOND_EPOCH)
    rough = in_world(fresh, critic=rough_critic())
    cool, cut = (in_world(fresh, behaviour=f) for f in (u.tempered(0.7), u.nucleus(0.9)))
    E = Entry
    return {
        "What is subtracted, and by what it is divided: fresh data, sum over tokens": (
            E("REINFORCE, sum over tokens", u.reinforce, fresh),
            E("minus the group's mean", u.group_mean, fresh,
              called='trl scale_rewards="none"; verl norm_adv_by_std_in_grpo=False'),
            E("minus the group's median", u.policy_loss(u.minus_median), fresh),
            E("RLOO: minus the mean of the others", u.rloo, fresh,
              called="verl rloo; trl RLOOTrainer"),
            E("Dr. GRPO: group mean, divided by the constant T", u.dr_grpo, fresh,
              called='trl loss_type="dr_grpo" with scale_rewards="none"; verl '
              "seq-mean-token-sum-norm with a constant loss_scale_factor and "
              "norm_adv_by_std_in_grpo=False"),
            E("divided by the group's deviation", u.grpo_without_length, fresh,
              called='trl scale_rewards="group"; verl grpo'),
            E("divided by the others' deviation", u.others_deviation, fresh),
            E("the batch's mean and deviation over answers, 2 × 2", u.whitened_batch, pairs),
            E("group's mean, divided by the batch's deviation, 2 × 2", u.batch_scale, pairs,
              called='trl scale_rewards="batch"; LitePPO'),
            E("group's mean, then whitened over answers, 2 × 2", u.group_then_batch, pairs),
            E("REINFORCE++: the batch's mean and deviation over tokens, 2 × 2",
              u.whitened_tokens(u.raw), pairs,
              called="the weights of OpenRLHF reinforce, verl reinforce_plus_plus"),
            E("REINFORCE++-baseline: group's mean, then whitened over tokens, 2 × 2",
              u.whitened_tokens(u.minus_group_mean), pairs,
              called="the weights of OpenRLHF reinforce_baseline, verl "
              "reinforce_plus_plus_baseline"),
            E("RLOO, silent groups dropped, 2 × 2", u.kept_groups, pairs),
            E("RLOO, norm of the update cut at 0.1", u.norm_cut, fresh,
              called="max_grad_norm, clip_grad, max_norm"),
        ),
        "By what length: fresh data": (
            E("RLOO, mean over own length", u.own_length_mean, fresh,
              called="verl seq-mean-token-mean; SkyRL sequence_mean"),
            E("RLOO, mean over all tokens", u.token_mean, fresh,
              called="verl token-mean; SkyRL token_mean; OpenRLHF rloo"),
            E("GRPO: deviation and own length", u.grpo, fresh, called='trl loss_type="grpo"'),
            E("DAPO: deviation, mean over all tokens", u.dapo_tokens, fresh,
              called='trl loss_type="dapo", "bnpo"; verl grpo with token-mean; OpenRLHF '
              "group_norm"),
        ),
        "Ratios at the first step, ε = 0.2": (
            E("PPO, first step, with RLOO's weights and the sum over tokens", u.ppo,
              in_world(fresh)),
            E("PPO, whitened GAE, first step: λ = 0 and the exact critic, whitened over "
              "tokens, mean over all tokens", u.whitened_gae(0.0), fresh,
              called="verl, OpenRLHF gae with lambda = 0"),
            E("GSPO, first step, with RLOO's weights", u.gspo, in_world(fresh)),
        ),
        "Later steps on the same data, with RLOO's weights and the sum over tokens": (
            E("PPO, later step, ε = 0.2", u.ppo, late,
              called="verl clip_ratio; trl epsilon; OpenRLHF eps_clip"),
            E("PPO, later step, clip-higher 0.28", u.ppo_clip_higher, late,
              called="verl clip_ratio_high; trl epsilon_high"),
            E("CISPO, later step, ratio up to 1.2", u.cispo, late),
            E("CISPO, later step, ratio up to 5", u.cispo_5, late,
              called='AReaL use_cispo_loss with eps_clip=1; trl loss_type="cispo" with '
              "epsilon_high=5; SkyRL cispo"),
            E("GSPO, later step, ε = 0.2", u.gspo, late,
              called='trl importance_sampling_level="sequence" with loss_type="grpo"; verl '
              "loss_mode=gspo; OpenRLHF policy_loss_type=gspo; SkyRL gspo"),
            E("GSPO, later step, limits of the paper", u.gspo_paper, late),
            E("token ratios, not clipped, later step", u.ratio_loss, late),
            E("sequence ratio, no baseline, later step", u.sequence_ratio_loss, late),
            E("sequence ratio, mean of the others subtracted, later step",
              u.sequence_ratio_rloo, late),
            E("old data without a ratio", u.stale, late),
            E("PPO, far step", u.ppo, far),
            E("PPO with dual clip at 3, far step", u.dual_clip, far,
              called="verl clip_ratio_c; trl delta"),
        ),
        "Distance to a reference and entropy: fresh data unless said, one answer": (
            E("k1 as a loss", u.k1_loss, kl, MEANT),
            E("k1 as a loss on old data", u.k1_loss, kl_late, MEANT),
            E("k2 as a loss", u.k2_loss, kl, MEANT),
            E("k3 as a loss", u.k3_loss, kl, MEANT),
            E("k3 times the ratio as a loss", u.weighted_k3_loss, kl, MEANT),
            E("k3 times the ratio as a loss on old data", u.weighted_k3_loss, kl_late, MEANT),
            E("k2 of each token as a loss", u.k2_token_loss, kl, MEANT,
              called="verl mse, k2, k3+ from v0.8.0; trl use_bias_correction_kl, first step"),
            E("k3 of each token as a loss", u.k3_token_loss, kl, MEANT,
              called="verl low_var_kl, k3; trl beta without use_bias_correction_kl"),
            E("−u of each token as its advantage: on-policy distillation", u.distillation, kl,
              MEANT),
            E("k1 in the reward", u.k1_in_reward, kl, MEANT,
              called="verl use_kl_in_reward, with linear weights"),
            E("log π as an entropy loss", u.entropy_sampled, kl, ENTROPY),
            E("entropy of each token as a loss", u.entropy_analytic, kl, ENTROPY,
              called="verl entropy_coeff"),
            E("−log π in the reward", u.entropy_in_reward, kl, ENTROPY),
        ),
        "Critics: fresh data, sum over tokens": (
            E("exact critic as baseline", u.with_critic, fresh),
            E("rough critic as baseline", u.with_critic, rough),
            E("GAE, λ = 1/2, exact critic", u.gae(0.5), fresh),
            E("GAE, λ = 1/2, rough critic", u.gae(0.5), rough),
            E("GAE, λ = 1, rough critic", u.gae(1.0), rough),
        ),
        "Cut off, padded, drawn otherwise: sum over tokens unless said": (
            E("RLOO, cut-off answers masked", u.truncated_masked, fresh),
            E("cut-off answers dropped first, group's mean and mean over the rest",
              u.truncated_dropped, fresh),
            E("group's deviation (N − 1), then cut-off answers masked, mean over all tokens",
              u.truncated_masked_grpo, fresh, called="trl mask_truncated_completions"),
            E("RLOO, padding not masked", u.padding_scored, fresh),
            E("RLOO, sampled at temperature 0.7, scored at 1", u.rloo, cool, DRAWN),
            E("REINFORCE, sampled at 0.7, scored at 1", u.reinforce, cool, DRAWN),
            E("RLOO, sampled with top-p 0.9, scored without", u.rloo, cut, DRAWN),
        ),
        "One engine draws and another scores, fresh weights: TIS (a cap) and MIS (left out)": (
            E("RLOO, drawn by another engine, no ratio", u.rloo, engine),
            E("the same, ratio of each token up to 2", u.engine_tokens, engine,
              called='TIS; trl "token_truncate"'),
            E("the same, ratio of the answer up to 2", u.engine_answers(2.0), engine,
              called='TIS; trl "sequence_truncate"'),
            E("the same, no answer with a ratio above 2", u.engine_answers(2.0, False), engine,
              called='MIS; trl "sequence_mask"'),
            E("the same, ratio of the answer without a cap", u.engine_answers(), engine),
        ),
        "With a discount: the ward of chapter 8, γ = 4/5": (
            E("ward, γ = 4/5: γᵗ in front", u.with_discount_in_front, ward(1)),
            E("ward: γᵗ dropped", u.without_discount_in_front, ward(1)),
            E("ward: returns standardised over all steps", u.standardised_to_go, ward(2)),
        ),
    }  # fmt: skip


def entries() -> tuple[Entry, ...]:
    """All rows, in the order of the chapter."""
    return tuple(entry for part in sections().values() for entry in part)


@cache
def table() -> AssayTable:
    """Every row with its report."""
    heads, count = {}, 0
    for head, part in sections().items():
        heads[count] = head
        count += len(part)
    return AssayTable(
        tuple((e.name, assay(AtOnce(e.rule), e.world, OBJECTIVES, e.target)) for e in entries()),
        called=tuple(e.called for e in entries()),
        heads=heads,
    )
