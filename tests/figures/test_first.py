"""What the pictures of chapter 0 say is what exact values and simulations say."""

import numpy as np
import pytest

from utils import exact
from utils.figures import first, lake, worlds
from utils.figures.stored_runs import lake_policies
from utils.model import examples
from utils.model.policies import TablePolicy


@pytest.mark.parametrize("p", [0.1, 0.5, 0.586, 0.9])
def test_objective_of_the_corridor_is_minus_the_mean_number_of_steps(p):
    policy = TablePolicy(np.tile([1 - p, p], (4, 1)))
    world = worlds.short_corridor_world(0.999999)
    assert exact.objective(world, policy) == pytest.approx(first.corridor_objective(p), rel=1e-3)


def test_the_best_policy_of_the_corridor_is_random():
    grid = np.linspace(0.01, 0.99, 9801)
    best = grid[first.corridor_objective(grid).argmax()]
    assert best == pytest.approx(2 - np.sqrt(2), abs=1e-4)
    assert first.corridor_objective(first.BEST_P) == pytest.approx(-6 - 4 * np.sqrt(2))


def test_walks_in_the_corridor_have_the_exact_mean():
    """5 standard errors of 20 000 walks: a false alarm about once in 1.7 million runs."""
    steps = first.corridor_steps(0.6, 20_000, np.random.default_rng(0))
    error = steps.std() / np.sqrt(len(steps))
    assert abs(steps.mean() + first.corridor_objective(0.6)) < 5 * error


def test_bars_of_the_slot_machines_have_the_slope_as_mean():
    """5 standard errors of 200 000 games: a false alarm about once in 1.7 million runs."""
    p = 0.3
    actions, returns = first.bandit_games(p, 200_000, np.random.default_rng(1))
    products = (actions - p) * returns
    slope = p * (1 - p) * (first.PAYS[1] - first.PAYS[0])
    assert abs(products.mean() - slope) < 5 * products.std() / np.sqrt(len(products))
    step = 1e-6  # the slope by the logit of J = (1 - p) pays_0 + p pays_1
    J = lambda x: (1 - x) * first.PAYS[0] + x * first.PAYS[1]  # noqa: E731
    move = p * (1 - p) * step
    assert (J(p + move) - J(p - move)) / (2 * step) == pytest.approx(slope)


def test_a_walk_ends_where_the_ice_ends_and_is_told_as_it_was():
    pi = lake_policies()[-1]
    for seed in range(30):
        states = first.walk(pi, np.random.default_rng(seed))
        over = [s in (*lake.HOLES, lake.GOAL) for s in states]
        assert states[0] == 0 and not any(over[:-1])
        words = first.walk_in_words(states)
        assert ("goal" in words) == (states[-1] == lake.GOAL)
        assert over[-1] or len(states) == first.WALK_STEPS + 1


def test_share_of_walks_that_get_home_is_that_of_simulated_ones():
    """5 standard errors of 3000 walks: a false alarm about once in 1.7 million runs."""
    pi = lake_policies()[-1]
    rng = np.random.default_rng(3)
    home = np.mean([first.walk(pi, rng)[-1] == lake.GOAL for _ in range(3000)])
    share = first.chance_of_home(pi)
    assert abs(home - share) < 5 * np.sqrt(share * (1 - share) / 3000)
    assert share > 10 * first.chance_of_home(lake_policies()[0])


def test_cells_of_the_drawn_lake_are_those_of_the_environment():
    mdp = examples.frozen_lake()
    ends = np.flatnonzero(mdp.terminal)
    assert sorted((*lake.HOLES, lake.GOAL)) == ends.tolist()
    assert mdp.rho0[lake.START] == 1
    for action, (right, down) in enumerate(lake.STEPS):
        # From cell 9 the step that is meant, and no other, leads along the drawn arrow.
        assert mdp.P[9, action, 9 + right + 4 * down] == pytest.approx(1 / 3)
        assert mdp.P[9, action, 9 - right - 4 * down] == 0


@pytest.mark.parametrize("action", range(4))
def test_an_arrow_points_along_its_step_and_is_as_wide_as_it_is_likely(action):
    outline = lake.arrow(9, action, 0.5) - np.array(lake.cell(9))
    along, across = lake.STEPS[action], np.abs(np.array([1, 1]) - np.abs(lake.STEPS[action]))
    assert (outline @ along).max() == pytest.approx(lake.LENGTH)
    shaft = outline[[0, 1, 5, 6]] @ across
    assert np.ptp(shaft) == pytest.approx(0.5 * lake.WIDEST)
