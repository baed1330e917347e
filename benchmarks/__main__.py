"""Measure, print, and write RESULTS.md. Names of groups as arguments measure these only."""

from __future__ import annotations

import benchmarks.one_thread  # noqa: F401  before NumPy

# isort: split
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks import gym_loop, jax_peer, slider, textbook
from benchmarks.problems import (
    N,
    T,
    draw_uniforms,
    estimation,
    problems,
    random_mdp,
    simulation,
)
from benchmarks.sparse_grid import grid
from benchmarks.timing import ROUNDS, medians
from utils import TabularSoftmax, exact

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Row:
    """One ratio; ``least`` tells whether the bound is a lower one."""

    what: str
    ratio: float
    bound: float
    least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.least else self.ratio <= self.bound

    def markdown(self) -> str:
        sign = "≥" if self.least else "≤"
        verdict = "met" if self.met else "**missed**"
        return (
            f"| {self.what} | {self.ratio:.3g} | {sign} {self.bound:g} | {verdict} | {self.note} |"
        )


def against_uniforms(name, mdp, theta, bounds):
    times = medians(
        {
            "L": draw_uniforms(N, T),
            "simulate": simulation(mdp, theta),
            "estimate": estimation(mdp, theta),
        }
    )
    for key, text, bound in zip(
        ("simulate", "estimate"),
        ("simulate", "simulate + reward-to-go mean + standard error"),
        bounds,
        strict=True,
    ):
        note = f"{1e3 * times[key]:.1f} ms against {1e3 * times['L']:.1f} ms"
        yield Row(f"{text} / L, {name}", times[key] / times["L"], bound, note=note)


def one_slider_move(name, mdp, theta):
    times = medians({"L": draw_uniforms(1000, 50), "ours": estimation(mdp, theta, 1000, 50)})
    what = f"N = 1000, T = 50, simulate + estimate, {name}"
    milliseconds = 1e3 * times["ours"]
    yield Row(f"{what} / L", times["ours"] / times["L"], 4.5)
    yield Row(f"{what}, milliseconds", milliseconds, 1)


def ratio(other, ours) -> float:
    """Time of the other contender over ours. Only these two alternate: a third would leave memory
    in another state to one of them than to the other."""
    times = medians({"ours": ours, "other": other}, rounds=9)
    return times["other"] / times["ours"]


def against_gymnasium(mdp, theta, n=1000):
    env = gym_loop.make(n)
    rng = np.random.default_rng(0)

    def loop():
        return gym_loop.simulate(env, theta, T, rng)

    def loop_with_gradient():
        return textbook.estimate(mdp, theta, *loop())

    note = f"for each trajectory; the loop runs {n}, ours {N}"
    pairs = (
        ("", loop, simulation(mdp, theta), 500),
        (" with gradient", loop_with_gradient, estimation(mdp, theta), 300),
    )
    for suffix, other, ours, bound in pairs:
        what = f"Gymnasium's vector loop{suffix} / ours, FrozenLake"
        yield Row(what, ratio(other, ours) * N / n, bound, True, note)
    env.close()


def agrees(name, mdp, theta, mean, standard_error) -> None:
    """Raise unless an estimate is within 6 of its standard errors of the exact gradient."""
    truth = exact.finite_horizon_policy_gradient(mdp, TabularSoftmax(theta), T)
    if not (np.abs(np.asarray(mean) - truth) <= 6 * np.asarray(standard_error) + 1e-15).all():
        raise AssertionError(f"{name} does not estimate the gradient: nothing to compare")


def against_textbook(name, mdp, theta, bound):
    rng = np.random.default_rng(0)

    def simulate():
        return textbook.simulate(mdp, theta, N, T, rng)

    agrees("textbook NumPy", mdp, theta, *textbook.estimate(mdp, theta, *simulate()))
    pairs = (
        ("", simulate, simulation(mdp, theta)),
        (
            " with gradient",
            lambda: textbook.estimate(mdp, theta, *simulate()),
            estimation(mdp, theta),
        ),
    )
    for suffix, other, ours in pairs:
        yield Row(f"textbook NumPy{suffix} / ours, {name}", ratio(other, ours), bound, True)


def against_jax(name, mdp, theta):
    best = jax_peer.best_estimation(mdp, theta, N, T)
    agrees("JAX", mdp, theta, *best())
    pairs = [
        ("in its best form", jax_peer.best_simulation(mdp, theta, N, T), simulation(mdp, theta)),
        ("in its best form with gradient", best, estimation(mdp, theta)),
    ]
    if name == "two-state":
        usual = jax_peer.usual_simulation(mdp, theta, N, T)
        pairs.append(("as usually written", usual, simulation(mdp, theta)))
    for form, other, ours in pairs:
        yield Row(f"JAX {form} / ours, {name}", ratio(other, ours), 1.3, True)


def exact_against_one_solve(n_states, bound):
    rng = np.random.default_rng(0)
    mdp = random_mdp(rng, n_states, successors=50)
    theta = rng.normal(size=(n_states, 4))
    policy = TabularSoftmax(theta)
    matrix = np.eye(n_states) - 0.9 * exact.policy_kernel(mdp, policy)
    reward = exact.policy_reward(mdp, policy)
    times = medians(
        {
            "solve": lambda: np.linalg.solve(matrix, reward),
            "ours": lambda: everything_exact(mdp, TabularSoftmax(theta)),
        },
        rounds=9 if n_states > 500 else 51,
    )
    what = f"exact J, V, Q, d and gradient / one dense solve, S = {n_states}"
    yield Row(what, times["ours"] / times["solve"], bound)


def everything_exact(mdp, policy):
    evaluation = exact.evaluate(mdp, policy)
    return evaluation, exact.gradient_of(mdp, policy, evaluation)


def sparse_against_one_solve(side=71):
    mdp = grid(side)
    theta = np.random.default_rng(0).normal(size=mdp.R.shape)
    policy = TabularSoftmax(theta)
    matrix = np.eye(mdp.n_states) - mdp.gamma * exact.policy_kernel(mdp, policy).toarray()
    reward = exact.policy_reward(mdp, policy)
    times = medians(
        {
            "solve": lambda: np.linalg.solve(matrix, reward),
            "ours": lambda: everything_exact(mdp, TabularSoftmax(theta)),
        },
        rounds=9,
    )
    note = f"{1e3 * times['ours']:.1f} ms against {times['solve']:.1f} s"
    what = f"sparse exact J, V, Q, d and gradient / one dense solve, {side} x {side} grid"
    yield Row(what, times["ours"] / times["solve"], 0.02, note=note)


def explorer_against_interact():
    times = medians({"explorer": slider.explorer_move(), "interact": slider.interact_move()})
    note = f"{1e3 * times['explorer']:.0f} ms against {1e3 * times['interact']:.0f} ms"
    what = "a slider move of the explorer / of interact with a new inline figure"
    yield Row(what, times["explorer"] / times["interact"], 1 / 3, note=note)


BOUNDS = {"two-state": (1.6, 3), "FrozenLake": (1.6, 3), "100x4": (2.3, 5.5)}
TEXTBOOK = {"two-state": 4, "FrozenLake": 8, "100x4": 10}


def groups():
    """Name -> rows, in the order of the table."""
    cases = problems()

    def each(measure, *names):
        return chain.from_iterable(measure(name, *cases[name]) for name in names or cases)

    return {
        "simulation": each(lambda name, *case: against_uniforms(name, *case, BOUNDS[name])),
        "move": each(one_slider_move, "two-state", "FrozenLake"),
        "gymnasium": against_gymnasium(*cases["FrozenLake"]),
        "textbook": each(lambda name, *case: against_textbook(name, *case, TEXTBOOK[name])),
        "jax": each(against_jax),
        "exact": chain(exact_against_one_solve(100, 2.3), exact_against_one_solve(1000, 1.8)),
        "sparse": sparse_against_one_solve(),
        "explorer": explorer_against_interact(),
    }


def machine(load: float) -> str:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scipy", "jax", "gymnasium", "matplotlib")
    )
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}; "
        f"Python {platform.python_version()}, {packages}. "
        f"Load average when the run began: {load:.1f}."
    )


def main(wanted: list[str]) -> None:
    """Measure the groups that are ``wanted``; only a full run writes RESULTS.md."""
    load = os.getloadavg()[0]
    rows = []
    for name, measured in groups().items():
        for row in measured if not wanted or name in wanted else ():
            rows.append(row)
            print(row.markdown(), flush=True)
    if wanted:
        return
    table = "\n".join(row.markdown() for row in rows)
    RESULTS.write_text(
        "# Results\n\n"
        "Written by `make bench`. Every ratio compares medians of at least nine interleaved rounds "
        f"({ROUNDS} unless the contender is slow) of processor time, one thread for all. L is the "
        f"time to draw the 2 N T float64 uniforms of a straightforward simulator into an array; "
        f"N = {N}, T = {T} unless said otherwise. Policies and sampling tables are made anew at "
        "every call.\n\n"
        f"Machine: {machine(load)}\n\n"
        "| what | measured | bound | | note |\n|---|---|---|---|---|\n"
        f"{table}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
