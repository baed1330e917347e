"""The learning runs behind the pictures of chapter 8: how they are played, and where they are kept.

Playing them takes some ten seconds, so they are stored beside the code, in single precision. A test
plays a part of them again. After a change of a learner: ``python -m utils.figures.stored_runs``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from utils.learning import cartpole, frozen_lake
from utils.learning.cartpole import Recipe
from utils.model import examples

LAKE_GAMMA, LAKE_RUNS, LAKE_UPDATES, LAKE_EPISODES, LAKE_STEP = 0.95, 5, 200, 16, 20.0
SHOWN_SEED, SHOWN_UPDATES = 1, (0, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200)
POLE_GAMMA, POLE_RUNS, POLE_UPDATES, POLE_EPISODES, POLE_SEED = 0.99, 8, 40, 10, 8
RECIPES = (
    Recipe("REINFORCE", "none", True, 0.1),
    Recipe("learned baseline", "returns", True, 0.1),
    Recipe("actor-critic", "td", True, 0.3),
    Recipe("learned baseline, γᵗ dropped", "returns", False, 0.02),
)


GRID_STEPS = (5.0, 10.0, 20.0)
POLE_REPETITIONS = 10
COSINE_EPISODES, COSINE_SEEDS = 300, (1, 2, 3, 4, 5)


def play_lake(method: str, seed: int, step: float = LAKE_STEP) -> np.ndarray:
    """Exact J_100 along one run played in Gymnasium's FrozenLake-v1, [updates + 1].

    The seed is that of the environment and that of the actions, for every method the same.
    """
    import gymnasium

    mdp = examples.frozen_lake(LAKE_GAMMA)
    with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as env:
        env.reset(seed=seed)
        rng = np.random.default_rng(seed)
        J = frozen_lake.climb(env, mdp, method, LAKE_UPDATES, LAKE_EPISODES, step, rng)
    return J


def play_poles(updates: int = POLE_UPDATES) -> np.ndarray:
    """Mean steps of each batch in Gymnasium's CartPole-v1, [updates, recipes, runs]."""
    return cartpole.climb(RECIPES, POLE_RUNS, updates, POLE_EPISODES, POLE_GAMMA, seed=POLE_SEED)


def play_lake_grid() -> np.ndarray:
    """The last J_100 for each step size of ``GRID_STEPS``, [steps, methods, runs]."""
    return np.array(
        [
            [
                [play_lake(m, seed, step)[-1] for seed in range(LAKE_RUNS)]
                for m in frozen_lake.METHODS
            ]
            for step in GRID_STEPS
        ]
    )


def play_pole_repetitions() -> np.ndarray:
    """Mean steps of the last ten updates of ``play_poles`` with the seeds 0, 1, ..., as
    [seeds, recipes, runs]."""
    played = (
        cartpole.climb(RECIPES, POLE_RUNS, POLE_UPDATES, POLE_EPISODES, POLE_GAMMA, seed)
        for seed in range(POLE_REPETITIONS)
    )
    return np.array([steps[-10:].mean(axis=0) for steps in played])


def play_pole_cosines() -> np.ndarray:
    """Of each actor-critic run the mean steps of its last ten updates, and the cosine
    ``cartpole.cosine_of_td`` at its last policy for each of ``COSINE_SEEDS``, [1 + seeds, runs].

    All come from one play with the seed ``POLE_SEED``. Another machine rounds differently and then
    plays other runs.
    """
    steps, theta = cartpole.climbed(
        RECIPES, POLE_RUNS, POLE_UPDATES, POLE_EPISODES, POLE_GAMMA, POLE_SEED
    )
    cosines = [
        [cartpole.cosine_of_td(last, COSINE_EPISODES, POLE_GAMMA, seed) for last in theta[2]]
        for seed in COSINE_SEEDS
    ]
    return np.array([steps[-10:, 2].mean(axis=0), *cosines])


def play_lake_certainty() -> np.ndarray:
    """The largest pi(a|s) of each cell of ice at the end of each REINFORCE run, [runs, 11]."""
    import gymnasium

    mdp, ends = examples.frozen_lake(LAKE_GAMMA), []
    for seed in range(LAKE_RUNS):
        with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as env:
            env.reset(seed=seed)
            rng = np.random.default_rng(seed)
            *_, last = frozen_lake.policies(
                env, mdp, "REINFORCE", LAKE_UPDATES, LAKE_EPISODES, LAKE_STEP, rng
            )
        ends.append(last.probabilities.max(axis=1)[~mdp.terminal])
    return np.array(ends)


def play_lake_policies() -> np.ndarray:
    """pi(a|s) at ``SHOWN_UPDATES`` of the REINFORCE run with the seed ``SHOWN_SEED``, [K, 16, 4].

    Of the five runs of REINFORCE it is the one that ends highest.
    """
    import gymnasium

    mdp = examples.frozen_lake(LAKE_GAMMA)
    with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as env:
        env.reset(seed=SHOWN_SEED)
        rng = np.random.default_rng(SHOWN_SEED)
        last = SHOWN_UPDATES[-1]
        along = frozen_lake.policies(env, mdp, "REINFORCE", last, LAKE_EPISODES, LAKE_STEP, rng)
        shown = [pi.probabilities for k, pi in enumerate(along) if k in SHOWN_UPDATES]
    return np.array(shown)


@cache
def lake_policies() -> np.ndarray:
    """``play_lake_policies``, [K, 16, 4]; rows add up to 1 in double precision."""
    stored = _load("lake_policies")
    return stored / stored.sum(axis=2, keepdims=True)


@cache
def lake_runs() -> np.ndarray:
    """``play_lake`` for each method and the seeds 0 to 4, [methods, runs, updates + 1]."""
    return _load("lake")


@cache
def pole_runs() -> np.ndarray:
    """``play_poles``, [updates, recipes, runs]."""
    return _load("pole")


@cache
def lake_grid() -> np.ndarray:
    """``play_lake_grid``, [steps, methods, runs]."""
    return _load("lake_grid")


@cache
def pole_repetitions() -> np.ndarray:
    """``play_pole_repetitions``, [seeds, recipes, runs]."""
    return _load("pole_repetitions")


@cache
def pole_cosines() -> np.ndarray:
    """``play_pole_cosines``, [1 + seeds, runs]."""
    return _load("pole_cosines")


def lake_certainty() -> np.ndarray:
    """``play_lake_certainty``, [runs, 11]."""
    return _load("lake_certainty")


def _load(name: str) -> np.ndarray:
    with resources.as_file(resources.files(__package__) / "data" / f"{name}.npy") as path:
        return np.load(path).astype(float)


def store(folder: Path) -> None:
    """Play every run and write it to ``folder``."""
    lake = [[play_lake(m, seed) for seed in range(LAKE_RUNS)] for m in frozen_lake.METHODS]
    np.save(folder / "lake.npy", np.array(lake, dtype=np.float32))
    np.save(folder / "lake_policies.npy", play_lake_policies().astype(np.float32))
    np.save(folder / "pole.npy", play_poles().astype(np.float32))
    store_experiments(folder)


def store_experiments(folder: Path) -> None:
    """Play what the text of chapter 8 quotes beside the pictures, and write it to ``folder``."""
    np.save(folder / "pole_cosines.npy", play_pole_cosines().astype(np.float32))
    np.save(folder / "lake_grid.npy", play_lake_grid().astype(np.float32))
    np.save(folder / "lake_certainty.npy", play_lake_certainty().astype(np.float32))
    np.save(folder / "pole_repetitions.npy", play_pole_repetitions().astype(np.float32))


if __name__ == "__main__":
    store(Path(__file__).parent / "data")
