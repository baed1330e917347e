"""Pictures of chapter 5: what critics and batches do to the mean, and twelve estimates at once."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
from matplotlib.figure import Figure

from utils import exact
from utils.common.statistics import student_interval
from utils.common.words import plain, signed
from utils.estimators import comparison
from utils.estimators.gradient import policy_gradient
from utils.estimators.variance import estimator_moments
from utils.explorer import picture
from utils.explorer.style import CONTRAST, DASHED, DOTTED, ESTIMATE, FAINT, INK, TRUTH
from utils.figures.instruments import Intervals, curve, empty_band, lines_of_text, marks
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.sampling.rollouts import simulate

CRITIC_GAMMA, CRITIC_ROLLOUTS, CRITIC_HORIZON = 0.9, 500, 80
LAMBDAS = np.linspace(0, 1, 11)
SAMPLED_LAMBDAS = np.array([0, 0.25, 0.5, 0.75, 1])


def running_critic(error: float):
    """The running MDP with one shared logit, and the critic V(s) + error 1{s = 1}."""
    mdp = examples.running(CRITIC_GAMMA)
    policy = LinearSoftmax.logits(running_p(), shared=True)
    V, Q = exact.values(mdp, policy)
    return mdp, policy, (V + error * np.array([0, 1]), Q)


def running_p() -> np.ndarray:
    """pi(1|s) of the running policy, [2]."""
    return np.array(examples.running_tables().p, dtype=float)


@cache
def gae_means(error: float) -> np.ndarray:
    """The exact mean of the GAE estimator at each of ``LAMBDAS`` (``eq:gae``)."""
    mdp, policy, critic = running_critic(error)
    return np.array(
        [estimator_moments(mdp, policy, "gae", critic=critic, lam=lam).mean[0] for lam in LAMBDAS]
    )


@picture(
    title="Only λ = 1 forgives every wrong critic",
    caption="The mean of the estimator with generalised advantages over λ, if the critic errs "
    "in state 1.",
    alt="The mean of the gradient estimator with generalised advantages against lambda: an exact "
    "curve, Monte Carlo points with 95 percent intervals, and the true gradient as a level line. "
    "The curve meets the line at lambda one for every critic, elsewhere only if the critic is "
    "right.",
    error="error of the critic in state 1",
)
def gae_with_a_wrong_critic(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.75, 1.75), xlabel="$λ$", ylabel="gradient")
    true = float(exact.policy_gradient(*running_critic(0)[:2])[0])
    axes.plot([0, 1], [true, true], color=TRUTH, lw=2.2)
    mean_curve = curve(axes, CONTRAST, ls=DASHED)
    sampled = Intervals(axes, SAMPLED_LAMBDAS)
    names = (
        ("true gradient", TRUTH),
        ("exact mean with this critic", CONTRAST),
        (f"{CRITIC_ROLLOUTS} trajectories, 95 %", ESTIMATE),
    )
    lines_of_text(axes, (1.03, 1.6), 0.18, *names, ha="right")

    def draw(rng, error):
        mdp, policy, critic = running_critic(error)
        means = gae_means(error)
        run = simulate(mdp, policy, CRITIC_ROLLOUTS, CRITIC_HORIZON, rng)
        estimates = [
            policy_gradient(run, policy, mdp, "gae", critic=critic, lam=lam)
            for lam in SAMPLED_LAMBDAS
        ]
        mean_curve.set_data(LAMBDAS, means)
        ends = np.array([e.confidence_interval() for e in estimates])[:, :, 0]
        sampled.show([e.mean[0] for e in estimates], *ends.T)
        claim = f"wrong by {signed(error, 1)} in state 1" if error else "right"
        return (
            f"The critic is {claim}. At λ = 0 the mean is "
            f"{signed(means[0])}, at λ = 1 it is {signed(means[-1])}; "
            f"the gradient is {signed(true)}."
        )

    return draw


def sampled_values(b: float | np.ndarray) -> np.ndarray:
    """psi(a) (Q(0, a) - b) for both actions, [2, ...]: state 0 of the running MDP, gamma = 1/2.

    Their mean under the policy is the same for every ``b`` (``eq:baseline-zero``).
    """
    policy = LinearSoftmax.logits(running_p())
    Q = exact.values(examples.running(0.5), policy)[1][0]
    return np.multiply.outer(policy.scores[0, :, 0], np.ones_like(b)) * np.subtract.outer(Q, b)


@picture(
    title="The values move, their mean stays",
    caption="State 0 of the running MDP at γ = ½: the two values of ψ (Q − b) over b, their mean, "
    "and one standard deviation to both sides.",
    alt="Two straight lines over the baseline b: the value of the estimate after action 0 rises, "
    "that after action 1 falls. They cross at the one-step b. Their mean is a level line. A grey "
    "band of one standard deviation narrows to nothing where the lines cross and widens on both "
    "sides. V lies a little to the right. Two dots mark the values at the chosen b.",
    b="baseline b",
)
def one_state(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1.1, 3.1), ylim=(-1.75, 1.55), xlabel="baseline $b$", ylabel=r"$ψ\,(Q - b)$")
    ends, p = np.array([-1.1, 3.1]), float(running_p()[0])
    chances = np.array([1 - p, p])
    grid = np.linspace(ends[0], ends[1], 43)
    mean = float(chances @ sampled_values(0.0))
    deviation = np.sqrt(chances @ (sampled_values(grid) - mean) ** 2)
    empty_band(axes).set_data(grid, mean - deviation, mean + deviation)
    axes.axhline(mean, color=TRUTH, lw=2.2)
    for values, colour in zip(sampled_values(ends), (CONTRAST, ESTIMATE), strict=True):
        axes.plot(ends, values, color=colour)
    dots = [marks(axes, colour, ms=7) for colour in (CONTRAST, ESTIMATE)]
    value = float(exact.values(examples.running(0.5), LinearSoftmax.logits(running_p()))[0][0])
    axes.axvline(value, color=FAINT, lw=0.9, ls=DOTTED)
    axes.text(value + 0.05, -1.65, "$V$", color=FAINT)
    here = curve(axes, INK, lw=0.9, ls=DASHED)
    names = (
        ("mean of both, exact", TRUTH),
        (f"after action 1, chance {p:g}", ESTIMATE),
        (f"after action 0, chance {1 - p:g}", CONTRAST),
    )
    lines_of_text(axes, (3.05, 1.3), 0.24, *names, ha="right")

    def draw(rng, b):
        values = sampled_values(b)
        here.set_data([b, b], values)
        for value, dot in zip(values, dots, strict=True):
            dot.set_data([b], [value])
        deviation = float(np.sqrt(chances @ (values - mean) ** 2))
        return (
            f"At b = {plain(b)} the values are {signed(values[0])} and {signed(values[1])}, with "
            f"the mean {signed(mean, 3)} and the standard deviation {deviation:.2f}."
        )

    return draw


BATCHES = np.arange(2, 31)
SAFE_REWARD, MEAN_PRIZE = 1, 2


@cache
def standardised_update(p: float, chance: float) -> np.ndarray:
    """E[(1/N) sum_i psi_i (R_i - mean) / sd] / (p(1 - p)) for each N of ``BATCHES``.

    One step, two actions with pi(1) = p. Action 1 pays 2/chance with probability ``chance``, else
    0; action 0 pays 1. The true gradient is p(1 - p), so the answer is 1 if nothing is divided.
    The sum runs over the counts of the three outcomes; a batch without spread counts 0.
    """
    laws = np.array([p * chance, p * (1 - chance), 1 - p])
    rewards = np.array([MEAN_PRIZE / chance, 0.0, SAFE_REWARD])
    scores = np.array([1 - p, 1 - p, -p])
    out = []
    for n in BATCHES:
        counts = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)])
        ways = np.array([comb(n, i) * comb(n - i, j) for i, j, _ in counts.tolist()], dtype=float)
        centred = rewards - (counts @ rewards)[:, None] / n
        spread = np.sqrt((counts * centred**2).sum(axis=1) / n)
        update = (counts * scores * centred).sum(axis=1) / (n * np.where(spread > 0, spread, 1))
        out.append((ways * np.prod(laws**counts, axis=1)) @ update)
    multiples = np.array(out) / (p * (1 - p))
    return np.where(np.abs(multiples) < 1e-12, 0, multiples)  # rounding has no direction


def downhill(update: np.ndarray) -> str:
    """Which of ``BATCHES`` point downhill, in words; they are the small ones."""
    wrong = BATCHES[update < 0]
    if len(wrong) == 0:
        return "no batch shown points downhill"
    if len(wrong) == len(BATCHES):
        return "all batches shown point downhill"
    if len(wrong) == 1:
        return f"only batches of N = {wrong[0]} point downhill"
    return f"batches of N = {wrong[0]} to {wrong[-1]} point downhill"


@picture(
    title="Standardising a small batch can reverse the update",
    caption="The expected update with standardised returns, as a multiple of the gradient, over "
    "the size of the batch.",
    alt="The expected update with standardised returns, as a multiple of the true gradient, "
    "against the size of the batch. For rare prizes and small batches the points lie below zero.",
    p="policy p = π(1)",
    chance="chance of the prize",
)
def standardised_returns(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 31), ylim=(-2.2, 1.5), xlabel="trajectories in a batch, $N$")
    axes.set_ylabel("expected update / gradient")
    axes.plot([0, 31], [0, 0], color=INK, lw=1)
    axes.text(30.5, 1.2, "uphill", color=FAINT, ha="right")
    axes.text(30.5, -2.08, "downhill", color=FAINT, ha="right")
    up = marks(axes, TRUTH, ms=4.5)
    down = marks(axes, CONTRAST, "s", ms=4.5)

    def draw(rng, p, chance):
        update = standardised_update(p, chance)
        up.set_data(BATCHES[update >= 0], update[update >= 0])
        down.set_data(BATCHES[update < 0], update[update < 0])
        first = f"{signed(update[0])} times the gradient" if update[0] else "0"
        return (
            f"Action 1, played with p = {p:g}, pays {MEAN_PRIZE / chance:.3g} with chance "
            f"{chance:g}; action 0 pays 1. "
            f"At N = 2 the update is {first}, and {downhill(update)}."
        )

    return draw


FORM_ROLLOUTS, FORM_BATCHES = 300, 6


@cache
def exact_forms(gamma: float) -> np.ndarray:
    """The exact variances of ``comparison.LONG_FORMS`` on the running MDP, one logit a state."""
    policy = LinearSoftmax.logits(running_p())
    return np.array(list(comparison.long_run_variances(examples.running(gamma), policy).values()))


@picture(
    title="Subtracting matters more than knowing Q",
    caption="The variance of twelve estimates of one gradient on the running MDP, exact and "
    "sampled. G is reward-to-go, Q the exact action value, A the advantage.",
    alt="Twelve estimators of the gradient as rows, their variance on a logarithmic axis: exact "
    "marks and Monte Carlo points with 95 percent intervals. A state baseline moves the mark far "
    "to the left; putting Q for the return alone moves it very little.",
    size=(5.4, 4.6),
    gamma="discount γ",
)
def forms_side_by_side(figure: Figure):
    axes = figure.subplots()
    names = list(comparison.LONG_FORMS)
    rows = np.arange(len(names))[::-1]
    axes.set(xscale="log", xlim=(0.003, 150), ylim=(-0.6, len(names) + 0.9))
    axes.set_yticks(rows, names)
    axes.set_xlabel("variance of one trajectory's estimate")
    exact_marks = marks(axes, TRUTH, "|", ms=13, mew=2.4)
    estimates = Intervals(axes, rows, upright=False)
    axes.text(0.004, len(names) + 0.2, "exact", color=TRUTH)
    count = f"{FORM_ROLLOUTS * FORM_BATCHES:,}".replace(",", " ")
    axes.text(140, len(names) + 0.2, f"{count} trajectories, 95 %", color=ESTIMATE, ha="right")
    policy = LinearSoftmax.logits(running_p())

    def draw(rng, gamma):
        true = exact_forms(gamma)
        mdp = examples.running(gamma)
        horizon = int(np.ceil(np.log(1e-3) / np.log(gamma)))
        sampled = comparison.sampled_variances(
            mdp, policy, FORM_BATCHES, FORM_ROLLOUTS, horizon, rng
        )
        mean, error = np.array(list(sampled.values())).T
        low, high = student_interval(mean, error, FORM_BATCHES)
        exact_marks.set_data(true, rows)
        # The bar has to stay on a logarithmic axis.
        estimates.show(mean, np.maximum(low, 0.3 * mean), high)
        of = dict(zip(names, true, strict=True))
        return (
            f"At γ = {gamma:g} the variance falls from {of['G']:.3g} to {of['G − V']:.2g} when V "
            f"is subtracted from the return, but only to {of['Q']:.3g} when Q replaces it. "
            f"The advantage has {of['A']:.2g}, the best form {of['Q − best b(s)']:.2g}."
        )

    return draw
