"""Stochastic gradient ascent on CartPole: many runs side by side in one vector environment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from utils.common.validation import check_count, check_name
from utils.estimators.forms import rewards_to_go

LONGEST = 500  # steps, where CartPole-v1 stops; each step pays 1, so no return is larger
SCALE = np.array([2.4, 2.0, 0.21, 2.0])  # metres, metres/s, radians, radians/s; the limits and 2
CRITICS = ("none", "returns", "td")


@dataclass(frozen=True)
class Recipe:
    """How a run turns episodes into a step.

    name       what the picture calls it
    critic     what is subtracted or learned: "none", "returns" (a baseline fitted to the returns of
               the batch before), "td" (TD errors of a critic fitted to the batch before)
    gamma_t    whether step t has its factor gamma^t
    step_size  alpha in theta + alpha ghat
    """

    name: str
    critic: str
    gamma_t: bool
    step_size: float

    def __post_init__(self) -> None:
        check_name("critic", self.critic, CRITICS)


@dataclass(frozen=True, eq=False)
class Batch:
    """Episodes of CartPole side by side, time-major.

    x      [T + 1, N, 4] observations over ``SCALE``, so that 1 is large
    score  [T, N]        a_t - p_t, the score by the logit of action 1
    alive  [T, N]        whether the episode had not ended before step t; the reward is then 1
    failed [T, N]        whether the pole fell or the cart left the track at step t
    """

    x: np.ndarray
    score: np.ndarray
    alive: np.ndarray
    failed: np.ndarray


def climb(
    recipes: tuple[Recipe, ...],
    runs: int,
    updates: int,
    episodes: int,
    gamma: float,
    seed: int,
) -> np.ndarray:
    """Mean steps before the end, of each batch of ``episodes``: [updates, len(recipes), runs].

    The policy pushes right with probability sigmoid(theta . x), theta = 0 at first. All runs of all
    recipes are played at once in Gymnasium's own vector form of CartPole-v1.
    """
    return climbed(recipes, runs, updates, episodes, gamma, seed)[0]


def climbed(
    recipes: tuple[Recipe, ...],
    runs: int,
    updates: int,
    episodes: int,
    gamma: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """``climb`` and theta after the last update, [recipes, runs, 4], of the same play."""
    import gymnasium

    n_runs = len(recipes) * check_count("runs", runs)
    theta, w = np.zeros((n_runs, 4)), np.zeros((n_runs, 5))
    steps = np.empty((check_count("updates", updates), n_runs))
    env = gymnasium.make_vec(
        "CartPole-v1", num_envs=n_runs * episodes, vectorization_mode="vector_entry_point"
    )
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    for k in range(updates):
        batch = play(env, np.repeat(theta, episodes, axis=0), rng)
        steps[k] = batch.alive.sum(axis=0).reshape(n_runs, episodes).mean(axis=1)
        for i in range(n_runs):
            own = columns(batch, slice(i * episodes, (i + 1) * episodes))
            recipe = recipes[i // runs]
            theta[i] += recipe.step_size * ascent_direction(own, recipe, w[i], gamma)
            w[i] = fitted_critic(own, recipe.critic, gamma)
    env.close()
    shape = len(recipes), runs
    return steps.reshape(updates, *shape), theta.reshape(*shape, 4)


def cosine_of_td(theta: np.ndarray, episodes: int, gamma: float, seed: int) -> float:
    """The cosine between the mean steps with TD errors and with a baseline, at one policy.

    ``theta`` is [4]. Both critics are fitted to ``episodes`` episodes and used on as many fresh
    ones, so that the baseline step has the right mean (``eq:baseline-zero``) and the difference is
    the bias of the TD error.
    """
    import gymnasium

    env = gymnasium.make_vec(
        "CartPole-v1", num_envs=episodes, vectorization_mode="vector_entry_point"
    )
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    fitting, fresh = (play(env, np.tile(theta, (episodes, 1)), rng) for _ in range(2))
    env.close()
    td, honest = (
        ascent_direction(
            fresh, Recipe(name, name, True, 1), fitted_critic(fitting, name, gamma), gamma
        )
        for name in ("td", "returns")
    )
    return float(td @ honest / np.linalg.norm(td) / np.linalg.norm(honest))


def play(env, theta: np.ndarray, rng: np.random.Generator) -> Batch:
    """One episode in each of the environments; ``theta`` [N, 4] holds a policy for each."""
    x = env.reset()[0] / SCALE
    xs, alive = [x], [np.ones(len(theta), dtype=bool)]
    scores: list[np.ndarray] = []
    failed: list[np.ndarray] = []
    while alive[-1].any() and len(scores) < LONGEST:
        p = expit(np.einsum("nd,nd->n", x, theta))
        a = rng.random(len(p)) < p
        observed, _, terminated, truncated, _ = env.step(a.astype(np.int64))
        x = observed / SCALE
        xs.append(x)
        scores.append(a - p)
        failed.append(terminated & alive[-1])
        alive.append(alive[-1] & ~(terminated | truncated))
    return Batch(np.array(xs), np.array(scores), np.array(alive[:-1]), np.array(failed))


def columns(batch: Batch, which: slice) -> Batch:
    """Some of the episodes, up to the end of the longest."""
    length = int(batch.alive[:, which].sum(axis=0).max())
    return Batch(
        batch.x[: length + 1, which],
        batch.score[:length, which],
        batch.alive[:length, which],
        batch.failed[:length, which],
    )


def ascent_direction(batch: Batch, recipe: Recipe, w: np.ndarray, gamma: float) -> np.ndarray:
    """The mean over episodes of sum_t gamma^t psi_t times return or TD error, [4]."""
    reward = batch.alive.astype(float)
    value = features(batch.x) @ w
    if recipe.critic == "td":
        weights = reward + gamma * value[1:] * ~batch.failed - value[:-1]
    else:
        weights = rewards_to_go(reward, gamma)
        if recipe.critic == "returns":
            weights = weights - value[:-1]
    if recipe.gamma_t:
        weights = weights * gamma ** np.arange(len(reward))[:, None]
    weights = weights * batch.score * batch.alive
    return np.einsum("tn,tnd->d", weights, batch.x[:-1]) / reward.shape[1]


def features(x: np.ndarray) -> np.ndarray:
    """What the critic sees of a state: 1 and the four squares, [..., 5]."""
    return np.concatenate([np.ones((*x.shape[:-1], 1)), x**2], axis=-1)


def fitted_critic(batch: Batch, critic: str, gamma: float) -> np.ndarray:
    """The weights w of v(x) = w . features(x) that fit this batch, [5].

    "returns": least squares on G_t. "td": the fixed point of linear TD(0), in which the TD error is
    uncorrelated with every feature (Bradtke and Barto 1996); after a fall the value is 0.
    """
    live = batch.alive
    phi = features(batch.x[:-1])[live]
    if critic == "td":
        after = (features(batch.x[1:]) * ~batch.failed[..., None])[live]
        matrix, right = phi.T @ (phi - gamma * after), phi.sum(axis=0)
    else:
        matrix, right = phi.T @ phi, phi.T @ rewards_to_go(live.astype(float), gamma)[live]
    return np.linalg.lstsq(matrix, right, rcond=None)[0]
