from fractions import Fraction

import numpy as np
import pytest

from utils.model.policies import LinearSoftmax
from utils.model.random_fractions import as_fractions
from utils.model.rational import RationalMDP, RationalPolicy, fractions, logit_policy, solve


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


def three_states(R=((2, -13), (5, 7), (-3, 11)), **options):
    P = [
        [["1/7", "2/7", "4/7"], ["3/11", "7/11", "1/11"]],
        [["5/13", "2/13", "6/13"], ["3/17", "10/17", "4/17"]],
        [["8/19", "9/19", "2/19"], ["5/23", "6/23", "12/23"]],
    ]
    return RationalMDP(P, R, "3/4", ["2/9", "1/3", "4/9"], **options)


ON_STEPS = [[[2, 3, -5], [7, 11, 13]], [[17, -19, 23], [29, 31, 37]], [[41, 43, -47], [53, 59, 61]]]


def test_the_law_of_a_reward_is_that_of_its_transitions_and_its_noise():
    sd = [[[(x % 7) + Fraction(1, 3) for x in row] for row in rows] for rows in ON_STEPS]
    mdp = three_states(ON_STEPS, reward_sd=sd)
    assert (mdp.n_states, mdp.n_actions, mdp.gamma) == (3, 2, Fraction(3, 4))
    assert mdp.R_next.tolist() == ON_STEPS and mdp.reward_sd.tolist() == sd
    for s, a in np.ndindex(3, 2):
        law = list(zip(mdp.P[s, a], ON_STEPS[s][a], sd[s][a], strict=True))
        mean = sum(p * r for p, r, _ in law)
        assert mdp.R[s, a] == mean
        assert mdp.reward_variance[s, a] == sum(p * (r * r + d * d) for p, r, d in law) - mean**2
    by_pairs = three_states(reward_sd=[[1, 2], [3, 5], [7, "1/3"]])
    assert by_pairs.reward_variance.tolist() == [[1, 4], [9, 25], [49, Fraction(1, 9)]]
    assert by_pairs.R_next is None
    assert three_states().reward_sd.tolist() == [[0, 0]] * 3
    assert three_states(reward_sd="2/3").reward_sd.tolist() == [[Fraction(2, 3)] * 2] * 3


def test_every_table_in_floats_is_the_nearest_one():
    mdp = three_states(reward_sd="2/3")
    floats = mdp.to_floats()
    assert floats.P.tolist() == [[[float(p) for p in row] for row in rows] for rows in mdp.P]
    assert floats.R.tolist() == mdp.R.tolist() and floats.R_next is None
    assert floats.rho0.tolist() == [2 / 9, 1 / 3, 4 / 9] and floats.gamma == 0.75
    assert floats.reward_sd.tolist() == [[2 / 3] * 2] * 3
    assert three_states(ON_STEPS).to_floats().R_next.tolist() == ON_STEPS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"P": [[[1]]]}, "P has shape [1, 1, 1], not [2, 1, 2]"),
        ({"P": [[["1/2", "1/2"]], [["1/2", "1/3"]]]}, "P[1, 0] sums to 5/6, not 1"),
        ({"P": [[["1/2", "3/4"]], [["1/2", "1/3"]]]}, "P[0, 0] sums to 5/4, not 1"),
        ({"R": [[[1]], [[2]]]}, "R has shape [2, 1, 1], not [2, 1] or [2, 1, 2]"),
        ({"rho0": [1]}, "rho0 has shape [1], not [2]"),
        ({"rho0": ["1/2", "1/7"]}, "rho0 sums to 9/14, not 1"),
        ({"rho0": ["1/2", "6/7"]}, "rho0 sums to 19/14, not 1"),
        ({"reward_sd": [1, 2]}, "reward_sd has shape [2], not [] or [2, 1] or [2, 1, 2]"),
        ({"R_next": [[1], [2]]}, "R_next has shape [2, 1], not [2, 1, 2]"),
        ({"R_next": [[[3, 5]], [[2, 2]]]}, "R does not hold the means of R_next"),
    ],
)
def test_the_whole_message_names_the_table_that_does_not_fit(change, message):
    tables = {"P": [[["1/2", "1/2"]], [["1/3", "2/3"]]], "R": [[4], [3]], "gamma": 1}
    with pytest.raises(ValueError) as error:
        RationalMDP(**(tables | {"rho0": ["1/3", "2/3"]} | change))
    assert str(error.value) == message


@pytest.mark.parametrize("shared", [False, True])
def test_a_logit_policy_has_the_score_a_minus_p(shared):
    p = [Fraction(2, 5), Fraction(1, 7), Fraction(9, 11)]
    policy = logit_policy(p, shared=shared)
    assert (policy.n_states, policy.n_actions) == (3, 2)
    assert policy.probabilities.tolist() == [[1 - x, x] for x in p]
    places = [0] if shared else [0, 1, 2]
    assert policy.scores.tolist() == [
        [[(a - p[s]) * (shared or s == i) for i in places] for a in (0, 1)] for s in range(3)
    ]
    assert logit_policy(p).scores.shape == (3, 2, 3)


def test_a_rational_policy_is_read_from_text_and_numbers():
    policy = RationalPolicy([["2/7", "5/7"]], [[["3/11"], [-2]]])
    assert policy.probabilities.tolist() == [[Fraction(2, 7), Fraction(5, 7)]]
    assert policy.scores.tolist() == [[[Fraction(3, 11)], [-2]]]
