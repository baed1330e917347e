"""What the pictures of ideas say is what exact values say."""

import numpy as np
import pytest

from utils import exact
from utils.figures import ideas
from utils.model import examples


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9])
def test_leaves_of_the_tree_average_into_Q(gamma):
    _, probabilities, returns = ideas.leaves_of(gamma)
    Q = exact.values(examples.running(gamma), examples.running_policy())[1]
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities @ returns == pytest.approx(Q[0, 1])


def test_the_tree_has_one_root_and_eight_leaves_and_each_parent_is_between_its_children():
    heights = ideas.tree()
    assert [len(level) for level in heights] == [1, 2, 4, 8]
    for parents, children in zip(heights[:-1], heights[1:], strict=True):
        assert np.allclose(parents, (children[::2] + children[1::2]) / 2)


@pytest.mark.parametrize("gamma, horizon", [(0.5, 3), (0.9, 12)])
def test_share_beyond_the_horizon_is_the_tail_of_its_series(gamma, horizon):
    steps = np.arange(2000)
    terms = (steps + 1) * gamma**steps
    assert ideas.share_beyond(gamma, horizon) == pytest.approx(terms[horizon:].sum() / terms.sum())
