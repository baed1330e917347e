"""Pictures of chapter 9: an answer, groups, lengths, distances, clipping, and the assay."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
from matplotlib.figure import Figure

from utils.common.words import plain, power_of_ten, signed
from utils.explorer import Choice, picture
from utils.explorer.style import CONTRAST, DASHED, DOTTED, ESTIMATE, FAINT, INK, LEVEL, TRUTH
from utils.figures.instruments import Pointer, curve, lines_of_text, marks
from utils.learning import update_rules
from utils.learning.assay import (
    Batches,
    Tables,
    expected_return,
    objective_value,
    slope,
)
from utils.learning.drawn_answers import Answers, listed
from utils.learning.group_objective import Weight, climbed, others_weights, silent_share
from utils.learning.group_objective import standardised_weights as group_weights
from utils.learning.rule_table import GROUP, per_length, table
from utils.learning.token_world import THETA, TOKENS, thinking

PROMPTS = ("hard", "easy")


@cache
def answers() -> tuple[str, ...]:
    """The seven answers to a prompt, the longest first."""
    _, one = listed(thinking(1, prompts=[0, 1]))
    texts = [_text(one, k) for k in range(len(one.tokens))]
    return tuple(sorted(texts, key=lambda text: (-len(text.split()), text[-1] == "…", text)))


def _text(one: Answers, k: int) -> str:
    tokens = one.tokens[k, 0, : int(one.lengths[k, 0])]
    return " ".join(TOKENS[a] for a in tokens)


def values_along(prompt: int, answer: int) -> np.ndarray:
    """V(s_0), then V after each token, and R at the end, [l + 1]; both are counted from 1."""
    _, one = listed(thinking(1, prompts=[PROMPTS[prompt - 1] == name for name in ("easy", "hard")]))
    texts = [_text(one, k) for k in range(len(one.tokens))]
    k = texts.index(answers()[answer - 1])
    length = int(one.lengths[k, 0])
    return np.append(one.before[k, 0, 0], one.after[k, 0, :length])


@picture(
    title="The reward is handed out to the tokens",
    caption="The value of the text after each token of an answer, up to its reward.",
    alt="A broken line over the tokens of an answer. It starts at the value of the prompt, goes up "
    "or down with each token, and ends at the reward, 0 or 1. A dashed level marks the start.",
    prompt=Choice("prompt", dict(enumerate(PROMPTS, start=1))),
    answer=Choice("answer", dict(enumerate(answers(), start=1))),
)
def reward_along_an_answer(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.15, 3.15), ylim=(-0.06, 1.06), xticks=range(4))
    axes.set(xlabel="tokens written", ylabel="value of the text")
    start = curve(axes, FAINT, ls=LEVEL, lw=1.4)
    path = marks(axes, TRUTH, "o-", ms=6, lw=2.2)
    end = marks(axes, CONTRAST, "s", ms=9)
    names = (("line: value", TRUTH), ("square: reward", CONTRAST), ("dashed: start", FAINT))
    lines_of_text(axes, (-0.08, 0.19), 0.08, *names)

    def draw(rng, prompt, answer):
        V = values_along(int(prompt), int(answer))
        places = np.arange(len(V))
        start.set_data([-0.15, 3.15], [V[0], V[0]])
        path.set_data(places, V)
        end.set_data(places[-1:], V[-1:])
        parts = " ".join(signed(gain, 3) for gain in np.diff(V))
        return (
            f"{answers()[int(answer) - 1]} to the {PROMPTS[int(prompt) - 1]} prompt: the value "
            f"starts at {plain(V[0], 3)}, the advantages are {parts}, and their sum is "
            f"{signed(V[-1] - V[0], 3)}."
        )

    return draw


CHANCES = np.linspace(0.01, 0.99, 99)
WEIGHINGS = ("minus the group's mean", "divided by the group's deviation", "by the others'")


def weighing(kind: int, n: int) -> tuple[Weight, Weight]:
    """(right, wrong) of the three ways to weigh a group of n."""
    if kind == 1:
        return (lambda k: 1 - k / n), (lambda k: -k / n)
    return group_weights(n) if kind == 2 else others_weights(n)


def group_factor(kind: int, n: int, p: np.ndarray) -> np.ndarray:
    """The number in front of grad p in the mean update, for each p (``eq:group-objective``)."""
    rises = np.diff(climbed(*weighing(kind, n), n))
    k = np.arange(n)
    counts = np.array([comb(n - 1, j) for j in k])
    law = counts * p[:, None] ** k * (1 - p[:, None]) ** (n - 1 - k)
    return n * law @ rises


@picture(
    title="Every weighing of a group climbs something",
    caption="Left, the factor of ∇p in the mean update. Right, the function φ of the number of "
    "right answers whose mean is climbed.",
    alt="Two panels. Left: the factor by which a prompt's gradient is multiplied, over the chance "
    "of a right answer, with a dashed curve for a very large group. Right: the value of the group "
    "as a function of the number of right answers, a chain of dots from 0.",
    n="answers N in a group",
    weights=Choice("weights", dict(enumerate(WEIGHINGS, start=1))),
)
def what_a_group_climbs(figure: Figure):
    left, right = figure.subplots(1, 2)
    left.set_ylabel("factor of ∇p")
    left.set(xlim=(0, 1), ylim=(0, 5), xlabel="chance $p$ to be right")
    right.set(xlim=(-0.02, 1.02), ylim=(0, 3.3), xlabel="share $K/N$ right")
    right.set_ylabel("φ(K)")
    left.plot(CHANCES, 1 / np.sqrt(CHANCES * (1 - CHANCES)), color=FAINT, ls=DASHED)
    left.text(0.5, 4.6, "dashed: N → ∞", color=FAINT, ha="center")
    factors = curve(left, CONTRAST, lw=2.4)
    left.axhline(1, color=TRUTH, lw=1.4)
    left.text(0.5, 0.35, "line at 1: ∇p", color=TRUTH, ha="center")
    right.plot([0, 1], [0, 1], color=TRUTH, lw=1.4)
    chain = marks(right, CONTRAST, "o-", ms=4)

    def draw(rng, n, weights):
        n, kind = int(n), int(weights)
        factor = group_factor(kind, n, CHANCES)
        factors.set_data(CHANCES, np.where(factor <= 5, factor, np.nan))
        chain.set_data(np.arange(n + 1) / n, climbed(*weighing(kind, n), n))
        low, middle = group_factor(kind, n, np.array([0.1, 0.5]))
        quiet = 100 * silent_share(0.1, n)
        return (
            f"N = {n}, {WEIGHINGS[kind - 1]}: a prompt with p = 0.1 gets the factor "
            f"{plain(low, 3)}, one with p = 0.5 gets {plain(middle, 3)}. At p = 0.1 all answers "
            f"agree in {plain(quiet, 1)} % of the groups."
        )

    return draw


THOUGHT = np.linspace(-2.5, 4, 66)
LENGTH_RULES = ("sum over tokens", "mean over own length", "mean over all tokens")


@cache
def thinking_field(hard: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Along the logit of "…": mean updates of that logit [3, K], J [K] and E[length] [K].

    ``hard`` is the share of hard prompts. The three rules are those of ``LENGTH_RULES``, with the
    baseline of RLOO and groups of four.
    """
    fields, J, length = np.empty((3, len(THOUGHT))), [], []
    for i, x in enumerate(THOUGHT):
        world = thinking(GROUP, prompts=[1 - hard, hard], theta=(x, THETA[1]))
        J.append(objective_value(expected_return, world, world.theta))
        length.append(objective_value(lambda law: law.mean(law.lengths), world, world.theta))
        fields[:, i] = [
            slope(expected_return, world)[0],
            own_length_step(world)[0],
            _token_mean_step(world)[0],
        ]
    return fields, np.array(J), np.array(length)


def own_length_step(world) -> np.ndarray:
    """grad E[R/l] - p grad E[1/l], mean over the prompts (``eq:own-length``)."""
    step = np.zeros(len(world.theta))
    for s in np.flatnonzero(world.start):
        alone = thinking(1, prompts=np.eye(len(world.start))[s][[0, 3]], theta=world.theta)
        p = np.real(objective_value(expected_return, alone, alone.theta))
        inverse = slope(lambda law: law.mean(1 / law.lengths), alone)
        step = step + world.start[s] * (slope(per_length, alone) - p * inverse)
    return step


def _token_mean_step(world) -> np.ndarray:
    # The loss is linear in log pi, so that its slope is a sum of scores.
    batches, tables = Batches.of(world), Tables.of(world, world.theta)
    e = world.episodes
    M = (tables.scores * e.mask[..., None]).sum(axis=1)[batches.chosen]
    R, length = e.rewards.sum(axis=1)[batches.chosen], e.mask.sum(axis=1)[batches.chosen]
    A = (R - R.mean(axis=1, keepdims=True)) * world.group / (world.group - 1)
    steps = (A[..., None] * M).sum(axis=1) / length.sum(axis=1)[:, None]
    return batches.probabilities(tables) @ steps


def stops(field: np.ndarray) -> float:
    """Where a field along the logit first goes from up to down, interpolated."""
    i = np.flatnonzero((field[:-1] > 0) & (field[1:] <= 0))[0]
    return float(THOUGHT[i] + field[i] / (field[i] - field[i + 1]) * (THOUGHT[1] - THOUGHT[0]))


@picture(
    title="Where the thinking logit comes to rest",
    caption="The mean update of one logit, and the chance of a right answer, in the world of this "
    "chapter.",
    alt="Two panels over the logit of the thinking token. Above: the mean update of that logit "
    "under the chosen rule and the gradient; a dot marks where each changes its sign. Below: the "
    "chance of a right answer, with the same two places marked.",
    size=(5.4, 4.6),
    rule=Choice("rule", dict(enumerate(LENGTH_RULES, start=1))),
    hard="share of hard prompts",
)
def what_lengths_do(figure: Figure):
    above, below = figure.subplots(2, 1, sharex=True)
    above.axhline(0, color=INK, lw=0.8)
    above.set(xlim=(THOUGHT[0], THOUGHT[-1]), ylim=(-0.28, 0.12), ylabel="mean update")
    below.set(ylim=(0, 1), ylabel="share right")
    below.set_xlabel('logit of "…": answers get longer to the right')
    true = curve(above, TRUTH)
    chosen = curve(above, CONTRAST, ls=DASHED, lw=2)
    lines_of_text(above, (-2.4, -0.16), 0.07, ("solid: ∇J", TRUTH), ("dashed: the rule", CONTRAST))
    heights = curve(below, TRUTH)
    dots = [marks(a, c, ms=7) for a in (above, below) for c in (TRUTH, CONTRAST)]

    def draw(rng, rule, hard):
        fields, J, length = thinking_field(float(hard))
        kind = int(rule) - 1
        true.set_data(THOUGHT, fields[0])
        chosen.set_data(THOUGHT, fields[kind])
        heights.set_data(THOUGHT, J)
        rest = [stops(fields[0]), stops(fields[kind])]
        for dot, x in zip(dots[:2], rest, strict=True):
            dot.set_data([x], [0])
        for dot, x in zip(dots[2:], rest, strict=True):
            dot.set_data([x], [np.interp(x, THOUGHT, J)])
        tokens, value = (np.interp(rest, THOUGHT, v) for v in (length, J))
        return (
            f"{LENGTH_RULES[kind]}: at rest with {plain(tokens[1], 2)} tokens on average and "
            f"{plain(100 * value[1], 1)} % right; the gradient rests at {plain(tokens[0], 2)} "
            f"tokens and {plain(100 * value[0], 1)} %."
        )

    return draw


COIN = np.linspace(0.02, 0.98, 97)


def kl_slopes(p, q):
    """Slopes by the logit of p for a coin: of KL(p||q), and of k1, k2, k3 as losses, on average."""
    p = np.asarray(p, dtype=float)
    true = p * (1 - p) * np.log(p * (1 - q) / (q * (1 - p)))
    return true, 0 * p, true, p - q


@picture(
    title="The same divergence, three slopes",
    caption="Mean slopes of three losses for a coin with probability p and a reference with q.",
    alt="The mean slope of three losses over the probability p of the policy, for a coin and a "
    "reference q. One is zero everywhere, one agrees with the slope of the divergence, one is a "
    "straight line through the same zero.",
    reference="reference q",
)
def three_estimators(figure: Figure):
    axes = figure.subplots()
    axes.axhline(0, color=INK, lw=0.8)
    axes.set(xlim=(0, 1), ylim=(-1, 1), xlabel="probability p of the policy")
    axes.set_ylabel("mean slope by the logit of p")
    true = curve(axes, TRUTH, lw=2.4)
    k3 = curve(axes, CONTRAST, ls=DASHED, lw=2)
    k1 = curve(axes, ESTIMATE, ls=DOTTED, lw=2.4)
    at_reference = marks(axes, INK, ms=6)
    lines_of_text(
        axes, (0.02, 0.86), 0.14,
        ("solid: ∇KL(π‖ref), and k2 as a loss", TRUTH),
        ("dashed: k3 as a loss, ∇KL(ref‖π)", CONTRAST),
        ("dotted: k1 as a loss, zero", ESTIMATE),
    )  # fmt: skip

    def draw(rng, reference):
        divergence, zero, _, third = kl_slopes(COIN, reference)
        true.set_data(COIN, divergence)
        k1.set_data(COIN, zero)
        k3.set_data(COIN, third)
        at_reference.set_data([reference], [0])
        here, _, _, other = kl_slopes(0.05, reference)
        return (
            f"Reference q = {plain(reference)}. At p = 0.05 the slope of KL(π‖ref) is "
            f"{signed(float(here), 3)}, that of k3 as a loss {signed(float(other), 3)}."
        )

    return draw


SHIFT = np.linspace(-0.5, 3, 3501)  # fine, so that the top is found; drawn at every 25th
CHANCE_A, CHANCE_B, COST_B = 0.1, 0.5, 0.2


def two_prompts(shift, clip: float | None = None):
    """(J - J at 0, mean clipped objective) of two prompts with one shared logit (``eq:clip-stop``).

    Prompt A has p = 1/10 and action 1 pays 1; prompt B has p = 1/2 and action 1 costs 1/5. Each is
    asked half of the time. The data were drawn at shift 0; the advantages are exact.
    """
    shift, rise, bounded = np.asarray(shift, dtype=float), 0.0, 0.0
    for p, pay in ((CHANCE_A, 1.0), (CHANCE_B, -COST_B)):
        odds = p / (1 - p) * np.exp(shift)
        moved = odds / (1 + odds)
        rise = rise + (moved - p) * pay / 2
        if clip is None:
            continue
        for law, now, A in ((p, moved, pay * (1 - p)), (1 - p, 1 - moved, -pay * p)):
            bounded = bounded + law / 2 * update_rules.clipped(now / law, A, clip, clip)
    return rise, bounded


@picture(
    title="Clipped ascent on old data stops early",
    caption="Two prompts with one shared logit: the objective, and the mean of the clipped "
    "objective.",
    alt="Two curves over the shift of a logit since the data were drawn. The objective rises far "
    "to the right; the clipped objective has the same slope at 0, bends, and has its top much "
    "earlier, at a dot.",
    clip="clip range ε",
)
def clipped_ascent(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.5, 3), ylim=(-0.03, 0.19), xlabel="shift of the shared logit")
    axes.set_ylabel("rise since the data were drawn")
    axes.plot(SHIFT[::25], two_prompts(SHIFT[::25])[0], color=TRUTH)
    bent = curve(axes, CONTRAST, ls=DASHED, lw=2)
    top = marks(axes, CONTRAST, ms=7)
    names = (("solid: the objective", TRUTH), ("dashed: the clipped objective", CONTRAST))
    lines_of_text(axes, (-0.4, 0.175), 0.015, *names)

    def draw(rng, clip):
        rise, bounded = two_prompts(SHIFT, float(clip))
        bounded = bounded - two_prompts(0.0, float(clip))[1]
        bent.set_data(SHIFT[::25], bounded[::25])
        where = bounded.argmax()
        top.set_data([SHIFT[where]], [bounded[where]])
        return (
            f"ε = {plain(clip)}: clipped ascent stops at the shift {plain(SHIFT[where], 3)}, where "
            f"the objective has risen by {plain(rise[where], 4)}. It rises by "
            f"{plain(rise[-1], 4)} up to the right edge."
        )

    return draw


LENGTHS = np.arange(1, 1001)


def second_moment(p: float, q: float) -> float:
    """E[ratio^2] of one token of a coin moved from p to q: 1 + (q - p)^2 / (p (1 - p))."""
    return 1 + (q - p) ** 2 / (p * (1 - p))


@picture(
    title="What 1000 old answers are worth",
    caption="The effective number of 1000 answers whose tokens are reweighted from one coin to "
    "another.",
    alt="The number of equally weighted answers that 1000 answers are worth, on a logarithmic "
    "scale, falls along a straight line as the answers get longer; the steeper, the further the "
    "policy has moved.",
    moved="coin moved from 0.5 to",
)
def worth_of_old_answers(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1000), ylim=(-6.2, 3.4), xlabel="tokens of an answer")
    axes.set_ylabel("effective number, powers of ten")
    axes.axhline(0, color=INK, lw=0.8)
    axes.text(990, 0.15, "one answer", color=INK, ha="right")
    line = curve(axes, CONTRAST, lw=2.2)
    dot = marks(axes, CONTRAST, ms=7)

    def draw(rng, moved):
        worth = 3 - LENGTHS * np.log10(second_moment(0.5, moved))
        line.set_data(LENGTHS, np.where(worth > -6.2, worth, np.nan))
        alone = 3 / np.log10(second_moment(0.5, moved))
        dot.set_data([alone] if alone <= 1000 else [], [0] if alone <= 1000 else [])
        last = power_of_ten(worth[-1])
        return (
            f"Each token moved from 0.5 to {plain(moved)}: E[ρ²] grows by the factor "
            f"{plain(second_moment(0.5, moved), 4)} a token. 1000 answers are worth one at "
            f"{plain(alone, 0)} tokens, and about {last} at 1000 tokens."
        )

    return draw


@picture(
    title="Mean update and what was meant",
    caption="One row of the table as two arrows: what was meant, and what the mean update does.",
    alt="A plane whose axes are the two coordinates of an update. A solid line shows the gradient "
    "of what the rule is meant for, a dashed line its exact mean update, both scaled to the length "
    "of the longer.",
    rule="row of the table",
)
def compass(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.15, 1.15))
    axes.set(xlabel="first coordinate, scaled", ylabel="second coordinate, scaled")
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=INK, lw=0.8)
    meant = Pointer(axes, TRUTH, ms=8, lw=3)
    mean = Pointer(axes, CONTRAST, "s", ms=7, lw=2, ls=DASHED)
    names = (("solid: what was meant", TRUTH), ("dashed: the mean update", CONTRAST))
    lines_of_text(axes, (-1.3, -0.93), 0.14, *names)

    def draw(rng, rule):
        name, report = table().rows[int(rule) - 1]
        scale = max(np.linalg.norm(report.gradient), np.linalg.norm(report.mean))
        meant.show(report.gradient / scale)
        mean.show(report.mean / scale)
        angle = "" if np.isnan(report.angle) else f" The angle is {plain(report.angle, 1)}°."
        return f"{int(rule)}. {name}: {report.what}.{angle}"

    return draw
