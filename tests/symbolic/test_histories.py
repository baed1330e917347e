"""A policy that reads the past has a law, and its expectations are sums over all prefixes."""

from utils import symbolic
from utils.symbolic.histories import HistoryPolicy

p, g = symbolic.generators("p, g")
HALF = p**0 / 2
KERNEL = [[[HALF, HALF], [0, 1]], [[1, 0], [HALF, HALF]]]
WORLD = symbolic.coin_mdp(KERNEL, [[1, 2], [0, 3]], g, [1, 0], p)


def test_the_likelihoods_sum_to_one_and_the_scores_have_mean_zero():
    reader = HistoryPolicy(WORLD, p)
    assert reader.expectation(lambda tau: p**0, 3) == 1
    for t in range(3):
        assert reader.expectation(lambda tau, t=t: reader.score(tau, t), 3) == 0


def test_the_last_action_matters():
    reader = HistoryPolicy(WORLD, p)
    assert reader.probability(((0, 1), (1, 1)), 1) == p
    assert reader.probability(((0, 0), (1, 1)), 1) == p**2
    assert reader.probability(((0, 0), (1, 0)), 1) == 1 - p**2
