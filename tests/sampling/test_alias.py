import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.sampling.alias import AliasTables, alias_columns, word_shares

WORDS = 2**32


def random_laws(seed):
    rng = np.random.default_rng(seed)
    n_laws, n_outcomes = rng.integers(1, 6), 2 ** rng.integers(0, 7)
    laws = rng.dirichlet(np.full(n_outcomes, rng.choice([0.05, 0.3, 1, 10])), size=n_laws)
    if rng.random() < 0.3:  # many zeros and ties
        laws = np.round(laws * 4)
        laws[laws.sum(axis=1) == 0] = 1
    return laws / laws.sum(axis=1, keepdims=True)


laws = st.integers(0, 2**32 - 1).map(random_laws)


@given(laws)
def test_shares_are_the_probabilities_to_within_one_word(laws):
    shares = word_shares(laws)
    np.testing.assert_array_equal(shares.sum(axis=1), WORDS)
    assert np.abs(shares - WORDS * laws).max() < 1.001
    assert (shares[laws == 0] == 0).all() and (shares >= 0).all()


@given(laws)
def test_columns_give_every_outcome_exactly_its_share(laws):
    n_laws, n_outcomes = laws.shape
    shares = word_shares(laws)
    limits, partners = alias_columns(shares)
    assert (limits >= 0).all() and (limits <= WORDS // n_outcomes).all()
    np.testing.assert_array_equal(partners // n_outcomes, np.repeat(np.arange(n_laws), n_outcomes))
    owned = limits.copy()
    np.add.at(owned, partners, WORDS // n_outcomes - limits)
    np.testing.assert_array_equal(owned, shares.ravel())


@given(laws, st.integers(0, 2**32 - 1))
def test_a_draw_compares_the_word_with_the_limit_of_its_column(laws, seed):
    n_laws, n_outcomes = laws.shape
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 1000, laws.shape)
    limits, partners = alias_columns(word_shares(laws))
    rows = rng.integers(0, n_laws, 50)
    columns = rng.integers(0, n_outcomes, 50)
    cells = rows * n_outcomes + columns
    # The decisive words are the ones next to the limits.
    inside = limits[cells] + rng.integers(-1, 2, 50)
    words = columns * (WORDS // n_outcomes) + np.clip(inside, 0, WORDS // n_outcomes - 1)
    above = words - columns * (WORDS // n_outcomes) >= limits[cells]
    expected = labels.ravel()[np.where(above, partners[cells], cells)]
    out = np.empty((1, 50), dtype=np.int64)
    AliasTables.build(laws, labels).draw(rows << 32, words[None], out)
    np.testing.assert_array_equal(out[0], expected)


@pytest.mark.parametrize("word", [0, 1, WORDS // 2 - 1, WORDS // 2, WORDS - 1])
def test_a_certain_outcome_is_drawn_from_every_word(word):
    tables = AliasTables.build(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[7, 8], [9, 10]]))
    out = np.empty((1, 2), dtype=np.int64)
    tables.draw(np.array([0, 1 << 32]), np.full((1, 2), word), out)
    np.testing.assert_array_equal(out, [[8, 9]])


@given(st.integers(0, 1000), st.integers(0, 2**31 - 1))
def test_the_low_part_of_a_label_only_permutes_the_words(seed, low):
    rng = np.random.default_rng(seed)
    tables = AliasTables.build(rng.dirichlet(np.ones(8), 3), np.arange(24).reshape(3, 8))
    rows, words = rng.integers(0, 3, 20), rng.integers(0, WORDS, (1, 20))
    with_low, without = np.empty((2, 1, 20), dtype=np.int64)
    tables.draw((rows << 32) + low, words.copy(), with_low)
    tables.draw(rows << 32, words ^ low, without)
    np.testing.assert_array_equal(with_low, without)


@given(st.integers(0, 1000))
def test_each_row_is_drawn_from_the_laws_that_the_row_before_names(seed):
    rng = np.random.default_rng(seed)
    next_laws = rng.integers(0, 3, (3, 8))
    tables = AliasTables.build(rng.dirichlet(np.ones(8), 3), (next_laws << 32) + rng.integers(99))
    first, words = rng.integers(0, 3, 20) << 32, rng.integers(0, WORDS, (4, 20))
    at_once, one_by_one = np.empty((2, 4, 20), dtype=np.int64)
    tables.draw(first, words.copy(), at_once)
    for t in range(4):
        last = first if t == 0 else one_by_one[t - 1]
        tables.draw(last, words[t : t + 1].copy(), one_by_one[t : t + 1])
    np.testing.assert_array_equal(at_once, one_by_one)
