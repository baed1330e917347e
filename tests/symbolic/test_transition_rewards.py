"""`symbolic.free_mdp(reward_on_transition=True)`: rewards that depend on the next state."""

import numpy as np

from utils import symbolic


def test_mean_reward_is_the_average_over_the_next_state():
    m = symbolic.free_mdp(2, 3, reward_on_transition=True)
    assert m.R_next.shape == (2, 3, 2)
    assert ((m.P * m.R_next).sum(axis=2) - m.R == 0).all()
    assert len({str(x) for x in m.R_next.flat}) == 12


def test_expected_reward_of_a_transition_is_that_of_its_mean():
    m = symbolic.free_mdp(2, 2, reward_on_transition=True)
    by_transition = m.expectation(lambda tau: m.R_next[*tau[0], tau[1][0]], horizon=2)
    assert by_transition == m.rho0 @ m.r_pi


def test_without_the_option_there_is_no_transition_reward():
    m = symbolic.free_mdp(2, 2)
    assert m.R_next is None and m.R.shape == (2, 2)
    assert np.unique([str(x) for x in m.R.flat]).size == 4
