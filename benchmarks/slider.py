"""One slider move, kernel side: the explorer against ``interact`` with a new inline figure.

Both simulate 1000 trajectories of 50 steps, estimate the gradient, and draw the running mean of
one coordinate with its band.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from itertools import cycle

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.core.pylabtools import print_figure

from utils import TabularSoftmax, policy_gradient, simulate
from utils.explorer import explore, picture
from utils.model import examples

MDP = examples.running()
LOGITS = [round(x, 2) for x in np.linspace(-2, 2, 41)]
TIMES = np.arange(50)


def monte_carlo(logit: float, rng: np.random.Generator):
    """Mean reward at each time with its standard error, [50] each, and the gradient estimate."""
    policy = TabularSoftmax([[0, logit], [0, -0.7]])
    rollouts = simulate(MDP, policy, n=1000, horizon=50, rng=rng)
    errors = rollouts.rewards.std(axis=1) / np.sqrt(1000)
    return rollouts.rewards.mean(axis=1), errors, policy_gradient(rollouts, policy, MDP)


@picture(alt="Mean reward against time with a 95 % band.", logit="logit of action 1")
def mean_reward(figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 49), ylim=(0, 2), xlabel="time", ylabel="mean reward")
    (line,) = axes.plot(TIMES, np.zeros(50))
    band = axes.fill_between(TIMES, 0, 0.1, alpha=0.3)

    def draw(rng, logit):
        means, errors, estimate = monte_carlo(logit, rng)
        line.set_ydata(means)
        band.set_data(TIMES, means - 1.96 * errors, means + 1.96 * errors)
        return f"The gradient is {estimate.mean[0, 1]:.3f}."

    return draw


def explorer_move():
    """Set the slider of the explorer to its next value; the widget redraws."""
    widget = explore(mean_reward, draws=2, logit=LOGITS).widget()
    places = cycle(range(len(LOGITS)))

    def move():
        widget.places = [next(places)]

    return move


def interact_move():
    """Set the slider of ``interact`` to its next value; a new figure is drawn and shown as PNG."""
    matplotlib.use("agg")
    shown = []

    def draw(logit):
        means, errors, estimate = monte_carlo(logit, np.random.default_rng(0))
        figure, axes = plt.subplots(figsize=(5.4, 3.5))
        axes.set(xlim=(0, 49), ylim=(0, 2), xlabel="time", ylabel="mean reward")
        axes.plot(TIMES, means)
        axes.fill_between(TIMES, means - 1.96 * errors, means + 1.96 * errors, alpha=0.3)
        axes.set_title(f"The gradient is {estimate.mean[0, 1]:.3f}.")
        # What the inline backend does with each open figure when a cell or callback ends.
        shown[:] = [print_figure(figure, fmt="png", bbox_inches="tight", base64=True)]
        plt.close(figure)

    control = ipywidgets.interactive(draw, logit=ipywidgets.SelectionSlider(options=LOGITS))
    values = cycle(LOGITS)

    def move():
        # Outside a notebook the output area writes control codes to the terminal.
        with redirect_stdout(io.StringIO()):
            control.children[0].value = next(values)

    return move
