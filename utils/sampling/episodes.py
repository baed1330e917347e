"""Episodes of a real Gymnasium environment, in the form in which this book keeps trajectories."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from utils.common.validation import check_count, check_generator
from utils.model.policies import FinitePolicy, cumulative
from utils.sampling.rollouts import Rollouts


def collect(env, policy: FinitePolicy, n: int, horizon: int, rng: np.random.Generator) -> Rollouts:
    """``n`` episodes of at most ``horizon`` steps, played in ``env`` one after the other.

    ``env`` is a Gymnasium environment whose states and actions are numbered from 0; it has its own
    random numbers and is reset before each episode, but not seeded here. ``rng`` draws the actions.

    After the end of an episode its column repeats the last state, with action 0 and reward 0. So a
    sum of rewards is what it should be, and a score after the end meets a return of 0.

    ValueError if the environment breaks an episode off before ``horizon`` steps; give it a longer
    limit, or ask for fewer steps.
    """
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    cdf = cumulative(policy.probabilities).tolist()
    path = np.empty((horizon + 1, n), dtype=np.intp)
    actions, rewards = np.zeros((horizon, n), dtype=np.int64), np.zeros((horizon, n))
    for i in range(n):
        path[:, i] = s = int(env.reset()[0])
        for t, u in enumerate(rng.random(horizon).tolist()):
            actions[t, i] = a = bisect_right(cdf[s], u)
            s, rewards[t, i], terminated, truncated, _ = env.step(a)
            path[t + 1 :, i] = s = int(s)
            if terminated:
                break
            if truncated and t + 1 < horizon:
                raise ValueError(
                    f"the environment broke an episode off after {t + 1} steps; "
                    f"horizon is {horizon}, it should be at most {t + 1}"
                )
    return Rollouts(path, actions, rewards)
