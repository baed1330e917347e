"""Update rules of programs that train language models, as losses on a batch of the assay.

Each rule is written as such programs write it: a loss of the log-probabilities, to be
differentiated while everything else is held constant. Sums over tokens run over the mask. Names
follow the papers or the options of the programs; the batch is one group unless said otherwise.

Axes are counted from the last, so that each rule takes one batch or many at once: with a further
axis in front, [B, N, T], it gives one loss for each (``assay.AtOnce``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from utils.learning.assay import Batch, detach

Loss = Callable[[Batch], complex]


def rewards_of(batch: Batch) -> np.ndarray:
    """R_i, the sum of the rewards of answer i, [N]."""
    return batch.rewards.sum(axis=-1)


def in_groups(batch: Batch, values: np.ndarray) -> np.ndarray:
    """[N] as [groups, group]."""
    return values.reshape(*values.shape[:-1], -1, batch.group)


def in_a_row(values: np.ndarray) -> np.ndarray:
    """[groups, group] as [N]."""
    return values.reshape(*values.shape[:-2], -1)


def over_spread(values: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """values / spread, and 0 where the spread is 0."""
    silent = spread < 1e-12
    return values * ~silent / (spread + silent)


# Advantages: from a batch to one number an answer, [N].


def raw(batch: Batch) -> np.ndarray:
    """R_i."""
    return rewards_of(batch)


def minus_group_mean(batch: Batch) -> np.ndarray:
    """R_i - mean of the group, the own reward included (``eq:rloo``)."""
    R = in_groups(batch, rewards_of(batch))
    return in_a_row(R - R.mean(axis=-1, keepdims=True))


def leave_one_out(batch: Batch) -> np.ndarray:
    """R_i - mean of the others of the group (``eq:rloo``)."""
    return minus_group_mean(batch) * batch.group / (batch.group - 1)


def standardised(batch: Batch) -> np.ndarray:
    """(R_i - mean) / standard deviation of the group; 0 where all agree (``eq:grpo-factor``)."""
    R = in_groups(batch, rewards_of(batch))
    gap, spread = R - R.mean(axis=-1, keepdims=True), R.std(axis=-1, keepdims=True)
    return in_a_row(over_spread(gap, spread))


def by_others_deviation(batch: Batch) -> np.ndarray:
    """(R_i - mean of the others) / their deviation; 0 where the others agree."""
    R = in_groups(batch, rewards_of(batch))
    out = np.zeros_like(R)
    for i in range(batch.group):
        others = np.delete(R, i, axis=-1)
        out[..., i] = over_spread(R[..., i] - others.mean(axis=-1), others.std(axis=-1))
    return in_a_row(out)


def whitened(batch: Batch) -> np.ndarray:
    """(R_i - mean) / standard deviation over the whole batch, whatever the groups."""
    R = rewards_of(batch)
    return over_spread(R - R.mean(axis=-1, keepdims=True), R.std(axis=-1, keepdims=True))


def scaled_by_batch(batch: Batch) -> np.ndarray:
    """(R_i - mean of the group) / standard deviation of all rewards of the batch."""
    return over_spread(minus_group_mean(batch), rewards_of(batch).std(axis=-1, keepdims=True))


def whitened_groups(batch: Batch) -> np.ndarray:
    """R_i - mean of the group, then divided by the deviation of these over the batch."""
    A = minus_group_mean(batch)
    return over_spread(A, A.std(axis=-1, keepdims=True))


def minus_median(batch: Batch) -> np.ndarray:
    """R_i - median of the group, the own reward included (``eq:one-number``)."""
    R = in_groups(batch, rewards_of(batch))
    return in_a_row(R - np.median(R, axis=-1, keepdims=True))


# Advantages of tokens, [N, T]


def over_tokens(batch: Batch, per_token: np.ndarray) -> np.ndarray:
    """Minus the mean and divided by the deviation over all tokens of the batch; 0 after the end."""
    count = batch.mask.sum(axis=(-2, -1), keepdims=True)
    mean = (batch.mask * per_token).sum(axis=(-2, -1), keepdims=True) / count
    gap = batch.mask * (per_token - mean)
    return over_spread(gap, np.sqrt((gap**2).sum(axis=(-2, -1), keepdims=True) / count))


# From one number a token, [N, T], to one number: by what the sum is divided.


def sum_of_tokens(batch: Batch, per_token: np.ndarray):
    """Sum over the tokens, mean over the answers: divided by a constant."""
    return (batch.mask * per_token).sum(axis=(-2, -1)) / batch.mask.shape[-2]


def own_length(batch: Batch, per_token: np.ndarray):
    """Mean over the tokens of each answer, mean over the answers (``eq:own-length``)."""
    return ((batch.mask * per_token).sum(axis=-1) / batch.lengths).mean(axis=-1)


def all_tokens(batch: Batch, per_token: np.ndarray):
    """Mean over all tokens of the batch (``eq:token-mean``)."""
    return (batch.mask * per_token).sum(axis=(-2, -1)) / batch.mask.sum(axis=(-2, -1))


def longest(batch: Batch, per_token: np.ndarray):
    """Sum over the tokens divided by the largest possible length, mean over the answers."""
    return sum_of_tokens(batch, per_token) / batch.mask.shape[-1]


def policy_loss(advantage: Callable, reduce: Callable = sum_of_tokens) -> Loss:
    """-reduce(A_i log pi(a_t|s_t)), the loss of a first step on fresh data."""

    def loss(batch: Batch):
        return -reduce(batch, advantage(batch)[..., None] * batch.log_pi)

    return loss


reinforce = policy_loss(raw)
group_mean = policy_loss(minus_group_mean)
rloo = policy_loss(leave_one_out)
grpo = policy_loss(standardised, own_length)
grpo_without_length = policy_loss(standardised)
dr_grpo = policy_loss(minus_group_mean, longest)
dapo_tokens = policy_loss(standardised, all_tokens)
own_length_mean = policy_loss(leave_one_out, own_length)
token_mean = policy_loss(leave_one_out, all_tokens)
others_deviation = policy_loss(by_others_deviation)
whitened_batch = policy_loss(whitened)
batch_scale = policy_loss(scaled_by_batch)
group_then_batch = policy_loss(whitened_groups)


def whitened_tokens(advantage: Callable) -> Loss:
    """REINFORCE++ as programs have it: A_i of each token, whitened over the tokens of the batch."""

    def loss(batch: Batch):
        weights = over_tokens(batch, advantage(batch)[..., None] * batch.mask)
        return -sum_of_tokens(batch, weights * batch.log_pi)

    return loss


def norm_cut(batch: Batch, limit: float = 0.1) -> np.ndarray:
    """The update of RLOO, shortened to ``limit`` where it is longer, [d]."""
    weights = leave_one_out(batch)[..., None] * batch.mask
    update = np.einsum("...nt,...ntd->...d", weights, batch.scores) / batch.mask.shape[-2]
    norm = np.linalg.norm(update, axis=-1, keepdims=True)
    return update * np.minimum(1.0, limit / np.maximum(norm, 1e-12))


def kept_groups(batch: Batch):
    """RLOO, but silent groups are dropped and the mean is over the others (``eq:silent-kept``)."""
    R = in_groups(batch, rewards_of(batch))
    each = leave_one_out(batch) * (batch.mask * batch.log_pi).sum(axis=-1)
    kept = R.max(axis=-1) > R.min(axis=-1)
    of_groups = in_groups(batch, each).mean(axis=-1)
    return -(kept * of_groups).sum(axis=-1) / np.maximum(kept.sum(axis=-1), 1)


# Ratios to the law of the data


def token_ratio(batch: Batch) -> np.ndarray:
    """pi_theta / pi_old of each token, [N, T]; 1 after the end."""
    return np.exp(np.where(batch.mask > 0, batch.log_pi - batch.log_old, 0))


def sequence_ratio(batch: Batch) -> np.ndarray:
    """pi_theta / pi_old of each whole answer, [N]."""
    return np.exp(np.where(batch.mask > 0, batch.log_pi - batch.log_old, 0).sum(axis=-1))


def clipped(ratio, advantage, low: float = 0.2, high: float = 0.2):
    """min(ratio A, clip(ratio, 1 - low, 1 + high) A) (``eq:clip-weight``)."""
    return np.minimum(ratio * advantage, np.clip(ratio, 1 - low, 1 + high) * advantage)


def ppo(batch: Batch, low: float = 0.2, high: float = 0.2):
    """The clipped loss of PPO with one ratio a token."""
    A = leave_one_out(batch)[..., None]
    return -sum_of_tokens(batch, clipped(token_ratio(batch), A, low, high))


def ppo_clip_higher(batch: Batch):
    """PPO with the limits 1 - 0.2 and 1 + 0.28 of DAPO."""
    return ppo(batch, 0.2, 0.28)


def dual_clip(batch: Batch, cap: float = 3.0):
    """PPO where a token with A < 0 counts at most with the ratio ``cap``."""
    A, ratio = leave_one_out(batch)[..., None], token_ratio(batch)
    both = clipped(ratio, A)
    return -sum_of_tokens(batch, np.where(A < 0, np.maximum(both, cap * A), both))


def cispo(batch: Batch, cap: float = 1.2):
    """-(min(ratio, cap), held constant) A log pi of each token."""
    weight = detach(np.minimum(token_ratio(batch), cap))
    return -sum_of_tokens(batch, weight * leave_one_out(batch)[..., None] * batch.log_pi)


def cispo_5(batch: Batch):
    """CISPO with a cap of 5."""
    return cispo(batch, 5.0)


def ratio_loss(batch: Batch):
    """The same without clipping."""
    return -sum_of_tokens(batch, token_ratio(batch) * leave_one_out(batch)[..., None])


def sequence_ratio_loss(batch: Batch):
    """-mean of (pi_theta / pi_old of the answer) R_i (``eq:sequence-ratio``), no baseline."""
    return -(sequence_ratio(batch) * rewards_of(batch)).mean(axis=-1)


def sequence_ratio_rloo(batch: Batch):
    """The same with the mean of the others as a baseline."""
    return -(sequence_ratio(batch) * leave_one_out(batch)).mean(axis=-1)


def gspo(batch: Batch, low: float = 0.2, high: float = 0.2):
    """The clipped loss with the l-th root of the sequence ratio, l the length."""
    gap = np.where(batch.mask > 0, batch.log_pi - batch.log_old, 0).sum(axis=-1)
    return -clipped(np.exp(gap / batch.lengths), leave_one_out(batch), low, high).mean(axis=-1)


def gspo_paper(batch: Batch):
    """GSPO with the limits 1 - 0.0003 and 1 + 0.0004 of its paper, section 5.1."""
    return gspo(batch, 3e-4, 4e-4)


stale = rloo  # old data, scored as if they were fresh


# One engine draws, another scores: the ratio of the two laws as a weight, held constant


def engine_tokens(batch: Batch, cap: float = 2.0):
    """RLOO, each token weighted with its ratio up to a cap: truncated importance sampling."""
    weight = detach(np.minimum(token_ratio(batch), cap))
    return -sum_of_tokens(batch, weight * leave_one_out(batch)[..., None] * batch.log_pi)


def engine_answers(cap: float = np.inf, beyond: bool = True) -> Loss:
    """RLOO, each answer weighted with its ratio up to a cap.

    Above the cap the weight is the cap, or 0 if not ``beyond``.
    """

    def loss(batch: Batch):
        ratio = detach(sequence_ratio(batch))
        weight = np.minimum(ratio, cap) if beyond else ratio * (ratio <= cap)
        return -sum_of_tokens(batch, (weight * leave_one_out(batch))[..., None] * batch.log_pi)

    return loss


# Distance to a reference, and entropy


def log_ratio(batch: Batch) -> np.ndarray:
    """u = log pi - log ref of each token, [N, T]; 0 after the end."""
    return np.where(batch.mask > 0, batch.log_pi - batch.log_ref, 0)


def k1_loss(batch: Batch):
    """k1 = u of the answer, as a loss (``eq:kl-losses``)."""
    return log_ratio(batch).sum(axis=-1).mean(axis=-1)


def k2_loss(batch: Batch):
    """k2 = u^2 / 2 of the answer, as a loss (``eq:kl-losses``)."""
    return (log_ratio(batch).sum(axis=-1) ** 2 / 2).mean(axis=-1)


def k3_loss(batch: Batch):
    """k3 = exp(-u) - 1 + u of the answer, as a loss (``eq:kl-losses``)."""
    u = log_ratio(batch).sum(axis=-1)
    return (np.exp(-u) - 1 + u).mean(axis=-1)


def weighted_k3_loss(batch: Batch):
    """k3 times pi_theta / pi_old, whose value is 1 and whose slope is the score."""
    u = log_ratio(batch).sum(axis=-1)
    return (sequence_ratio(batch) * (np.exp(-u) - 1 + u)).mean(axis=-1)


def k2_token_loss(batch: Batch):
    """The sum over tokens of u_t^2 / 2 (``eq:kl-tokens``)."""
    return (log_ratio(batch) ** 2 / 2).sum(axis=-1).mean(axis=-1)


def k3_token_loss(batch: Batch):
    """The sum over tokens of k3, as in GRPO (``eq:kl-tokens``)."""
    u = log_ratio(batch)
    return (np.exp(-u) - 1 + u).sum(axis=-1).mean(axis=-1)


def distillation(batch: Batch):
    """-u_t of each token, held constant, as its advantage: on-policy distillation."""
    return sum_of_tokens(batch, detach(log_ratio(batch)) * batch.log_pi)


def k1_in_reward(batch: Batch):
    """Minus k1 of the answer as its reward, held constant (``eq:kl-reward``)."""
    u = detach(log_ratio(batch).sum(axis=-1))
    return (u * (batch.mask * batch.log_pi).sum(axis=-1)).mean(axis=-1)


def entropy_sampled(batch: Batch):
    """log pi of the tokens drawn, as a loss: meant to raise the entropy (``eq:entropy``)."""
    return (batch.mask * batch.log_pi).sum(axis=-1).mean(axis=-1)


def entropy_analytic(batch: Batch):
    """Minus the sum of the entropies of the tokens' laws, at the places visited."""
    log = batch.log_pi_all
    return (batch.mask * (np.exp(log) * log).sum(axis=-1)).sum(axis=-1).mean(axis=-1)


def entropy_in_reward(batch: Batch):
    """-log pi of the answer as its reward, held constant."""
    log = (batch.mask * batch.log_pi).sum(axis=-1)
    return (detach(log) * log).mean(axis=-1)


# Critics and discounts


def with_critic(batch: Batch):
    """The weight of a token is the return from there on minus the critic's value."""
    t = np.arange(batch.mask.shape[-1])
    to_go = np.cumsum((batch.gamma**t * batch.rewards)[..., ::-1], axis=-1)[..., ::-1]
    weight = to_go - batch.gamma**t * batch.values[..., :-1]
    return -sum_of_tokens(batch, weight * batch.log_pi)


def gae_weights(batch: Batch, lam: float) -> np.ndarray:
    """gamma^t times the generalised advantage estimate of each token, [N, T] (``eq:gae``)."""
    after = np.concatenate([batch.mask[..., 1:], np.ones_like(batch.mask[..., :1])], axis=-1)
    delta = batch.rewards + batch.gamma * after * batch.values[..., 1:] - batch.values[..., :-1]
    A, run = np.zeros(batch.mask.shape), 0
    for t in reversed(range(batch.mask.shape[-1])):
        run = batch.mask[..., t] * (delta[..., t] + batch.gamma * lam * run)
        A[..., t] = batch.gamma**t * run
    return A


def gae(lam: float) -> Loss:
    """Generalised advantage estimation with ``batch.values`` (``eq:gae``)."""
    return lambda batch: -sum_of_tokens(batch, gae_weights(batch, lam) * batch.log_pi)


def whitened_gae(lam: float) -> Loss:
    """The same, whitened over the tokens of the batch, and the mean over all tokens."""
    return lambda batch: (
        -all_tokens(batch, over_tokens(batch, gae_weights(batch, lam)) * batch.log_pi)
    )


def without_discount_in_front(batch: Batch):
    """sum_t G_t log pi: the factor gamma^t is dropped."""
    return -sum_of_tokens(batch, returns_to_go(batch) * batch.log_pi)


def with_discount_in_front(batch: Batch):
    """sum_t gamma^t G_t log pi (``eq:reward-to-go``)."""
    front = batch.gamma ** np.arange(batch.mask.shape[-1])
    return -sum_of_tokens(batch, front * returns_to_go(batch) * batch.log_pi)


def standardised_to_go(batch: Batch):
    """sum_t of G_t standardised over all steps of the batch, as in many tutorials."""
    return -sum_of_tokens(batch, over_tokens(batch, returns_to_go(batch)) * batch.log_pi)


def returns_to_go(batch: Batch) -> np.ndarray:
    """G_t, [N, T]."""
    G, run = np.zeros(batch.mask.shape), 0
    for t in reversed(range(batch.mask.shape[-1])):
        run = batch.rewards[..., t] + batch.gamma * run
        G[..., t] = run
    return G


# Masks


def truncated_masked(batch: Batch):
    """RLOO, but answers that were cut off are left out of the sum (``eq:mask-truncated``)."""
    return -sum_of_tokens(batch, (batch.ended * leave_one_out(batch))[..., None] * batch.log_pi)


def truncated_dropped(batch: Batch):
    """Cut answers dropped first: the mean of the rest is subtracted, and the mean is over them."""
    R, kept = rewards_of(batch), batch.ended
    count = np.maximum(kept.sum(axis=-1), 1)
    weights = kept * (R - ((kept * R).sum(axis=-1) / count)[..., None])
    return -(weights[..., None] * batch.mask * batch.log_pi).sum(axis=(-2, -1)) / count


def truncated_masked_grpo(batch: Batch):
    """Weights over the deviation with divisor N - 1, then cut answers masked, mean over tokens."""
    mask = batch.mask * batch.ended[..., None]
    weights = standardised(batch) * np.sqrt((batch.group - 1) / batch.group)
    scored = (weights[..., None] * mask * batch.log_pi).sum(axis=(-2, -1))
    return -scored / np.maximum(mask.sum(axis=(-2, -1)), 1)


def padding_scored(batch: Batch):
    """RLOO, but without the mask: what stands after the end is scored too."""
    return (
        -(leave_one_out(batch)[..., None] * batch.log_pi).sum(axis=(-2, -1)) / batch.mask.shape[-2]
    )


# Laws of the data that are not the policy


def tempered(temperature: float) -> Callable[[np.ndarray], np.ndarray]:
    """The law proportional to pi^(1 / temperature)."""

    def law(probabilities: np.ndarray) -> np.ndarray:
        powers = probabilities ** (1 / temperature)
        return powers / powers.sum(axis=-1, keepdims=True)

    return law


def off_by(errors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The law of an engine whose logits are wrong by ``errors`` [A], the same in every state."""

    def law(probabilities: np.ndarray) -> np.ndarray:
        weights = probabilities * np.exp(errors)
        return weights / weights.sum(axis=-1, keepdims=True)

    return law


def nucleus(top_p: float) -> Callable[[np.ndarray], np.ndarray]:
    """The most probable actions until their mass reaches ``top_p``, renormalised."""

    def law(probabilities: np.ndarray) -> np.ndarray:
        order = np.argsort(-probabilities, axis=-1, kind="stable")
        ranked = np.take_along_axis(probabilities, order, axis=-1)
        before = np.real(np.cumsum(ranked, axis=-1) - ranked)
        kept = np.zeros_like(probabilities)
        np.put_along_axis(kept, order, np.where(before < top_p, ranked, 0), axis=-1)
        return kept / kept.sum(axis=-1, keepdims=True)

    return law
