from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from utils.model import examples
from utils.model.policies import TablePolicy
from utils.sampling.episodes import collect
from utils.sampling.rollouts import simulate


def lake(**options):
    return gymnasium.make("FrozenLake-v1", disable_env_checker=True, **options)


def play(seed: int, n: int = 50, horizon: int = 100, env=None):
    env = env or lake()
    env.reset(seed=seed)
    return collect(env, examples.frozen_lake_policy(), n, horizon, np.random.default_rng(seed))


def test_the_same_seeds_give_the_same_episodes():
    one, other = play(1), play(1)
    for name in ("path", "actions", "rewards"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (play(2).path != one.path).any()


def test_each_step_is_possible_in_the_table_of_the_environment():
    mdp, run = examples.frozen_lake(), play(0)
    steps = run.states, run.actions, run.next_states
    assert (mdp.P[steps] > 0).all()
    run.check_fits(mdp)


def test_the_reward_is_1_exactly_on_the_first_arrival_at_the_goal():
    run = play(0, n=400)
    arrived = (run.next_states == 15) & (run.states != 15)
    assert arrived.any()
    np.testing.assert_array_equal(run.rewards, arrived)


def test_nothing_happens_after_the_end():
    mdp, run = examples.frozen_lake(), play(0)
    over = mdp.terminal[run.states]
    assert over.any()
    assert not run.rewards[over].any() and not run.actions[over].any()
    assert (run.next_states[over] == run.states[over]).all()


def test_a_certain_action_is_always_taken():
    right = TablePolicy(np.eye(4)[np.full(16, 2)])
    with lake(is_slippery=False) as env:
        env.reset(seed=0)
        run = collect(env, right, 3, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(run.path[:, 0], [0, 1, 2, 3, 3, 3])


def test_a_limit_of_the_environment_below_the_horizon_is_refused():
    with (
        lake(is_slippery=False, max_episode_steps=4) as env,
        pytest.raises(ValueError, match="after 4 steps; horizon is 5, it should be at most 4"),
    ):
        stay = TablePolicy(np.eye(4)[np.zeros(16, dtype=int)])
        collect(env, stay, 1, 5, np.random.default_rng(0))


def test_the_environment_and_the_table_have_the_same_mean_length():
    mdp, n = examples.frozen_lake(), 4000
    real = play(5, n=n)
    ours = simulate(mdp, examples.frozen_lake_policy(), n, 100, np.random.default_rng(6))
    lengths = [(~mdp.terminal[run.states]).sum(axis=0) for run in (real, ours)]
    # Two independent means; five standard errors of their difference: false alarm 5.7e-7.
    error = np.sqrt(sum(x.var(ddof=1) / n for x in lengths))
    assert abs(lengths[0].mean() - lengths[1].mean()) <= 5 * error
