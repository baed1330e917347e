"""Pictures of chapter 8: a loss and its slope, runs that learn, and the patients of the clinic."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from utils import exact
from utils.common.statistics import (
    confidence_interval,
    mean_and_standard_error,
)
from utils.common.words import plain, signed
from utils.explorer import Choice, picture
from utils.explorer.style import (
    CONTRAST,
    DASHED,
    ESTIMATE,
    INK,
    SHORT_DASHED,
    TRUTH,
)
from utils.figures import stored_runs
from utils.figures.instruments import Cross, LearningCurves, Pointer, curve, lines_of_text, marks
from utils.figures.stored_runs import LAKE_EPISODES, LAKE_GAMMA, LAKE_UPDATES, RECIPES
from utils.learning import frozen_lake as learning
from utils.learning.cartpole import LONGEST
from utils.learning.patients import PATIENTS
from utils.model import examples
from utils.model.policies import LinearSoftmax

SHIFTS = np.linspace(-3, 3, 61)


def shifted(shift: float) -> LinearSoftmax:
    """The policy of the running MDP with ``shift`` added to the logit of action 1 in both rooms."""
    policy = examples.shared_logit(examples.running_policy(), 1)
    return LinearSoftmax(policy.features, np.array([shift]), policy.offsets)


@cache
def objective_curve() -> np.ndarray:
    """-J over ``SHIFTS`` in the running MDP, gamma = 1/2."""
    return np.array([-exact.objective(examples.running(), shifted(x)) for x in SHIFTS])


def mean_loss(drawn_at: float, at, baseline: float) -> np.ndarray:
    """E[L(theta')] with data drawn at ``drawn_at`` and theta' in ``at`` (``eq:surrogate``).

    -1/(1 - gamma) sum_s d_gamma(s) sum_a pi(a|s) (Q(s, a) - b) log pi_theta'(a|s).
    """
    mdp, policy = examples.running(), shifted(drawn_at)
    found = exact.evaluate(mdp, policy)
    visits = found.occupancy[:, None] / (1 - mdp.gamma) * policy.probabilities
    weights = visits * (found.Q - baseline)
    return np.array([-(weights * np.log(shifted(x).probabilities)).sum() for x in np.ravel(at)])


@picture(
    title="Only the slope of the loss means something",
    caption="Minus the objective, and the mean loss with data drawn at one θ, over θ'.",
    alt="Minus the objective and the mean loss over the shift of the logit. The loss is another "
    "curve, higher or lower and of another shape, but where the data were drawn both have the same "
    "slope, shown by two parallel tangents.",
    drawn_at="data drawn at θ",
    baseline="baseline b",
)
def loss_and_objective(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-3, 3), ylim=(-2.6, 5.9), xlabel=r"$\theta'$: added to the logit of action 1")
    axes.axhline(0, color=INK, lw=0.8)
    axes.plot(SHIFTS, objective_curve(), color=TRUTH)
    loss_curve = curve(axes, CONTRAST, ls=DASHED)
    tangents = [curve(axes, c, lw=3, alpha=0.75) for c in (TRUTH, CONTRAST)]
    dots = [marks(axes, c, ms=6) for c in (TRUTH, CONTRAST)]
    names = (
        ("dashed: mean loss $L(\\theta')$", CONTRAST),
        ("$-J(\\theta')$, which is to sink", TRUTH),
        ("thick: tangents where the data were drawn", INK),
    )
    lines_of_text(axes, (-2.9, 5.3), 0.7, *names)

    def draw(rng, drawn_at, baseline):
        loss = mean_loss(drawn_at, SHIFTS, baseline)
        loss_curve.set_data(SHIFTS, np.where(np.abs(loss - 0.9) < 3.5, loss, np.nan))
        slope = -float(exact.policy_gradient(examples.running(), shifted(drawn_at))[0])
        heights = (
            -exact.objective(examples.running(), shifted(drawn_at)),
            float(mean_loss(drawn_at, drawn_at, baseline)[0]),
        )
        for dot, tangent, height in zip(dots, tangents, heights, strict=True):
            ends = np.clip(drawn_at + np.array([-0.7, 0.7]), -3, 3)
            dot.set_data([drawn_at], [height])
            tangent.set_data(ends, height + slope * (ends - drawn_at))
        return (
            f"Data drawn at θ = {plain(drawn_at)}, b = {plain(baseline)}: the loss is "
            f"{signed(heights[1])}, −J is {signed(heights[0])}. Both have the slope "
            f"{signed(slope)} there."
        )

    return draw


@picture(
    title="Here the actor-critic comes close to the best",
    caption="FrozenLake: the exact objective along five runs of one learner, and the medians of "
    "the others.",
    alt="The exact objective of the policy against the number of updates, on FrozenLake. Thin "
    "lines are runs of the chosen method, the thick line is their median, a band "
    "reaches from the worst to the best run, a level line is the best value that any policy "
    "reaches. The medians of the other methods are drawn faintly.",
    method=Choice("method", dict(enumerate(learning.METHODS, 1))),
)
def lake(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, LAKE_UPDATES), ylim=(-0.012, 0.225), xlabel="updates")
    axes.set_ylabel("exact $J_{100}$ of the policy")
    runs = stored_runs.lake_runs()
    best = learning.best_finite_horizon_objective(examples.frozen_lake(LAKE_GAMMA), 100)
    axes.axhline(best, color=TRUTH, lw=1.6)
    axes.text(3, best + 0.006, f"best possible: {best:.4f}", color=TRUTH)
    curves = LearningCurves(axes, np.arange(LAKE_UPDATES + 1), runs.shape[1], 2)
    name = axes.text(3, best + 0.027, "", color=ESTIMATE, weight="bold")

    def draw(rng, method):
        which = int(method) - 1
        curves.show(runs, which)
        name.set_text(learning.METHODS[which])
        ends = runs[which, :, -1]
        return (
            f"{learning.METHODS[which]}: after {LAKE_UPDATES} updates of {LAKE_EPISODES} "
            f"episodes the {runs.shape[1]} runs reach {ends.min():.3f} to {ends.max():.3f}; their "
            f"median is {np.median(ends):.3f}, {100 * np.median(ends) / best:.0f} % of the best. "
            "Dotted: the medians of the other two methods."
        )

    return draw


@picture(
    title="A rough critic: better a baseline than a target",
    caption="CartPole: steps until the pole falls along eight runs of one learner, and the "
    "medians of the others.",
    alt="Steps until the pole falls against the number of updates, on CartPole. Thin lines are "
    "runs of the chosen recipe, the thick line is their median, a band reaches from the "
    "worst to the best run, the level line at 500 is the most an episode can last. The medians of "
    "the other recipes are drawn faintly.",
    recipe=Choice("recipe", {k: recipe.name for k, recipe in enumerate(RECIPES, 1)}),
)
def pole(figure: Figure):
    axes = figure.subplots()
    runs = np.moveaxis(stored_runs.pole_runs(), 0, 2)
    axes.set(xlim=(0, runs.shape[2] - 1), ylim=(-15, 640), xlabel="updates")
    axes.set_ylabel("mean steps of a batch")
    axes.axhline(LONGEST, color=TRUTH, lw=1.6)
    axes.text(0.6, LONGEST + 16, "longest possible: 500", color=TRUTH)
    times = np.arange(runs.shape[2])
    curves = LearningCurves(axes, times, runs.shape[1], len(RECIPES) - 1)
    name = axes.text(0.6, LONGEST + 76, "", color=ESTIMATE, weight="bold")

    def draw(rng, recipe):
        which = int(recipe) - 1
        curves.show(runs, which)
        name.set_text(RECIPES[which].name)
        ends = runs[which][:, -10:].mean(axis=1)
        return (
            f"{RECIPES[which].name}, step size {plain(RECIPES[which].step_size)}: over the last "
            f"ten updates the {runs.shape[1]} runs last {ends.min():.0f} to {ends.max():.0f} "
            f"steps; their median is {np.median(ends):.0f}. "
            "Dotted: the medians of the other recipes."
        )

    return draw


WARD_NAMES = (
    ("solid: what is right", TRUTH),
    ("dashed: the mean step", CONTRAST),
    ("cross: sampled, 95 %", ESTIMATE),
)


@picture(
    title="Where each patient points",
    caption="The ward: what is right, the exact mean of a patient's step, and the mean of "
    "sampled batches.",
    alt="A plane whose axes are the two coordinates of the gradient. A solid line ends at "
    "what is right, a dashed one at the exact mean of the patient's step, and a cross with 95 "
    "percent bars is the mean over sampled batches. For the healthy patient the two lines agree.",
    patient=Choice("patient", {k: f"{k}: {each.name}" for k, each in enumerate(PATIENTS, 1)}),
    batches="batches",
)
def ward_round(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.75, 1.75), ylim=(-0.25, 1.65))
    axes.set(xlabel="step in the logit of room 0", ylabel="in the logit of room 1")
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=INK, lw=0.8)
    to_right = Pointer(axes, TRUTH, ms=8, lw=3)
    to_mean = Pointer(axes, CONTRAST, "s", ms=7, lw=2, ls=SHORT_DASHED)
    sampled = Cross(axes)
    lines_of_text(axes, (1.72, 0.42), 0.13, *WARD_NAMES, ha="right", va="center")

    def draw(rng, patient, batches):
        chosen, n = PATIENTS[int(patient) - 1], int(batches)
        right, mean = chosen.right_step, chosen.mean_estimate
        to_right.show(right)
        to_mean.show(mean)
        centre, error = mean_and_standard_error(chosen.sample(n, rng))
        low, high = confidence_interval(centre, error)
        sampled.show(centre, low, high)
        inside = ((low <= right) & (right <= high)).all()
        seen = " and ".join(
            f"{signed(x)} ± {plain(e, 2)}" for x, e in zip(centre, error, strict=True)
        )
        return (
            f"Patient {patient}, {chosen.name}: {bias_in_words(mean, right)}. "
            f"{n} batches give {seen}; "
            f"what is right lies {'inside both intervals' if inside else 'outside an interval'}."
        )

    return draw


def bias_in_words(mean: np.ndarray, right: np.ndarray) -> str:
    """How far the exact mean of a step lies from what is right, [2] each."""
    bias = ", ".join(signed(x) for x in mean - right)
    return "no bias" if np.allclose(mean, right) else f"the bias is ({bias})"
