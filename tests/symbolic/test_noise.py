"""Rewards with noise of their own."""

import pytest

from utils import symbolic
from utils.symbolic import noise


@pytest.fixture(scope="module")
def world():
    return symbolic.free_mdp(2, 2, extra=("w",), tables=("c",))


def test_fresh_and_late_noise_leave_the_gradient_of_a_single_reward_right(world):
    (w,) = world.extra
    for law in (noise.fresh(world.tables["c"]), noise.decided_by_the_action_before(world)):
        assert not noise.defects(world, w, law, horizon=2).any()


def test_noise_that_peeks_or_remembers_makes_it_wrong_at_one_step_only(world):
    (w,) = world.extra
    first, second = noise.defects(world, w, noise.shared_with_the_next_action(world), horizon=2)
    assert first != 0 and second == 0
    first, second = noise.defects(world, w, noise.remembers(world), horizon=2)
    assert first == 0 and second != 0
