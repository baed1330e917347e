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


def test_the_likelihood_of_a_reader_is_kernel_and_policy_step_by_step():
    p, g = symbolic.generators("p, g")
    third = p**0 / 3
    kernel = [[[third, 2 * third], [1, 0]], [[2 * third, third], [third, 2 * third]]]
    world = symbolic.coin_mdp(kernel, [[2, 3], [5, 7]], g, [third, 2 * third], p)
    reader = HistoryPolicy(world, p)
    tau = ((1, 0), (0, 1), (0, 1))
    assert [reader.probability(tau, t) for t in range(3)] == [1 - p, p**2, p]
    assert [reader.score(tau, t) for t in range(3)] == [-1 / (1 - p), 2 / p, 1 / p]
    assert reader.score(((0, 0), (0, 0)), 1) == -2 * p / (1 - p**2)
    only = {tau: 1, ((1, 0), (0, 0), (1, 1)): 10}
    # rho0(1) (1 - p) P(0|1,0) times p^2 P(0|0,1) p, or times (1 - p^2) P(1|0,0) p^2.
    first = 2 * third * (1 - p) * 2 * third
    right = first * p**2 * p + 10 * first * (1 - p**2) * 2 * third * p**2
    assert reader.expectation(lambda walk: only.get(walk, 0), 3) == right
    assert reader.expectation(lambda walk: world.R[walk[0]], 1) == (
        third * (2 * (1 - p) + 3 * p) + 2 * third * (5 * (1 - p) + 7 * p)
    )
