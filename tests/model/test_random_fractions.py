"""Random problems in fractions: the quantities that bounds are made of, and the laws they draw."""

from fractions import Fraction as F
from itertools import islice

import numpy as np
import pytest

from utils.model.random_fractions import (
    DISCOUNTS,
    WEIGHTS,
    RationalProblem,
    random_laws,
    random_problems,
    survival_chain,
)
from utils.model.rational import RationalMDP, fractions


def by_hand():
    """Three states, two actions; the largest sums stand in different states."""
    P = np.full((3, 2, 3), F(1, 3))
    mdp = RationalMDP(P, [[7, -4], [3, "5/2"], [1, 2]], "1/2", ["1/2", "1/3", "1/6"])
    pi = fractions([["2/5", "3/5"], ["1/7", "6/7"], [0, 1]])
    dpi = fractions([["-5/11", "5/11"], ["3/13", "-3/13"], [0, 0]])
    other = fractions([["1/5", "4/5"], ["3/7", "4/7"], ["1/8", "7/8"]])
    return RationalProblem(mdp, pi, dpi, other)


def test_the_quantities_of_a_problem_are_those_worked_out_by_hand():
    problem = by_hand()
    assert problem.speed == F(10, 11)
    # (25/121) (5/2 + 5/3) = 625/726 in state 0; (9/169) (7 + 7/6) = 147/338 in state 1
    assert problem.information == F(625, 726)
    assert problem.oscillation == F(11, 2)
    assert problem.distance == F(4, 7)


def test_random_problems_keep_the_promises_of_their_description():
    problems = list(random_problems(40, 5))
    assert len(problems) == 40
    assert {p.pi.shape for p in problems} == {(2, 2), (2, 3), (3, 2), (3, 3)}
    assert {p.mdp.gamma for p in problems} == set(DISCOUNTS)
    assert {int(r) for p in problems for r in p.mdp.R.flat} == set(range(-3, 4))
    for problem in problems:
        S, A = problem.pi.shape
        assert problem.mdp.P.shape == (S, A, S) and problem.mdp.rho0.shape == (S,)
        for law in (problem.pi, problem.other):
            assert law.shape == (S, A)
            assert law.sum(axis=1).tolist() == [1] * S and (law >= 0).all()
        assert problem.dpi.sum(axis=1).tolist() == [0] * S
        assert not problem.dpi[problem.pi == 0].any()
    # The direction moves and turns both ways, and the second policy is another one.
    moving = [p for p in problems if p.dpi.any()]
    assert len(moving) > 10 and any((p.other != p.pi).any() for p in problems)
    # A push x of -4 to 4 gives dpi = pi (x - mean of x): no derivative beyond 8 pi.
    ratios = [abs(d / q) for p in problems for d, q in zip(p.dpi.flat, p.pi.flat, strict=True) if q]
    assert 4 < max(ratios) <= 8


def test_the_same_seed_gives_the_same_problems():
    one, again, other = (
        [p.pi.tolist() for p in islice(random_problems(9, seed), 9)] for seed in (3, 3, 4)
    )
    assert one == again != other
    with pytest.raises(ValueError, match="n is 0, not an integer of at least 1"):
        next(random_problems(0, 1))


def test_random_laws_are_laws_of_the_listed_weights():
    laws = random_laws(np.random.default_rng(2), 500, 2)
    assert laws.shape == (500, 2) and {type(x) for x in laws.flat} == {F}
    assert (laws.sum(axis=1) == 1).all()
    weights = (0, 1, 2, 5, 20)
    possible = {F(a, a + b) for a in weights for b in weights if a + b}
    assert set(laws.flat) == possible
    # Both weights are 0 with probability 1/4; then either outcome may be the certain one.
    assert {tuple(law) for law in laws.tolist()} >= {(0, 1), (1, 0)}
    assert random_laws(np.random.default_rng(2), 3).shape == (3,)


def test_the_survival_chain_is_the_one_of_its_description():
    problem = survival_chain(F(3, 5), F(2, 7))
    assert problem.mdp.P.tolist() == [[[0, 1], [1, 0]], [[0, 1], [0, 1]]]
    assert problem.mdp.R.tolist() == [[0, 1], [0, 0]]
    assert problem.mdp.gamma == F(2, 7) and problem.mdp.rho0.tolist() == [1, 0]
    assert problem.pi.tolist() == [[F(2, 5), F(3, 5)], [1, 0]]
    assert problem.dpi.tolist() == [[-1, 1], [0, 0]]
    assert problem.other.tolist() == [[0, 1], [1, 0]]
    for table in (problem.pi, problem.dpi, problem.other):
        assert {type(x) for x in table.flat} == {F}


def test_half_of_the_weights_are_zero():
    assert 2 * WEIGHTS.count(0) == len(WEIGHTS) and min(WEIGHTS) == 0
