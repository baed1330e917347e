from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from utils.learning.cartpole import (
    LONGEST,
    SCALE,
    Batch,
    Recipe,
    ascent_direction,
    climb,
    climbed,
    columns,
    cosine_of_td,
    features,
    fitted_critic,
    play,
)

GAMMA = 0.9
PLAIN = Recipe("plain", "none", True, 0.1)


def batch(seed: int = 0, n: int = 6) -> Batch:
    env = gymnasium.make_vec("CartPole-v1", num_envs=n, vectorization_mode="vector_entry_point")
    env.reset(seed=seed)
    played = play(env, np.tile([0.0, 0.0, 2.0, 1.0], (n, 1)), np.random.default_rng(seed))
    env.close()
    return played


def test_an_episode_ends_where_the_pole_falls_and_not_before():
    played = batch()
    length = played.alive.sum(axis=0)
    assert (np.diff(played.alive.astype(int), axis=0) <= 0).all()
    for n, steps in enumerate(length):
        assert played.failed[steps - 1, n] and played.failed[:, n].sum() == 1
        cart, angle = played.x[steps, n, 0], played.x[steps, n, 2]
        assert abs(cart) > 1 or abs(angle) > 0.2095 / SCALE[2]
        assert (np.abs(played.x[:steps, n, 0]) <= 1).all()


def test_the_vector_form_plays_the_same_game_as_the_single_one():
    env = gymnasium.make("CartPole-v1").unwrapped
    played = batch(n=1)
    env.reset(seed=0)
    env.state = tuple(played.x[0, 0] * SCALE)
    p = 1 / (1 + np.exp(-played.x[:-1, 0] @ [0.0, 0.0, 2.0, 1.0]))
    actions = np.round(played.score[:, 0] + p).astype(int)
    for t, action in enumerate(actions[: played.alive[:, 0].sum()]):
        state, reward, fell, _, _ = env.step(int(action))
        np.testing.assert_allclose(state / SCALE, played.x[t + 1, 0], atol=1e-5)
        assert reward == 1 and fell == played.failed[t, 0]
    env.close()


def test_the_direction_is_the_mean_over_episodes_of_the_sum_over_steps():
    played = batch()
    total = np.zeros(4)
    for n in range(6):
        length = played.alive[:, n].sum()
        for t in range(length):
            G = (1 - GAMMA ** (length - t)) / (1 - GAMMA)
            total += GAMMA**t * G * played.score[t, n] * played.x[t, n]
    np.testing.assert_allclose(ascent_direction(played, PLAIN, np.zeros(5), GAMMA), total / 6)


def test_dropping_gamma_t_changes_the_direction_and_a_zero_critic_does_not():
    played, w = batch(), np.zeros(5)
    kept = ascent_direction(played, PLAIN, w, GAMMA)
    based = ascent_direction(played, Recipe("b", "returns", True, 0.1), w, GAMMA)
    dropped = ascent_direction(played, Recipe("d", "none", False, 0.1), w, GAMMA)
    np.testing.assert_allclose(kept, based)
    assert np.linalg.norm(dropped - kept) > 0.1 * np.linalg.norm(kept)


def test_td_weights_are_r_plus_gamma_v_minus_v_and_v_is_0_after_a_fall():
    played, w = batch(n=1), np.array([3.0, 0.5, -0.2, 0.1, 0.4])
    v, length = features(played.x[:, 0]) @ w, played.alive[:, 0].sum()
    total = np.zeros(4)
    for t in range(length):
        after = 0 if t == length - 1 else v[t + 1]
        delta = 1 + GAMMA * after - v[t]
        total += GAMMA**t * delta * played.score[t, 0] * played.x[t, 0]
    found = ascent_direction(played, Recipe("td", "td", True, 0.1), w, GAMMA)
    np.testing.assert_allclose(found, total)


def test_a_fitted_baseline_leaves_residuals_orthogonal_to_the_features():
    played = batch()
    w = fitted_critic(played, "returns", GAMMA)
    residuals = np.zeros(5)
    for n in range(6):
        length = played.alive[:, n].sum()
        for t in range(length):
            phi = features(played.x[t, n])
            residuals += phi * ((1 - GAMMA ** (length - t)) / (1 - GAMMA) - phi @ w)
    np.testing.assert_allclose(residuals, 0, atol=1e-8)


def test_td_errors_of_the_fitted_critic_are_uncorrelated_with_the_features():
    played = batch()
    w = fitted_critic(played, "td", GAMMA)
    v = features(played.x) @ w
    delta = (1 + GAMMA * v[1:] * ~played.failed - v[:-1]) * played.alive
    np.testing.assert_allclose(np.einsum("tn,tnd->d", delta, features(played.x[:-1])), 0, atol=1e-8)


def test_columns_keep_their_episodes_whole():
    played = batch()
    part = columns(played, slice(2, 4))
    np.testing.assert_array_equal(part.alive.sum(axis=0), played.alive.sum(axis=0)[2:4])
    assert len(part.x) == len(part.score) + 1


def test_the_same_seed_gives_the_same_runs_and_a_run_does_not_depend_on_its_step_size_at_first():
    recipes = (PLAIN, Recipe("td", "td", True, 0.3))
    one, other = (climb(recipes, 2, 2, 3, 0.99, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (2, 2, 2) and (one >= 1).all() and (one <= LONGEST).all()


def test_an_unknown_critic_is_refused():
    with pytest.raises(ValueError, match="critic"):
        Recipe("x", "oracle", True, 0.1)


def test_a_climb_with_its_parameters_is_the_same_climb_and_a_cosine_is_a_cosine():
    recipes = (Recipe("REINFORCE", "none", True, 0.1),)
    steps, theta = climbed(recipes, 2, 3, 4, 0.99, seed=0)
    assert (steps == climb(recipes, 2, 3, 4, 0.99, seed=0)).all()
    assert theta.shape == (1, 2, 4) and (theta != 0).any(axis=2).all()
    assert -1 <= cosine_of_td(theta[0, 0], 20, 0.99, seed=0) <= 1


def made() -> Batch:
    """Three episodes of 4, 2 and 3 steps with numbers of no pattern; two of them end in a fall."""
    rng = np.random.default_rng(4)
    alive = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1], [1, 0, 0]], dtype=bool)
    failed = np.zeros((4, 3), dtype=bool)
    failed[1, 1] = failed[2, 2] = True
    return Batch(rng.normal(0, 1, (5, 3, 4)), rng.normal(0, 0.5, (4, 3)), alive, failed)


STEPS = [(t, n) for n, length in enumerate((4, 2, 3)) for t in range(length)]


def to_go(t, n):
    return sum(0.75**k for k in range((4, 2, 3)[n] - t))


def seen(x):
    return np.array([1.0, *(y * y for y in x)])


@pytest.mark.parametrize("gamma_t", [True, False])
@pytest.mark.parametrize("critic", ["none", "returns", "td"])
def test_each_direction_is_a_sum_over_the_steps_of_made_episodes(critic, gamma_t):
    made_batch, w, total = made(), np.array([0.3, -0.7, 0.2, 1.1, -0.4]), np.zeros(4)
    for t, n in STEPS:
        x, after = made_batch.x[t, n], made_batch.x[t + 1, n]
        v, ahead = seen(x) @ w, 0.0 if made_batch.failed[t, n] else seen(after) @ w
        weight = {
            "none": to_go(t, n), "returns": to_go(t, n) - v, "td": 1 + 0.75 * ahead - v
        }[critic]  # fmt: skip
        total += (0.75**t if gamma_t else 1) * weight * made_batch.score[t, n] * x / 3
    found = ascent_direction(made_batch, Recipe("r", critic, gamma_t, 1.0), w, 0.75)
    np.testing.assert_allclose(found, total, rtol=1e-12)


def test_both_critics_solve_their_equations_on_made_episodes():
    made_batch = made()
    matrix = {"returns": np.zeros((5, 5)), "td": np.zeros((5, 5))}
    right = {"returns": np.zeros(5), "td": np.zeros(5)}
    for t, n in STEPS:
        phi, after = seen(made_batch.x[t, n]), seen(made_batch.x[t + 1, n])
        matrix["returns"] += np.outer(phi, phi)
        right["returns"] += to_go(t, n) * phi
        matrix["td"] += np.outer(phi, phi - (0 if made_batch.failed[t, n] else 0.75) * after)
        right["td"] += phi
    for critic in ("returns", "td"):
        found = fitted_critic(made_batch, critic, 0.75)
        np.testing.assert_allclose(found, np.linalg.solve(matrix[critic], right[critic]), rtol=1e-9)


def test_the_critic_sees_one_and_four_squares():
    found = features(np.array([[[1.5, -2.0, 3.0, 0.5]]]))
    assert found.tolist() == [[[1, 2.25, 4, 9, 0.25]]]
    assert SCALE.tolist() == [2.4, 2.0, 0.21, 2.0] and LONGEST == 500


def test_an_action_is_pushed_right_where_a_uniform_number_is_below_its_probability():
    env = gymnasium.make_vec("CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point")
    env.reset(seed=2)
    theta = np.array([[0.0, 0.0, 2.0, 1.0], [1.0, -2.0, 0.5, 0.0], [-1.0, 0.0, 3.0, 2.0]])
    played = play(env, theta, np.random.default_rng(2))
    env.close()
    rng = np.random.default_rng(2)
    for t in range(len(played.score)):
        uniform = rng.random(3)
        for n in range(3):
            p = 1 / (1 + np.exp(-sum(theta[n, i] * played.x[t, n, i] for i in range(4))))
            assert played.score[t, n] == pytest.approx((1 if uniform[n] < p else 0) - p, abs=1e-12)
    length = played.alive.sum(axis=0)
    assert len(played.alive) == length.max() and (played.alive[:1] == 1).all()


def test_every_run_climbs_with_its_own_block_of_episodes():
    recipes = (Recipe("a", "returns", True, 0.25), Recipe("b", "td", False, 0.5))
    runs, episodes, gamma = 2, 3, 0.9
    steps, theta = climbed(recipes, runs, 3, episodes, gamma, seed=5)
    env = gymnasium.make_vec("CartPole-v1", num_envs=12, vectorization_mode="vector_entry_point")
    env.reset(seed=5)
    rng, now, w = np.random.default_rng(5), np.zeros((4, 4)), [np.zeros(5)] * 4
    for k in range(3):
        played = play(env, now[[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]], rng)
        for i, (recipe, block) in enumerate(
            zip((recipes[0], recipes[0], recipes[1], recipes[1]),
                ((0, 3), (3, 6), (6, 9), (9, 12)), strict=True)
        ):  # fmt: skip
            own = columns(played, slice(*block))
            lengths = [int(played.alive[:, n].sum()) for n in range(*block)]
            assert steps[k, i // 2, i % 2] == pytest.approx(sum(lengths) / 3)
            assert len(own.score) == max(lengths) == len(own.alive) == len(own.failed)
            now[i] = now[i] + recipe.step_size * ascent_direction(own, recipe, w[i], gamma)
            w[i] = fitted_critic(own, recipe.critic, gamma)
    env.close()
    np.testing.assert_allclose(theta.reshape(4, 4), now, rtol=1e-12)


def test_the_cosine_is_between_the_directions_of_two_critics_on_fresh_episodes():
    theta = np.array([0.5, 1.0, 2.0, 1.5])
    env = gymnasium.make_vec("CartPole-v1", num_envs=4, vectorization_mode="vector_entry_point")
    env.reset(seed=6)
    rng = np.random.default_rng(6)
    fitting, fresh = (play(env, np.array([theta] * 4), rng) for _ in range(2))
    env.close()
    one, other = (
        ascent_direction(fresh, Recipe("x", c, True, 9.0), fitted_critic(fitting, c, 0.9), 0.9)
        for c in ("td", "returns")
    )
    cosine = sum(one * other) / np.sqrt(sum(one * one) * sum(other * other))
    assert cosine_of_td(theta, 4, 0.9, seed=6) == pytest.approx(cosine, rel=1e-12)
    assert abs(cosine) < 0.999


def test_a_climb_without_runs_or_updates_is_refused():
    with pytest.raises(ValueError, match="runs is 0"):
        climb((PLAIN,), 0, 1, 2, 0.9, seed=0)
    with pytest.raises(ValueError, match="updates is 0"):
        climb((PLAIN,), 1, 0, 2, 0.9, seed=0)


class Scripted:
    """Two environments that end when they are told to."""

    def __init__(self, ends):
        self.ends, self.t = ends, 0

    def reset(self):
        return np.zeros((2, 4)), {}

    def step(self, actions):
        terminated, truncated = (np.array([self.t in end for end in ends]) for ends in self.ends)
        self.t += 1
        return np.full((2, 4), float(self.t)), np.ones(2), terminated, truncated, {}


def test_an_episode_is_over_when_it_is_terminated_or_truncated_or_both():
    ends = (([2], []), ([2], [4]))  # terminated at these steps, and truncated at these
    played = play(Scripted(ends), np.zeros((2, 4)), np.random.default_rng(0))
    assert played.alive.sum(axis=0).tolist() == [3, 5]
    assert np.argwhere(played.failed).tolist() == [[2, 0]]
    np.testing.assert_allclose(played.x[5], 5 / np.array([SCALE, SCALE]))
    endless = play(Scripted((([], []), ([], []))), np.zeros((2, 4)), np.random.default_rng(0))
    assert endless.alive.shape == (500, 2) and endless.alive.all() and len(endless.x) == 501
    again = play(Scripted((([0, 3], [1]), ([], []))), np.zeros((2, 4)), np.random.default_rng(0))
    assert np.argwhere(again.failed).tolist() == [[0, 0], [1, 1]]  # what is over cannot fail again
