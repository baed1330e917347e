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


class Script:
    """An environment that plays lists of (state, reward, terminated, truncated), after state 2."""

    def __init__(self, *episodes):
        self.episodes, self.taken = iter(episodes), []

    def reset(self):
        self.rest = iter(next(self.episodes))
        self.taken.append([])
        return 2, {}

    def step(self, action):
        self.taken[-1].append(action)
        return *next(self.rest), {}


class Uniforms(np.random.Generator):
    def __new__(cls, rows):
        return super().__new__(cls, np.random.PCG64(0))

    def __init__(self, rows):
        super().__init__(np.random.PCG64(0))
        self.rows = iter(rows)

    def random(self, size):
        row = next(self.rows)
        assert len(row) == size
        return np.array(row)


def test_episodes_are_kept_step_by_step():
    env = Script(
        [(0, 3.0, False, False), (1, 5.0, True, False)],
        [(1, -7.0, False, False), (0, 11.0, False, False), (2, 13.0, False, True)],
        [(1, 17.0, True, True)],
    )
    policy = TablePolicy([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25], [0.125, 0.25, 0.625]])
    uniforms = [[0.125, 0.75, 0.9], [0.374, 0.0, 0.249], [0.375, 0.1, 0.2]]
    run = collect(env, policy, 3, 3, Uniforms(uniforms))
    # In state 2 the cdf is 1/8, 3/8, 1, in state 0 it is 1/4, 3/4, 1, in state 1 1/2, 3/4, 1.
    assert env.taken == [[1, 2], [1, 0, 0], [2]]
    assert run.path.T.tolist() == [[2, 0, 1, 1], [2, 1, 0, 2], [2, 1, 1, 1]]
    assert run.actions.T.tolist() == [[1, 2, 0], [1, 0, 0], [2, 0, 0]]
    assert run.rewards.T.tolist() == [[3, 5, 0], [-7, 11, 13], [17, 0, 0]]
    assert run.mdp is None


def test_an_episode_that_is_broken_off_names_the_steps_it_had():
    env = Script([(0, 3.0, False, False), (1, 5.0, False, True)])
    policy = TablePolicy(np.full((3, 2), 0.5))
    with pytest.raises(ValueError) as error:
        collect(env, policy, 1, 3, np.random.default_rng(0))
    assert str(error.value) == (
        "the environment broke an episode off after 2 steps; horizon is 3, it should be at most 2"
    )


@pytest.mark.parametrize(
    ("n", "horizon", "rng", "message"),
    [
        (0, 3, None, "n is 0, not an integer of at least 1"),
        (3, 0, None, "horizon is 0, not an integer of at least 1"),
        (3, 3, None, "rng is None, not a numpy.random.Generator"),
    ],
)
def test_numbers_of_episodes_and_steps_are_checked(n, horizon, rng, message):
    with pytest.raises(ValueError, match=message):
        collect(Script(), TablePolicy(np.full((3, 2), 0.5)), n, horizon, rng)
