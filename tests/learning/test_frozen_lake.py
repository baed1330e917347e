from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from utils import exact
from utils.learning.frozen_lake import (
    METHODS,
    best_actions,
    best_finite_horizon_objective,
    climb,
    firm_policy,
    policies,
)
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import TablePolicy
from utils.sampling.episodes import collect

LAKE = examples.frozen_lake(0.95)


@pytest.fixture
def env():
    with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as made:
        yield made


def run(env, method: str, updates: int, seed: int = 0, step_size: float = 20.0) -> np.ndarray:
    env.reset(seed=seed)
    return climb(env, LAKE, method, updates, 16, step_size, np.random.default_rng(seed))


@pytest.mark.parametrize("method", METHODS)
def test_a_run_starts_at_the_uniform_policy_and_never_passes_the_best(env, method):
    uniform = TablePolicy(np.full((16, 4), 0.25))
    curve = run(env, method, 25)
    assert curve[0] == pytest.approx(exact.finite_horizon_objective(LAKE, uniform, 100), rel=1e-12)
    assert len(curve) == 26
    assert (curve <= best_finite_horizon_objective(LAKE, 100)).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_run(env, method):
    np.testing.assert_array_equal(run(env, method, 4, seed=3), run(env, method, 4, seed=3))


def test_without_a_step_nothing_is_learned(env):
    assert np.ptp(run(env, "REINFORCE", 3, step_size=0.0)) == 0


def test_an_unknown_method_is_refused(env):
    with pytest.raises(ValueError, match="actor-critic"):
        run(env, "magic", 1)


def test_the_best_objective_is_reached_by_looking_at_the_clock_and_by_no_table_of_logits():
    best = best_finite_horizon_objective(LAKE, 100)
    assert best == pytest.approx(0.18036, abs=5e-6)
    greedy = best_actions(LAKE, 100)
    fixed = TablePolicy(greedy / greedy.sum(axis=1, keepdims=True))
    reached = exact.finite_horizon_objective(LAKE, fixed, 100)
    assert 0.99 * best < reached <= best + 1e-12


def test_with_one_step_the_best_objective_is_the_best_mean_reward():
    mdp = examples.running(0.5)
    assert best_finite_horizon_objective(mdp, 1) == 1.0
    np.testing.assert_array_equal(best_actions(mdp, 1), [[1, 0], [0, 1]])


def test_the_firm_policy_prefers_best_actions_in_each_half_of_the_lake():
    policy = firm_policy(LAKE, (2.0, 0.0))
    best = best_actions(LAKE, horizon=100)[0]
    assert policy.probabilities[0][best == 1].min() > policy.probabilities[0][best == 0].max()
    np.testing.assert_allclose(policy.probabilities[8:], 0.25)


# Action 0 leads from each of two rooms to the other, action 1 to the end, which is 2.
MOVES = np.array([[1, 2], [0, 2], [2, 2]])
PAYS = np.array([[0.5, 2.0], [1.5, 3.0], [0.0, 0.0]])
KERNEL = np.zeros((3, 2, 3))
for place, action in np.ndindex(3, 2):
    KERNEL[place, action, MOVES[place, action]] = 1
ROOMS = FiniteMDP(KERNEL, PAYS, 0.75, np.eye(3)[0])


class Rooms:
    """These two rooms, as an environment."""

    def reset(self):
        self.s = 0
        return self.s, {}

    def step(self, a):
        reward, self.s = PAYS[self.s, a], MOVES[self.s, a]
        return self.s, reward, self.s == 2, False, {}


@pytest.mark.parametrize("method", METHODS)
def test_each_method_adds_up_its_steps_over_the_episodes_it_has_seen(method):
    theta, v = np.zeros((3, 2)), np.zeros(3)
    ours, theirs = np.random.default_rng(7), np.random.default_rng(7)
    found = list(policies(Rooms(), ROOMS, method, 3, 5, 0.25, theirs, horizon=6, rate=0.5))
    assert len(found) == 4
    for policy in found:
        np.testing.assert_allclose(policy.theta, theta, rtol=1e-12)
        run = collect(Rooms(), policy, 5, 6, ours)
        pi, step, gaps = policy.probabilities, np.zeros((3, 2)), {0: [], 1: []}
        for n in range(5):
            length = 1 + int(np.argmax(run.path[1:, n] == 2)) if 2 in run.path[:, n] else 6
            for t in range(length):
                s, a, after = run.path[t, n], run.actions[t, n], run.path[t + 1, n]
                G = sum(0.75 ** (k - t) * run.rewards[k, n] for k in range(t, length))
                ahead = run.rewards[t, n] + 0.75 * v[after]
                weight = {"REINFORCE": G, "learned baseline": G - v[s],
                          "actor-critic": ahead - v[s]}[method]  # fmt: skip
                step[s] += 0.75**t * weight * (np.eye(2)[a] - pi[s]) / 5
                gaps[s].append((ahead if method == "actor-critic" else G) - v[s])
        theta = theta + 0.25 * step
        v[:2] += [0.5 * sum(gaps[s]) / max(len(gaps[s]), 1) for s in (0, 1)]


def test_the_best_action_values_of_two_rooms_by_hand():
    # With one step to go the best is 2 and 3; with two 0.5 + 0.75 * 3 = 2.75 against 2 in room 0.
    assert best_finite_horizon_objective(ROOMS, 1) == 2
    assert best_finite_horizon_objective(ROOMS, 2) == 2.75
    # With three: room 0 gives 0.5 + 0.75 * max(1.5 + 0.75 * 2, 3) = 2.75
    assert best_actions(ROOMS, 1).tolist() == [[0, 1], [0, 1], [1, 1]]
    assert best_actions(ROOMS, 2).tolist() == [[1, 0], [1, 1], [1, 1]]


def test_the_firm_policy_has_a_logit_for_the_best_actions_of_each_half():
    best = best_actions(LAKE, horizon=100)
    policy = firm_policy(LAKE)
    assert policy.theta.tolist() == [2.0, 2.0]
    np.testing.assert_array_equal(policy.features[:8, :, 0], best[:8])
    np.testing.assert_array_equal(policy.features[8:15, :, 1], best[8:15])
    assert not policy.features[:8, :, 1].any() and not policy.features[8:, :, 0].any()
    assert not policy.features[15].any() and policy.features.shape == (16, 4, 2)


def test_a_climb_plays_a_hundred_steps_and_moves_its_critic_by_a_fifth_unless_told():
    def run_with(**options):
        generator = np.random.default_rng(1)
        learner = policies(Rooms(), ROOMS, "learned baseline", 3, 4, 0.5, generator, **options)
        return [policy.theta for policy in learner]

    for one, other in zip(run_with(), run_with(horizon=100, rate=0.2), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (run_with()[-1] != run_with(rate=0.4)[-1]).any()
    generators = (np.random.default_rng(1) for _ in range(2))
    one, other = (
        climb(Rooms(), ROOMS, "actor-critic", 3, 4, 0.5, generator, **options)
        for generator, options in zip(generators, ({}, {"horizon": 100, "rate": 0.2}), strict=True)
    )
    np.testing.assert_array_equal(one, other)
