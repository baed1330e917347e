from itertools import product
from types import SimpleNamespace

import numpy as np
import problems
import pytest

from utils import TabularSoftmax, exact, simulate
from utils.model import examples
from utils.sampling.alias import word_shares
from utils.sampling.branches import branches_of, padded_pairs, power_of_two
from utils.sampling.engine import AliasSteps
from utils.sampling.strides import StrideTables, stride_length

WORDS = 2**32
MANY = 10**6


def chances(mdp, policy):
    return (
        padded_pairs(policy.probabilities).take(branches_of(mdp).pairs)
        * branches_of(mdp).probabilities
    )


@pytest.mark.parametrize(
    ("mdp", "steps", "length"),
    [
        (examples.running(), MANY, 4),
        (examples.running(), 320, 1),
        (examples.frozen_lake(), MANY, 2),
        (problems.random_mdp(np.random.default_rng(0), 100, 4), MANY, 1),
        (problems.random_mdp(np.random.default_rng(0), 1, 1), MANY, 4),
    ],
)
def test_a_stride_is_long_in_a_small_mdp_that_is_used_often(mdp, steps, length):
    assert stride_length(branches_of(mdp), steps) == length


def test_every_stride_owns_the_words_of_its_probability():
    # All strides of four steps of the running MDP, against products of pi and P.
    mdp, policy = examples.running(), examples.running_policy()
    strides = StrideTables.build(branches_of(mdp), chances(mdp, policy), MANY)
    assert strides.length == 4
    labels = strides.tables.labels
    n_columns = len(labels) // 2 // mdp.n_states
    column_words = WORDS // n_columns
    # A column belongs to its own label up to the limit that its offset encodes, then to a partner.
    cells = np.arange(len(labels) // 2)
    limits = (cells + 1) * column_words - strides.tables.offsets
    for start in range(mdp.n_states):
        owned = {}
        for cell in cells[start * n_columns : (start + 1) * n_columns]:
            for label, words in zip(
                labels[2 * cell : 2 * cell + 2],
                (limits[cell], column_words - limits[cell]),
                strict=True,
            ):
                owned[int(label)] = owned.get(int(label), 0) + int(words)
        for actions, states in product(product(range(2), repeat=4), product(range(2), repeat=4)):
            path = (start, *states)
            probability = np.prod(
                [
                    policy.probabilities[path[t], actions[t]]
                    * mdp.P[path[t], actions[t], path[t + 1]]
                    for t in range(4)
                ]
            )
            packed = 0
            for t in range(4):
                packed = (packed << strides.field_bits) + path[t] * power_of_two(2) + actions[t]
            assert abs(owned[(path[4] << 32) + packed] - WORDS * probability) < 1.01
        assert sum(owned.values()) == WORDS


def test_a_stride_of_one_step_has_the_shares_of_the_step():
    mdp, policy = examples.frozen_lake(), examples.frozen_lake_policy()
    strides = StrideTables.build(branches_of(mdp), chances(mdp, policy), 0)
    assert strides.length == 1
    assert (word_shares(chances(mdp, policy)).sum(axis=1) == WORDS).all()
    np.testing.assert_array_equal(strides.tables.labels[::2], branches_of(mdp).labels.ravel())


@pytest.mark.parametrize("horizon", [1, 2, 3, 4, 5, 7, 8, 9])
@pytest.mark.parametrize("n", [1, 3, 9000])
def test_strides_fill_horizons_that_are_no_multiple_of_their_length(horizon, n):
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, n=n, horizon=horizon, rng=np.random.default_rng(0))
    s, a = rollouts.states, rollouts.actions
    np.testing.assert_array_equal(rollouts.rewards, mdp.R[s, a])
    assert set(np.unique(rollouts.path)) <= {0, 1} and set(np.unique(a)) <= {0, 1}


@pytest.mark.parametrize("horizon", [3, 6])
def test_long_strides_keep_the_law_of_every_transition(horizon):
    # At each time all triples (s, a, s'): 8 a time, at 5 standard errors; false alarm < 1e-4.
    rng = np.random.default_rng(9)
    mdp = problems.random_mdp(rng, 2, 2)
    policy = TabularSoftmax(rng.normal(size=(2, 2)))
    n = 100_000
    assert AliasSteps(mdp, policy, n * horizon).strides.length == 4
    rollouts = simulate(mdp, policy, n=n, horizon=horizon, rng=rng)
    laws = exact.state_distributions(mdp, policy, horizon)
    for t in range(horizon):
        triple = (rollouts.path[t] * 2 + rollouts.actions[t]) * 2 + rollouts.path[t + 1]
        found = np.bincount(triple, minlength=8).reshape(2, 2, 2) / n
        p = laws[t][:, None, None] * policy.probabilities[:, :, None] * mdp.P
        assert (np.abs(found - p) <= 5 * np.sqrt(p * (1 - p) / n)).all()


@pytest.mark.parametrize(
    ("n_states", "width", "bits", "steps", "length"),
    [
        # 3 · 2^m strides of m steps, and 32 steps to pay for each: 12, 24 and 48 strides.
        (3, 2, 3, 12 * 32 - 1, 1),
        (3, 2, 3, 12 * 32, 2),
        (3, 2, 3, 24 * 32 - 1, 2),
        (3, 2, 3, 24 * 32, 3),
        (3, 2, 3, 48 * 32 - 1, 3),
        (3, 2, 3, 48 * 32, 4),
        (3, 2, 3, MANY, 4),
        # At most 4096 strides: 16^3 are just as many, 2 · 16^3 are too many.
        (1, 16, 3, MANY, 3),
        (2, 16, 3, MANY, 2),
        # The numbers of all steps share 32 bits.
        (1, 2, 8, MANY, 4),
        (1, 2, 9, MANY, 3),
        (1, 2, 10, MANY, 3),
        (1, 2, 11, MANY, 2),
        (1, 2, 16, MANY, 2),
        (1, 2, 17, MANY, 1),
    ],
)
def test_a_stride_is_as_long_as_cells_steps_and_bits_allow(n_states, width, bits, steps, length):
    numbers = np.zeros((n_states, width), dtype=np.int64)
    numbers[-1, -1] = 2**bits - 1
    assert stride_length(SimpleNamespace(numbers=numbers), steps) == length


@pytest.mark.parametrize(("length", "field_bits"), [(1, 32), (2, 16), (3, 10), (4, 8)])
def test_the_numbers_of_a_stride_stand_in_their_fields(length, field_bits):
    steps = [[200, 13, 77, 5], [3, 255, 1, 91]]
    labels = []
    for state, numbers in enumerate(steps, start=5):
        packed = 0
        for number in numbers[:length]:
            packed = packed * 2**field_bits + number
        labels.append(state * 2**32 + packed)
    strides = StrideTables(None, length, field_bits)
    for step in range(length):
        out = np.empty(2, dtype=np.int64)
        strides.numbers(np.array(labels), step, out)
        assert out.tolist() == [numbers[step] for numbers in steps]


@pytest.mark.parametrize("length", [2, 3])
def test_strides_of_several_steps_are_products_over_a_world_that_is_not_symmetric(length):
    mdp = problems.random_mdp(np.random.default_rng(2), 3, 3, successors=2)
    policy = TabularSoftmax(np.random.default_rng(3).normal(size=(3, 3)))
    branches, pi = branches_of(mdp), policy.probabilities
    width = branches.numbers.shape[1]
    strides = StrideTables.build(branches, chances(mdp, policy), 3 * width**length * 32)
    assert strides.length == length and strides.field_bits == 32 // length
    places = 3 * width**length
    labels = strides.tables.labels[::2].reshape(3, -1)  # the own outcome of each cell
    assert labels.size == places
    for start in range(3):
        wanted = []
        for picks in product(range(width), repeat=length):
            s, packed = start, 0
            for k in picks:
                packed = packed * 2**strides.field_bits + int(branches.numbers[s, k])
                s = int(branches.next_states[s, k])
            wanted.append(s * 2**32 + packed)
        assert labels[start].tolist() == wanted
    # The words that a label owns have the probability of its steps.
    column = WORDS // width**length
    limits = (np.arange(places) + 1) * column - strides.tables.offsets
    owned = {}
    for cell in range(places):
        start = cell // width**length
        for label, share in zip(
            strides.tables.labels[2 * cell : 2 * cell + 2],
            (limits[cell], column - limits[cell]),
            strict=True,
        ):
            owned[start, int(label)] = owned.get((start, int(label)), 0) + int(share)
    for start in range(3):
        expected = {}
        for picks in product(range(width), repeat=length):
            s, packed, probability = start, 0, 1.0
            for k in picks:
                a, z = int(branches.pairs[s, k]) % 4, int(branches.next_states[s, k])
                real = branches.probabilities[s, k] > 0
                probability *= pi[s, a] * mdp.P[s, a, z] if real else 0
                packed = packed * 2**strides.field_bits + int(branches.numbers[s, k])
                s = z
            label = start, s * 2**32 + packed
            expected[label] = expected.get(label, 0) + probability
        for label, probability in expected.items():
            assert abs(owned.get(label, 0) - WORDS * probability) < 2.01
