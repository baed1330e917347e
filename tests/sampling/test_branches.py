import gc
import subprocess
import sys

import numpy as np
import problems

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
