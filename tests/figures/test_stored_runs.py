"""The stored learning runs are those that the learners of the book play."""

import numpy as np
import pytest

from utils import exact
from utils.figures import stored_runs
from utils.learning import frozen_lake
from utils.model import examples
from utils.model.policies import TablePolicy

SINGLE = 1e-6  # the relative precision of what is stored


@pytest.mark.parametrize("method", frozen_lake.METHODS)
def test_a_run_on_the_lake_played_again_is_the_stored_one(method):
    stored = stored_runs.lake_runs()
    assert stored.shape == (
        len(frozen_lake.METHODS),
        stored_runs.LAKE_RUNS,
        stored_runs.LAKE_UPDATES + 1,
    )
    played = stored_runs.play_lake(method, seed=0)
    assert np.allclose(stored[frozen_lake.METHODS.index(method), 0], played, rtol=SINGLE)


def test_the_first_updates_with_the_pole_played_again_are_the_stored_ones():
    stored = stored_runs.pole_runs()
    assert stored.shape == (
        stored_runs.POLE_UPDATES,
        len(stored_runs.RECIPES),
        stored_runs.POLE_RUNS,
    )
    assert np.allclose(stored[:4], stored_runs.play_poles(updates=4), rtol=SINGLE)


def test_the_run_shown_in_the_first_chapter_is_the_best_of_the_five_of_reinforce():
    runs = stored_runs.lake_runs()[frozen_lake.METHODS.index("REINFORCE")]
    assert runs[:, -1].argmax() == stored_runs.SHOWN_SEED
    mdp = examples.frozen_lake(stored_runs.LAKE_GAMMA)
    for k, probabilities in zip(
        stored_runs.SHOWN_UPDATES, stored_runs.lake_policies(), strict=True
    ):
        policy = TablePolicy(probabilities)
        found = exact.finite_horizon_objective(mdp, policy, 100)
        assert found == pytest.approx(runs[stored_runs.SHOWN_SEED, k], rel=1e-5)


def test_other_seeds_are_other_runs():
    runs = stored_runs.lake_runs()
    for one in range(stored_runs.LAKE_RUNS):
        for other in range(one):
            assert not np.allclose(runs[0, one], runs[0, other])


def test_the_grid_at_the_step_size_of_the_picture_is_that_of_the_picture():
    row = stored_runs.GRID_STEPS.index(stored_runs.LAKE_STEP)
    assert np.allclose(stored_runs.lake_grid()[row], stored_runs.lake_runs()[:, :, -1], rtol=SINGLE)


def test_at_the_end_of_each_run_most_cells_of_ice_have_an_action_that_is_nearly_certain():
    certain = (stored_runs.lake_certainty() > 0.9).sum(axis=1)
    assert certain.tolist() == [10, 7, 6, 8, 11]
    start = stored_runs.lake_certainty()[stored_runs.SHOWN_SEED, 0]
    assert np.allclose(start, stored_runs.lake_policies()[-1, 0].max(), rtol=1e-5)


def test_repetitions_with_the_seed_of_the_cosines_are_the_same_runs_as_theirs():
    ends = stored_runs.pole_repetitions()[stored_runs.POLE_SEED, 2]
    assert np.allclose(ends, stored_runs.pole_cosines()[0], rtol=SINGLE)
    assert ends.round().tolist() == [500, 353, 103, 286, 26, 500, 295, 500]
    counts = (stored_runs.pole_repetitions() > 450).sum(axis=(0, 2))
    assert counts.tolist() == [34, 77, 37, 75]


def test_the_stored_experiments_are_what_these_functions_play(monkeypatch, tmp_path):
    for name, small in (
        ("LAKE_RUNS", 1),
        ("LAKE_UPDATES", 2),
        ("POLE_RUNS", 1),
        ("POLE_UPDATES", 11),
        ("POLE_EPISODES", 2),
        ("POLE_REPETITIONS", 1),
        ("COSINE_EPISODES", 5),
        ("COSINE_SEEDS", (1, 2)),
    ):
        monkeypatch.setattr(stored_runs, name, small)
    stored_runs.store_experiments(tmp_path)
    grid = np.load(tmp_path / "lake_grid.npy")
    assert np.allclose(grid, stored_runs.play_lake_grid(), rtol=SINGLE)
    assert grid.shape == (3, 3, 1)
    assert np.load(tmp_path / "lake_certainty.npy").shape == (1, 11)
    cosines = np.load(tmp_path / "pole_cosines.npy")
    assert np.allclose(cosines, stored_runs.play_pole_cosines(), rtol=1e-5)
    assert cosines.shape == (3, 1) and stored_runs.pole_cosines().shape == (6, 8)
    repeated = np.load(tmp_path / "pole_repetitions.npy")
    assert np.allclose(repeated, stored_runs.play_pole_repetitions(), rtol=SINGLE)
