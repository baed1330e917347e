from fractions import Fraction

import numpy as np
import pytest

from utils.model.policies import LinearSoftmax
from utils.model.random_fractions import as_fractions
from utils.model.rational import RationalMDP, fractions, logit_policy, solve


def test_fractions_are_read_from_text_and_numbers():
    assert fractions([["2/5", 1]]).tolist() == [[Fraction(2, 5), Fraction(1)]]


def test_integers_of_an_array_become_fractions():
    table = as_fractions(np.array([[1, -2]]))
    assert table.tolist() == [[1, -2]] and {type(x) for x in table.flat} == {Fraction}


def test_solution_of_a_linear_system_is_exact():
    matrix = fractions([[0, "1/3"], ["1/7", 2]])
    assert solve(matrix, fractions([1, 1])).tolist() == [-35, 3]
    np.testing.assert_array_equal(matrix @ solve(matrix, matrix), matrix)


def test_a_singular_matrix_is_refused():
    with pytest.raises(ZeroDivisionError, match="determinant is 0"):
        solve(fractions([[1, 2], [2, 4]]), fractions([1, 1]))


@pytest.mark.parametrize("shared", [False, True])
def test_logit_policy_is_the_rational_twin_of_the_float_one(shared):
    exact, floats = logit_policy(["2/5", "1/3"], shared), LinearSoftmax.logits([0.4, 1 / 3], shared)
    np.testing.assert_allclose(exact.probabilities.astype(float), floats.probabilities)
    np.testing.assert_allclose(exact.scores.astype(float), floats.scores, atol=1e-16)


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError, match=r"P\[0, 0\] sums to 1/2, not 1"):
        RationalMDP([[["1/2"]]], [[0]], 0, [1])
    with pytest.raises(ValueError, match=r"P has shape \[1, 1, 2\], not \[1, 1, 1\]"):
        RationalMDP([[[0, 1]]], [[0]], 0, [1])


def test_floats_of_a_rational_mdp():
    mdp = RationalMDP([[["1/4", "3/4"]], [[1, 0]]], [[2], ["1/3"]], "9/10", [0, 1]).to_floats()
    assert (mdp.gamma, mdp.P[0, 0, 1], mdp.R[1, 0]) == (0.9, 0.75, 1 / 3)


def test_rewards_of_transitions_and_their_noise_agree_with_the_twin_in_floats():
    P = fractions([[["1/4", "3/4"], [1, 0]], [[0, 1], ["1/2", "1/2"]]])
    R = fractions([[[1, "2/3"], [0, 5]], [[7, -1], [2, 4]]])
    mdp = RationalMDP(P, R, "1/2", [1, 0], reward_sd="1/3")
    floats = mdp.to_floats()
    for name in ("R", "R_next", "reward_sd", "reward_variance"):
        np.testing.assert_allclose(getattr(mdp, name).astype(float), getattr(floats, name))
    assert mdp.R[0, 0] == Fraction(3, 4)
    assert mdp.reward_variance[0, 0] == Fraction(3, 16) * Fraction(1, 9) + Fraction(1, 9)
    noise = np.full((2, 2, 2), Fraction(1, 3), dtype=object)
    again = RationalMDP(P, mdp.R, "1/2", [1, 0], noise, R_next=R)
    np.testing.assert_array_equal(again.reward_variance, mdp.reward_variance)
    with pytest.raises(ValueError, match="R does not hold the means of R_next"):
        RationalMDP(P, mdp.R + 1, "1/2", [1, 0], R_next=R)
