import gc
import subprocess
import sys

import numpy as np
import problems
import pytest

from utils import FiniteMDP
from utils.model import examples
from utils.sampling import branches
from utils.sampling.branches import branches_of, padded_pairs, power_of_two


def test_branches_hold_every_possible_step_once_with_its_probability():
    for mdp in (examples.running(), examples.frozen_lake(), problems.random_mdp(rng(), 7, 3)):
        found = branches_of(mdp)
        row = power_of_two(mdp.n_actions)
        P = np.zeros((mdp.n_states, row, mdp.n_states))
        np.add.at(
            P, (found.pairs // row, found.pairs % row, found.next_states), found.probabilities
        )
        np.testing.assert_array_equal(P[:, : mdp.n_actions], mdp.P)
        possible = found.probabilities > 0
        assert possible.sum() == (mdp.P > 0).sum()
        assert (found.pairs // row == np.arange(mdp.n_states)[:, None])[possible].all()


def rng():
    return np.random.default_rng(0)


def test_a_padded_table_has_the_entry_of_each_pair_at_its_number():
    table = rng().normal(size=(4, 3))
    padded = padded_pairs(table)
    assert padded.shape == (16,)
    for s, a in np.ndindex(4, 3):
        assert padded[s * 4 + a] == table[s, a]


def test_the_next_power_of_two():
    assert [power_of_two(n) for n in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 4, 8, 1024]


def test_branches_are_made_once_and_go_with_their_mdp():
    mdp = examples.running()
    assert branches_of(mdp) is branches_of(mdp)
    kept = len(branches._KEPT)
    del mdp
    gc.collect()
    assert len(branches._KEPT) < kept


def test_an_import_allocates_no_block_for_the_allocator():
    code = (
        "import utils; from utils.sampling.memory import keep_freed_memory;"
        "print(keep_freed_memory.cache_info().misses)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"


def three_actions(reward_by_step: bool) -> FiniteMDP:
    """Three states, three actions; 4, 5 and 4 possible steps, of which up to 3 share an action."""
    P = [
        [[0, 1, 0], [0.25, 0, 0.75], [0, 0, 1]],
        [[0.5, 0.25, 0.25], [0, 1, 0], [1, 0, 0]],
        [[0, 0, 1], [0, 0, 1], [0, 0.375, 0.625]],
    ]
    R = np.arange(2, 29).reshape(3, 3, 3) if reward_by_step else np.arange(2, 11).reshape(3, 3)
    return FiniteMDP(P, R, 0.5, [1, 0, 0])


STEPS = [  # (a, s', probability, place of s' among the successors of (s, a)), state by state
    [(0, 1, 1, 0), (1, 0, 0.25, 0), (1, 2, 0.75, 1), (2, 2, 1, 0)],
    [(0, 0, 0.5, 0), (0, 1, 0.25, 1), (0, 2, 0.25, 2), (1, 1, 1, 0), (2, 0, 1, 0)],
    [(0, 2, 1, 0), (1, 2, 1, 0), (2, 1, 0.375, 0), (2, 2, 0.625, 1)],
]


@pytest.mark.parametrize("reward_by_step", [False, True])
def test_the_steps_of_a_small_world_are_numbered_as_by_hand(reward_by_step):
    mdp = three_actions(reward_by_step)
    found = branches_of(mdp)
    places = 4 if reward_by_step else 1  # the least power of two that is at least 3
    assert found.probabilities.shape == found.pairs.shape == (3, 8)
    assert found.numbers.shape == found.next_states.shape == (3, 8)
    assert found.rewards.shape == (3 * places * 4,)
    assert found.state_bits == (4 if reward_by_step else 2)
    paid = np.zeros(3 * places * 4)
    for s, steps in enumerate(STEPS):
        assert not found.probabilities[s, len(steps) :].any()
        for k, (a, z, p, place) in enumerate(steps):
            number = (s * places + (place if reward_by_step else 0)) * 4 + a
            assert found.probabilities[s, k] == p and found.next_states[s, k] == z
            assert found.pairs[s, k] == s * 4 + a and found.numbers[s, k] == number
            assert found.labels[s, k] == z * 2**32 + number
            paid[number] = 2 + 9 * s + 3 * a + z if reward_by_step else 2 + 3 * s + a
    np.testing.assert_array_equal(found.rewards, paid)
    # What pads a state is a step of its own, too, that is never taken.
    assert (found.numbers >> found.state_bits == np.arange(3)[:, None]).all()
    assert ((found.next_states >= 0) & (found.next_states < 3)).all()
    assert (found.pairs // 4 == np.arange(3)[:, None]).all() and (found.pairs % 4 < 3).all()
    assert {found.numbers.dtype, found.next_states.dtype, found.labels.dtype} == {np.dtype("i8")}


def test_a_state_with_every_step_possible_is_padded_beyond_its_table():
    mdp = FiniteMDP(np.full((3, 1, 3), 1 / 3), np.array([[2], [3], [5]]), 0.5, [1, 0, 0])
    found = branches_of(mdp)
    assert found.probabilities.tolist() == [[1 / 3, 1 / 3, 1 / 3, 0]] * 3
    assert found.next_states[:, :3].tolist() == [[0, 1, 2]] * 3
    assert found.numbers.tolist() == [[0] * 4, [1] * 4, [2] * 4]
    assert found.rewards.tolist() == [2, 3, 5] and found.state_bits == 0


def test_one_successor_a_pair_needs_no_bits_for_its_place():
    P = np.eye(3)[[[1, 2], [0, 0], [2, 1]]]
    R = np.arange(2, 20).reshape(3, 2, 3)
    found = branches_of(FiniteMDP(P, R, 0.5, [1, 0, 0]))
    assert found.numbers.tolist() == [[0, 1], [2, 3], [4, 5]] and found.state_bits == 1
    assert found.rewards.tolist() == [3, 7, 8, 11, 16, 18]


@pytest.mark.parametrize("n_actions", [1, 2, 3, 5])
def test_a_table_is_padded_with_zeros_to_a_power_of_two(n_actions):
    table = np.arange(2, 2 + 3 * n_actions).reshape(3, n_actions)
    row = {1: 1, 2: 2, 3: 4, 5: 8}[n_actions]
    wanted = [x for line in table.tolist() for x in line + [0] * (row - n_actions)]
    assert padded_pairs(table).tolist() == wanted
