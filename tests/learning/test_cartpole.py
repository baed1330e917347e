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
