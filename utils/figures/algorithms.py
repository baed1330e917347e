"""Pictures of chapter 8: a loss and its slope, runs that learn, and the patients of the clinic."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t as student

from utils import exact
from utils.common.statistics import confidence_interval, mean_and_standard_error
from utils.common.words import plain, signed
from utils.explorer.picture import picture
from utils.explorer.style import CONTRAST, ESTIMATE, FAINT, GRID, INK, TRUTH, title
from utils.learning import cartpole, clinic, patients
from utils.learning import frozen_lake as learning
from utils.learning.cartpole import LONGEST, Recipe
from utils.model import examples
from utils.model.policies import LinearSoftmax

SHIFTS = np.linspace(-3, 3, 61)


def shifted(shift: float) -> LinearSoftmax:
    """The policy of the running MDP with ``shift`` added to the logit of action 1 in both rooms."""
    policy = examples.shared_logit(examples.running_policy(), 1)
    return LinearSoftmax(policy.features, np.array([shift]), policy.offsets)


@cache
def objective_curve() -> np.ndarray:
    """-J over `SHIFTS` in the running MDP, gamma = 1/2."""
    return np.array([-exact.objective(examples.running(), shifted(x)) for x in SHIFTS])


def mean_loss(drawn_at: float, at, baseline: float) -> np.ndarray:
    """E[L(theta')] with data drawn at ``drawn_at`` and theta' in ``at`` (eq:surrogate).

    -1/(1 - gamma) sum_s d_gamma(s) sum_a pi(a|s) (Q(s, a) - b) log pi_theta'(a|s).
    """
    mdp, policy = examples.running(), shifted(drawn_at)
    found = exact.evaluate(mdp, policy)
    visits = found.occupancy[:, None] / (1 - mdp.gamma) * policy.probabilities
    weights = visits * (found.Q - baseline)
    return np.array([-(weights * np.log(shifted(x).probabilities)).sum() for x in np.ravel(at)])


@picture(
    alt="Minus the objective and the mean loss over the shift of the logit. The loss is another "
    "curve, higher or lower and of another shape, but where the data were drawn both have the same "
    "slope, shown by two parallel tangents.",
    drawn_at="data drawn at θ",
    baseline="baseline b",
)
def loss_and_objective(figure: Figure):
    axes = figure.subplots()
    title(axes, "Only the slope of the loss means something")
    axes.set(xlim=(-3, 3), ylim=(-2.6, 5.9), xlabel=r"$\theta'$: added to the logit of action 1")
    axes.axhline(0, color=INK, lw=0.8)
    axes.plot(SHIFTS, objective_curve(), color=TRUTH)
    (loss_curve,) = axes.plot([], [], color=CONTRAST, ls=(0, (5, 2)))
    tangents = [axes.plot([], [], color=c, lw=3, alpha=0.75)[0] for c in (TRUTH, CONTRAST)]
    dots = [axes.plot([], [], "o", color=c, ms=6)[0] for c in (TRUTH, CONTRAST)]
    axes.text(-2.9, 5.3, "dashed: mean loss $L(\\theta')$", color=CONTRAST)
    axes.text(-2.9, 4.6, "$-J(\\theta')$, which is to sink", color=TRUTH)

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


LAKE_GAMMA, LAKE_RUNS, LAKE_UPDATES, LAKE_EPISODES, LAKE_STEP = 0.95, 5, 200, 16, 20.0


@cache
def lake_runs() -> np.ndarray:
    """Exact J_100 along runs played in Gymnasium's FrozenLake-v1, [methods, runs, updates + 1].

    Run i of every method has the seed i, for the environment and for the actions.
    """
    import gymnasium

    mdp = examples.frozen_lake(LAKE_GAMMA)
    out = np.empty((len(learning.METHODS), LAKE_RUNS, LAKE_UPDATES + 1))
    with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as env:
        for k, method in enumerate(learning.METHODS):
            for seed in range(LAKE_RUNS):
                env.reset(seed=seed)
                rng = np.random.default_rng(seed)
                out[k, seed] = learning.climb(
                    env, mdp, method, LAKE_UPDATES, LAKE_EPISODES, LAKE_STEP, rng
                )
    return out


def interval_over_runs(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, low, high) over the first axis: a 95 % interval by Student's law, for few runs."""
    mean, error = mean_and_standard_error(runs)
    half_width = student.ppf(0.975, len(runs) - 1) * error
    return mean, mean - half_width, mean + half_width


@picture(
    alt="The exact objective of the policy against the number of updates, on FrozenLake. Thin "
    "lines are runs of the chosen method, the thick line is their mean with a 95 percent interval, "
    "a level line is the best value that any policy reaches. The means of the other methods are "
    "drawn faintly.",
    method="method",
)
def lake(figure: Figure):
    axes = figure.subplots()
    title(axes, "Here the actor-critic comes close to the best")
    axes.set(xlim=(0, LAKE_UPDATES), ylim=(-0.012, 0.225), xlabel="updates")
    axes.set_ylabel("exact $J_{100}$ of the policy")
    updates = np.arange(LAKE_UPDATES + 1)
    best = learning.best_finite_horizon_objective(examples.frozen_lake(LAKE_GAMMA), 100)
    axes.axhline(best, color=TRUTH, lw=1.6)
    axes.text(3, best + 0.006, f"best possible: {best:.4f}", color=TRUTH)
    others = [axes.plot([], [], color=FAINT, lw=1.2, ls=(0, (2, 2)))[0] for _ in range(2)]
    thin = [axes.plot([], [], color=ESTIMATE, lw=0.6)[0] for _ in range(LAKE_RUNS)]
    band = axes.fill_between(updates, 0 * updates, 0 * updates, color=GRID, lw=0)
    (mean_line,) = axes.plot([], [], color=ESTIMATE, lw=2.4)
    name = axes.text(3, best + 0.027, "", color=ESTIMATE, weight="bold")

    def draw(rng, method):
        runs = lake_runs()
        chosen = runs[int(method) - 1]
        rest = [r for k, r in enumerate(runs) if k != int(method) - 1]
        for line, r in zip(others, rest, strict=True):
            line.set_data(updates, r.mean(axis=0))
        for line, r in zip(thin, chosen, strict=True):
            line.set_data(updates, r)
        mean, low, high = interval_over_runs(chosen)
        band.set_data(updates, np.clip(low, 0, None), np.clip(high, None, 0.215))
        mean_line.set_data(updates, mean)
        name.set_text(learning.METHODS[int(method) - 1])
        return (
            f"{learning.METHODS[int(method) - 1]}: after {LAKE_UPDATES} updates of {LAKE_EPISODES} "
            f"episodes the {LAKE_RUNS} runs reach {mean[-1]:.3f} on average, 95 % interval "
            f"{plain(low[-1], 3)} to {plain(high[-1], 3)}; {100 * mean[-1] / best:.0f} % of the "
            "best. Dotted: the other two methods."
        )

    return draw


POLE_GAMMA, POLE_RUNS, POLE_UPDATES, POLE_EPISODES, POLE_SEED = 0.99, 8, 40, 10, 8
RECIPES = (
    Recipe("REINFORCE", "none", True, 0.1),
    Recipe("learned baseline", "returns", True, 0.1),
    Recipe("actor-critic", "td", True, 0.3),
    Recipe("learned baseline, γᵗ dropped", "returns", False, 0.02),
)


@cache
def pole_runs() -> np.ndarray:
    """Mean steps of each batch in Gymnasium's CartPole-v1, [updates, recipes, runs]."""
    return cartpole.climb(
        RECIPES, POLE_RUNS, POLE_UPDATES, POLE_EPISODES, POLE_GAMMA, seed=POLE_SEED
    )


@picture(
    alt="Steps until the pole falls against the number of updates, on CartPole. Thin lines are "
    "runs of the chosen recipe, the thick line is their mean with a 95 percent interval, the level "
    "line at 500 is the most an episode can last. The means of the other recipes are drawn "
    "faintly.",
    recipe="recipe",
)
def pole(figure: Figure):
    axes = figure.subplots()
    title(axes, "A rough critic: better a baseline than a target")
    axes.set(xlim=(0, POLE_UPDATES - 1), ylim=(-15, 640), xlabel="updates")
    axes.set_ylabel("mean steps of a batch")
    updates = np.arange(POLE_UPDATES)
    axes.axhline(LONGEST, color=TRUTH, lw=1.6)
    axes.text(0.6, LONGEST + 16, "longest possible: 500", color=TRUTH)
    others = [axes.plot([], [], color=FAINT, lw=1.2, ls=(0, (2, 2)))[0] for _ in RECIPES[1:]]
    thin = [axes.plot([], [], color=ESTIMATE, lw=0.6)[0] for _ in range(POLE_RUNS)]
    band = axes.fill_between(updates, 0 * updates, 0 * updates, color=GRID, lw=0)
    (mean_line,) = axes.plot([], [], color=ESTIMATE, lw=2.4)
    name = axes.text(0.6, LONGEST + 76, "", color=ESTIMATE, weight="bold")

    def draw(rng, recipe):
        which, runs = int(recipe) - 1, np.moveaxis(pole_runs(), 0, 2)
        rest = [r for k, r in enumerate(runs) if k != which]
        for line, r in zip(others, rest, strict=True):
            line.set_data(updates, r.mean(axis=0))
        for line, r in zip(thin, runs[which], strict=True):
            line.set_data(updates, r)
        mean, low, high = interval_over_runs(runs[which])
        band.set_data(updates, np.clip(low, 0, None), np.clip(high, None, 560))
        mean_line.set_data(updates, mean)
        name.set_text(RECIPES[which].name)
        last = interval_over_runs(runs[which][:, -10:].mean(axis=1))
        return (
            f"{RECIPES[which].name}, step size {plain(RECIPES[which].step_size)}: over the last "
            f"ten updates the {POLE_RUNS} runs last {last[0]:.0f} steps on average, 95 % interval "
            f"{last[1]:.0f} to {last[2]:.0f}; no episode is longer than 500. "
            "Dotted: the other recipes."
        )

    return draw


@picture(
    alt="A plane whose axes are the two coordinates of the gradient. A solid line ends at "
    "what is right, a dashed one at the exact mean of the patient's step, and a cross with 95 "
    "percent bars is the mean over sampled batches. For the healthy patient the two lines agree.",
    patient="patient",
    batches="batches",
)
def ward_round(figure: Figure):
    axes = figure.subplots()
    title(axes, "Where each patient points")
    axes.set(xlim=(-0.75, 1.75), ylim=(-0.25, 1.65))
    axes.set(xlabel="step in the logit of room 0", ylabel="in the logit of room 1")
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=INK, lw=0.8)
    (right_line,) = axes.plot([], [], color=TRUTH, lw=3)
    (right_tip,) = axes.plot([], [], "o", color=TRUTH, ms=8)
    (mean_line,) = axes.plot([], [], color=CONTRAST, lw=2, ls=(0, (4, 2)))
    (mean_tip,) = axes.plot([], [], "s", color=CONTRAST, ms=7)
    bars = axes.vlines([0, 0], 0, 0, color=ESTIMATE, lw=1.6)
    axes.text(1.72, 0.42, "solid: what is right", color=TRUTH, ha="right", va="center")
    axes.text(1.72, 0.29, "dashed: the mean step", color=CONTRAST, ha="right", va="center")
    axes.text(1.72, 0.16, "cross: sampled, 95 %", color=ESTIMATE, ha="right", va="center")

    def draw(rng, patient, batches):
        patient, n = int(patient), int(batches)
        right = clinic.right_step(patient in patients.CUT)
        mean = patients.mean_estimate(patient)
        for line, tip, end in ((right_line, right_tip, right), (mean_line, mean_tip, mean)):
            line.set_data([0, end[0]], [0, end[1]])
            tip.set_data([end[0]], [end[1]])
        centre, error = mean_and_standard_error(patients.sample(patient, n, rng))
        low, high = confidence_interval(centre, error)
        inside = ((low <= right) & (right <= high)).all()
        low, high = np.maximum(low, [-0.75, -0.25]), np.minimum(high, [1.75, 1.65])
        across = [(low[0], centre[1]), (high[0], centre[1])]
        upright = [(centre[0], low[1]), (centre[0], high[1])]
        bars.set_segments([across, upright])
        bias = ", ".join(signed(x) for x in mean - right)
        found = "no bias" if np.allclose(mean, right) else f"the bias is ({bias})"
        seen = " and ".join(
            f"{signed(x)} ± {plain(e, 2)}" for x, e in zip(centre, error, strict=True)
        )
        return (
            f"Patient {patient}, {patients.NAMES[patient - 1]}: {found}. {n} batches give {seen}; "
            f"what is right lies {'inside both intervals' if inside else 'outside an interval'}."
        )

    return draw
