"""Means over episodes that end at random agree with what follows from the chain."""

import random

import pytest

from utils import symbolic
from utils.symbolic import episodes
from utils.symbolic.episodes import Ending, Recorded
from utils.symbolic.finite_field import random_point


@pytest.fixture
def x():
    shapes = {"x": (2, 2), "l": (2, 2), "v": (2,), "w": (2,), "last": (2,)}
    return random_point(2, 2, random.Random(5), tables=shapes)


def test_the_probabilities_of_all_episodes_add_up_to_1(x):
    assert Ending.of(x).mean(lambda tau: 1) == 1


def test_equal_weights_divided_by_the_steps_give_the_mean_reward_per_step(x):
    ends = Ending.of(x)
    assert ends.per_step([1, 1, 1]) == ends.mean(lambda tau: x.G(tau, gamma=1) / len(tau))


def test_a_sum_of_returns_with_their_scores_is_the_gradient(x):
    assert Ending.of(x).steps(x.G) == Ending.of(x).slope(x.G)


def test_a_critic_without_slope_is_not_pushed_and_is_a_baseline(x):
    x.tables["w"][:] = x.tables["w"] * 0
    assert Ending.of(x).push() == 0
    assert Ending.of(x).attached_critic() == Ending.of(x).slope(x.G)


def test_with_certain_length_one_a_batch_without_reset_has_no_bonus(x):
    one = Ending.of(x, horizon=1)
    assert one.bonus_for_haste() == 0
    assert one.batch_without_reset() == one.slope(x.G)


def test_all_with_all_is_the_gradient_if_every_episode_has_one_step(x):
    one = Ending.of(x, horizon=1)
    assert one.all_with_all() == one.slope(x.G)


def test_a_record_whose_world_is_over_gives_the_gradient_of_its_horizon(x):
    x.tables["last"][:] = x.tables["last"] * 0
    over = Recorded.of(x)
    slope = x.gradient(x.finite_horizon_objective(3))
    assert over.horizon == 3
    assert over.first_terms == slope
    assert over.value_at_the_end == 0
    assert over.steps(over.above_the_critic) == slope
    assert not over.steps(over.late_td_error) == slope


def test_the_mean_loss_moves_with_its_logarithms_against_the_gradient():
    m = symbolic.free_mdp(1, 2, tables=["l"])
    loss = episodes.mean_loss(m, m.tables["l"], m.G, horizon=2)
    slope = episodes.slope_in_logs(m, loss, m.tables["l"])
    assert slope == -m.gradient(m.finite_horizon_objective(2))


def test_a_batch_sum_grows_with_the_number_of_episodes(x):
    assert episodes.mean_batch_sum(x, 2, 2) == 2 * x.gradient(x.finite_horizon_objective(2))


def test_an_analytic_bonus_pays_the_mean_of_the_sampled_one():
    x = random_point(2, 2, random.Random(6), tables={"b": (2, 2)})
    sampled, analytic = episodes.with_bonus(x), episodes.with_bonus(x, analytic=True)
    assert (sampled.r_pi == analytic.r_pi).all()
    slope = x.gradient(sampled.finite_horizon_objective(2))
    assert slope == episodes.mean_step(sampled, 2)
    assert slope == episodes.mean_step(analytic, 2) + episodes.own_slope(x, 2)
    assert not slope == episodes.mean_step(analytic, 2)
