"""Each rule of the table on two small batches with numbers of no pattern, in plain loops.

Six answers in two groups of three, up to four tokens. After the end of an answer stand numbers that
a rule has to leave out. In the second batch all rewards of one group agree.
"""

from __future__ import annotations

from itertools import product
from math import exp, log, sqrt
from types import SimpleNamespace

import numpy as np
import pytest

from utils.learning import update_rules as u

N, T, GROUP, GAMMA = 6, 4, 3, 0.7
LENGTHS = ((4, 1, 3, 2, 4, 2), (2, 4, 1, 3, 3, 4))
# in sixty-fourths, so that equal sums are equal to the last bit
REWARDS = ((0.875, 2.25, -0.375, 1.75, 0.1875, 3.125), (0.625, 0.625, 0.625, 1.25, 1.25, 2.875))
ENDED = ((0, 1, 1, 1, 0, 1), (1, 0, 1, 1, 1, 0))


def made(k: int) -> SimpleNamespace:
    """A batch of real numbers; the last reward brings the sum of an answer to ``REWARDS``."""
    rng = np.random.default_rng(10 + k)
    mask = (np.arange(T) < np.array(LENGTHS[k])[:, None]).astype(float)
    rewards = rng.integers(-64, 64, (N, T)) / 64 * mask
    for i, last in enumerate(LENGTHS[k]):
        rewards[i, last - 1] += REWARDS[k][i] - rewards[i].sum()
    log_pi_all = np.log(rng.dirichlet([2, 3, 4], (N, T)))
    log_pi = log_pi_all[..., 1]
    return SimpleNamespace(
        mask=mask, rewards=rewards, lengths=mask.sum(axis=1), ended=np.array(ENDED[k], dtype=bool),
        log_pi=log_pi, log_pi_all=log_pi_all, log_old=log_pi - rng.normal(0, 0.8, (N, T)),
        log_ref=log_pi - rng.normal(0, 0.8, (N, T)), values=rng.normal(0, 1, (N, T + 1)),
        scores=rng.normal(0, 1, (N, T, 2)), group=GROUP, gamma=GAMMA,
    )  # fmt: skip


BATCHES = (made(0), made(1))
STACKED = SimpleNamespace(
    **{
        name: np.stack([getattr(b, name) for b in BATCHES])
        for name in vars(BATCHES[0])
        if name not in ("group", "gamma")
    },
    group=GROUP,
    gamma=GAMMA,
)


def tokens(b):
    """Every token (i, t) of the answers."""
    return [(i, t) for i in range(N) for t in range(T) if b.mask[i, t]]


def length(b, i):
    return int(sum(b.mask[i]))


def rewards(b):
    return [sum(b.rewards[i, t] for t in range(T)) for i in range(N)]


def others(i):
    return [j for j in range(N) if j // GROUP == i // GROUP and j != i]


def mates(i):
    return [i, *others(i)]


def mean(xs):
    xs = list(xs)
    return sum(xs) / len(xs)


def deviation(xs):
    xs = list(xs)
    return sqrt(mean((x - mean(xs)) ** 2 for x in xs))


def over(x, spread):
    return x / spread if spread > 1e-9 else 0.0


def raw(b):
    return rewards(b)


def centred(b):
    R = rewards(b)
    return [R[i] - mean(R[j] for j in mates(i)) for i in range(N)]


def loo(b):
    R = rewards(b)
    return [R[i] - mean(R[j] for j in others(i)) for i in range(N)]


def standard(b):
    R, A = rewards(b), centred(b)
    return [over(A[i], deviation(R[j] for j in mates(i))) for i in range(N)]


def by_others(b):
    R, A = rewards(b), loo(b)
    return [over(A[i], deviation(R[j] for j in others(i))) for i in range(N)]


def whitened(b):
    R = rewards(b)
    return [over(x - mean(R), deviation(R)) for x in R]


def by_batch(b):
    return [over(x, deviation(rewards(b))) for x in centred(b)]


def group_whitened(b):
    A = centred(b)
    return [over(x, deviation(A)) for x in A]


def minus_median(b):
    R = rewards(b)
    return [R[i] - sorted(R[j] for j in mates(i))[1] for i in range(N)]


ADVANTAGES = {
    u.raw: raw,
    u.minus_group_mean: centred,
    u.leave_one_out: loo,
    u.standardised: standard,
    u.by_others_deviation: by_others,
    u.whitened: whitened,
    u.scaled_by_batch: by_batch,
    u.whitened_groups: group_whitened,
    u.minus_median: minus_median,
}


@pytest.mark.parametrize("rule", ADVANTAGES, ids=lambda rule: rule.__name__)
def test_the_weights_of_answers_are_those_of_a_loop(rule):
    for k, batch in enumerate(BATCHES):
        expected = ADVANTAGES[rule](batch)
        np.testing.assert_allclose(rule(batch), expected, atol=1e-13)
        np.testing.assert_allclose(rule(STACKED)[k], expected, atol=1e-13)


def summed(b, x):
    return sum(x(i, t) for i, t in tokens(b)) / N


def per_own_length(b, x):
    return sum(x(i, t) / length(b, i) for i, t in tokens(b)) / N


def per_token(b, x):
    return sum(x(i, t) for i, t in tokens(b)) / len(tokens(b))


def per_longest(b, x):
    return sum(x(i, t) for i, t in tokens(b)) / (N * T)


def plain(advantage, reduce=summed):
    def loss(b):
        A = advantage(b)
        return -reduce(b, lambda i, t: A[i] * b.log_pi[i, t])

    return loss


def token_whitened(b, weight):
    """Weights of tokens minus their mean, over their deviation."""
    values = {at: weight(*at) for at in tokens(b)}
    centre, spread = mean(values.values()), deviation(values.values())
    return {at: over(x - centre, spread) for at, x in values.items()}


def weighed_by(weights, reduce=summed):
    """The loss with a weight for each token."""

    def loss(b):
        w = weights(b)
        return -reduce(b, lambda i, t: w[i, t] * b.log_pi[i, t])

    return loss


def plus_plus(advantage):
    def weights(b):
        A = advantage(b)
        return token_whitened(b, lambda i, t: A[i])

    return weighed_by(weights)


def norm_cut_at(limit):
    def update(b):
        A = loo(b)
        out = summed(b, lambda i, t: A[i] * b.scores[i, t])
        size = sqrt(out[0] * out[0] + out[1] * out[1])
        return out if size <= limit else out * limit / size

    return update


def kept_groups(b):
    R, A = rewards(b), loo(b)
    loud = [g for g in range(2) if len({round(R[3 * g + j], 9) for j in range(3)}) > 1]
    each = [A[i] * sum(b.log_pi[i, t] for j, t in tokens(b) if j == i) for i in range(N)]
    return -sum(mean(each[3 * g : 3 * g + 3]) for g in loud) / max(len(loud), 1)


def ratio(b, i, t):
    return exp(b.log_pi[i, t] - b.log_old[i, t])


def whole(b, i):
    return np.prod([ratio(b, j, t) for j, t in tokens(b) if j == i])


def between(x, low, high):
    return min(max(x, low), high)


def clip_loss(low, high, cap=None):
    def loss(b):
        A = loo(b)

        def gain(i, t):
            r = ratio(b, i, t)
            x = min(r * A[i], between(r, 1 - low, 1 + high) * A[i])
            return max(x, cap * A[i]) if cap and A[i] < 0 else x

        return -summed(b, gain)

    return loss


def capped(cap):
    return weighed_by(
        lambda b: {(i, t): min(ratio(b, i, t), cap) * loo(b)[i] for i, t in tokens(b)}
    )


def by_sequence(weight, advantage):
    def loss(b):
        A = advantage(b)
        return -mean(weight(b, i) * A[i] for i in range(N))

    return loss


def gspo(low, high):
    def loss(b):
        A, root = loo(b), [whole(b, i) ** (1 / length(b, i)) for i in range(N)]
        return -mean(
            min(r * a, between(r, 1 - low, 1 + high) * a) for r, a in zip(root, A, strict=True)
        )

    return loss


def engine(weight):
    return weighed_by(lambda b: {(i, t): weight(whole(b, i)) * loo(b)[i] for i, t in tokens(b)})


def log_ratio(b, i, t):
    return b.log_pi[i, t] - b.log_ref[i, t]


def of_answers(value):
    """The mean of a function of the log-ratio of an answer, and of the answer."""

    def loss(b):
        each = [sum(log_ratio(b, *at) for at in tokens(b) if at[0] == i) for i in range(N)]
        return mean(value(x, b, i) for i, x in enumerate(each))

    return loss


def of_tokens(value):
    return lambda b: summed(b, lambda i, t: value(log_ratio(b, i, t)))


def surprise(b, i):
    return -sum(b.log_pi[at] for at in tokens(b) if at[0] == i)


def entropies(b):
    def inner(i, t):
        return sum(exp(x) * x for x in b.log_pi_all[i, t])

    return summed(b, inner)


def to_go(b, i, t):
    return sum(GAMMA ** (k - t) * b.rewards[i, k] for k in range(t, T))


def estimated(lam):
    """gamma^t sum_k (gamma lambda)^(k - t) delta_k; after the last token v counts at T only."""

    def weights(b):
        out = {}
        for i, t in tokens(b):
            total = 0.0
            for k in range(t, length(b, i)):
                after = b.values[i, k + 1] if k + 1 < length(b, i) or k + 1 == T else 0
                delta = b.rewards[i, k] + GAMMA * after - b.values[i, k]
                total += (GAMMA * lam) ** (k - t) * delta
            out[i, t] = GAMMA**t * total
        return out

    return weights


def whitened_estimates(lam):
    def weights(b):
        raw_weights = estimated(lam)(b)
        return token_whitened(b, lambda i, t: raw_weights[i, t])

    return weighed_by(weights, per_token)


def by_steps(weight):
    return weighed_by(lambda b: {(i, t): weight(b, i, t) for i, t in tokens(b)})


def masked(b):
    A = loo(b)
    return -summed(b, lambda i, t: A[i] * b.ended[i] * b.log_pi[i, t])


def dropped(b):
    R, kept = rewards(b), [i for i in range(N) if b.ended[i]]
    centre = mean(R[i] for i in kept)
    each = [(R[i] - centre) * b.log_pi[i, t] for i, t in tokens(b) if i in kept]
    return -sum(each) / len(kept)


def masked_grpo(b):
    A, left = standard(b), [(i, t) for i, t in tokens(b) if b.ended[i]]
    return -sum(A[i] * sqrt(2 / 3) * b.log_pi[i, t] for i, t in left) / len(left)


def padding_scored(b):
    A = loo(b)
    return -mean(A[i] * sum(b.log_pi[i, t] for t in range(T)) for i in range(N))


def k3(x):
    return exp(-x) - 1 + x


RULES = {
    "reinforce": (u.reinforce, plain(raw)),
    "group_mean": (u.group_mean, plain(centred)),
    "rloo": (u.rloo, plain(loo)),
    "grpo": (u.grpo, plain(standard, per_own_length)),
    "grpo_without_length": (u.grpo_without_length, plain(standard)),
    "dr_grpo": (u.dr_grpo, plain(centred, per_longest)),
    "dapo_tokens": (u.dapo_tokens, plain(standard, per_token)),
    "own_length_mean": (u.own_length_mean, plain(loo, per_own_length)),
    "token_mean": (u.token_mean, plain(loo, per_token)),
    "others_deviation": (u.others_deviation, plain(by_others)),
    "whitened_batch": (u.whitened_batch, plain(whitened)),
    "batch_scale": (u.batch_scale, plain(by_batch)),
    "group_then_batch": (u.group_then_batch, plain(group_whitened)),
    "whitened tokens": (u.whitened_tokens(u.raw), plus_plus(raw)),
    "whitened tokens of groups": (u.whitened_tokens(u.minus_group_mean), plus_plus(centred)),
    "norm_cut": (u.norm_cut, norm_cut_at(0.1)),
    "norm not cut": (lambda b: u.norm_cut(b, 50.0), norm_cut_at(50)),
    "kept_groups": (u.kept_groups, kept_groups),
    "ppo": (u.ppo, clip_loss(0.2, 0.2)),
    "ppo_clip_higher": (u.ppo_clip_higher, clip_loss(0.2, 0.28)),
    "dual_clip": (u.dual_clip, clip_loss(0.2, 0.2, 3)),
    "dual_clip at 1.5": (lambda b: u.dual_clip(b, 1.5), clip_loss(0.2, 0.2, 1.5)),
    "cispo": (u.cispo, capped(1.2)),
    "cispo_5": (u.cispo_5, capped(5)),
    "engine_tokens": (u.engine_tokens, capped(2)),
    "ratio_loss": (u.ratio_loss, clip_loss(9, 9)),
    "sequence_ratio_loss": (u.sequence_ratio_loss, by_sequence(whole, raw)),
    "sequence_ratio_rloo": (u.sequence_ratio_rloo, by_sequence(whole, loo)),
    "gspo": (u.gspo, gspo(0.2, 0.2)),
    "gspo_paper": (u.gspo_paper, gspo(3e-4, 4e-4)),
    "answers": (u.engine_answers(), engine(lambda r: r)),
    "answers up to 1.1": (u.engine_answers(1.1), engine(lambda r: min(r, 1.1))),
    "no answers above 1.1": (u.engine_answers(1.1, False), engine(lambda r: r * (r <= 1.1))),
    "k1": (u.k1_loss, of_answers(lambda x, b, i: x)),
    "k2": (u.k2_loss, of_answers(lambda x, b, i: x * x / 2)),
    "k3": (u.k3_loss, of_answers(lambda x, b, i: k3(x))),
    "k3 weighted": (u.weighted_k3_loss, of_answers(lambda x, b, i: whole(b, i) * k3(x))),
    "k2 of tokens": (u.k2_token_loss, of_tokens(lambda x: x * x / 2)),
    "k3 of tokens": (u.k3_token_loss, of_tokens(k3)),
    "distillation": (u.distillation, by_steps(lambda b, i, t: -log_ratio(b, i, t))),
    "k1 in reward": (u.k1_in_reward, of_answers(lambda x, b, i: -x * surprise(b, i))),
    "entropy sampled": (u.entropy_sampled, lambda b: -mean(surprise(b, i) for i in range(N))),
    "entropy analytic": (u.entropy_analytic, entropies),
    "entropy in reward": (
        u.entropy_in_reward,
        lambda b: mean(surprise(b, i) ** 2 for i in range(N)),
    ),
    "critic": (
        u.with_critic,
        by_steps(lambda b, i, t: GAMMA**t * (to_go(b, i, t) - b.values[i, t])),
    ),
    "gae 0.3": (u.gae(0.3), weighed_by(estimated(0.3))),
    "gae 1": (u.gae(1.0), weighed_by(estimated(1))),
    "whitened gae": (u.whitened_gae(0.3), whitened_estimates(0.3)),
    "discount dropped": (u.without_discount_in_front, by_steps(to_go)),
    "discount kept": (
        u.with_discount_in_front,
        by_steps(lambda b, i, t: GAMMA**t * to_go(b, i, t)),
    ),
    "to go": (
        u.standardised_to_go,
        weighed_by(lambda b: token_whitened(b, lambda i, t: to_go(b, i, t))),
    ),
    "masked": (u.truncated_masked, masked),
    "dropped": (u.truncated_dropped, dropped),
    "masked grpo": (u.truncated_masked_grpo, masked_grpo),
    "padding": (u.padding_scored, padding_scored),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_its_sum_over_answers_and_tokens(name):
    rule, loop = RULES[name]
    at_once = rule(STACKED)
    for k, batch in enumerate(BATCHES):
        expected = loop(batch)
        np.testing.assert_allclose(rule(batch), expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(at_once[k], expected, rtol=1e-12, atol=1e-14)


def test_the_made_batches_reach_both_sides_of_every_limit():
    found = [(ratio(b, i, t), loo(b)[i]) for b in BATCHES for i, t in tokens(b)]
    for limit, sign in product((0.8, 1.2, 1.28, 1.5, 2.0), (1, -1)):
        signed = [r for r, A in found if A * sign > 0]
        assert min(signed) < limit < max(signed)


def test_where_nothing_is_left_the_losses_are_zero():
    none = SimpleNamespace(**vars(BATCHES[0]) | {"ended": np.zeros(N, dtype=bool)})
    assert u.truncated_dropped(none) == u.truncated_masked_grpo(none) == 0
    silent = SimpleNamespace(**vars(BATCHES[0]) | {"rewards": np.ones((N, T))})
    assert u.kept_groups(silent) == 0 and not u.standardised(silent).any()


LAW = np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]])


def test_the_laws_of_other_samplers_by_hand():
    cool = LAW**2 / np.array([[0.25 + 0.04 + 0.09], [0.01 + 0.36 + 0.09]])
    np.testing.assert_allclose(u.tempered(0.5)(LAW), cool, rtol=1e-14)
    moved = LAW * [3, 1, 5]
    sums = np.array([[1.5 + 0.2 + 1.5], [0.3 + 0.6 + 1.5]])
    np.testing.assert_allclose(u.off_by(np.log([3, 1, 5]))(LAW), moved / sums, rtol=1e-14)
    for top_p, kept in (
        (0.45, [[1, 0, 0], [0, 1, 0]]),
        (0.7, [[5 / 8, 0, 3 / 8], [0, 2 / 3, 1 / 3]]),
        (0.95, [[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]]),
        (0.82, [[0.5, 0.2, 0.3], [0, 2 / 3, 1 / 3]]),
    ):
        np.testing.assert_allclose(u.nucleus(top_p)(LAW), kept, rtol=1e-14)
    # of two equal actions the first is kept
    np.testing.assert_allclose(u.nucleus(0.3)(np.array([[0.2, 0.4, 0.4]])), [[0, 1, 0]])


def test_a_spread_below_rounding_counts_as_none():
    values = np.array([3.0, 3.0, 5.0])
    found = u.over_spread(values, np.array([1e-13, 0.5, 1.0]))
    assert found.tolist() == [0, 6, 5]
    assert log(u.over_spread(np.array(1.0), np.array(1e-11))) == pytest.approx(11 * log(10))


def test_in_groups_of_two_the_other_is_subtracted():
    pairs = SimpleNamespace(**vars(BATCHES[0]) | {"group": 2})
    R = rewards(pairs)
    apart = [R[0] - R[1], R[2] - R[3], R[4] - R[5]]
    expected = [sign * x for x in apart for sign in (1, -1)]
    np.testing.assert_allclose(u.leave_one_out(pairs), expected, atol=1e-14)
    np.testing.assert_allclose(u.minus_group_mean(pairs), np.array(expected) / 2, atol=1e-14)


def test_the_law_of_one_state_is_its_row_in_the_law_of_all():
    for law in (u.tempered(0.5), u.off_by(np.log([3, 1, 5])), u.nucleus(0.7)):
        np.testing.assert_allclose(law(LAW[1]), law(LAW)[1], rtol=1e-15)
