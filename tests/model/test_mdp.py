from dataclasses import replace

import numpy as np
import pytest

from utils import FiniteMDP
from utils.model import examples


def tables(n_states=4, n_actions=2):
    P = np.full((n_states, n_actions, n_states), 1 / n_states)
    return P, np.ones((n_states, n_actions)), np.full(n_states, 1 / n_states)


def test_arrays_are_copied_and_read_only():
    P, R, rho0 = tables()
    mdp = FiniteMDP(P, R, 0.9, rho0)
    R[0, 0] = 5
    assert mdp.R[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        mdp.P[0, 0, 0] = 0


def test_sizes_and_largest_reward():
    P, R, rho0 = tables()
    R[1, 0] = -7
    mdp = FiniteMDP(P, R, 0.9, rho0)
    assert (mdp.n_states, mdp.n_actions, mdp.R_max) == (4, 2, 7)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda P, R, rho0: P[3, 1].__setitem__(0, 0.23), r"P\[3, 1\] sums to 0.98, not 1"),
        (
            lambda P, R, rho0: P[0, 0].__setitem__(slice(0, 2), [-0.25, 0.75]),
            r"P\[0, 0, 0\] is -0.25, not a probability",
        ),
        (lambda P, R, rho0: P[2, 1].__setitem__(3, np.nan), r"P\[2, 1, 3\] is nan, not a finite"),
        (lambda P, R, rho0: R[1].__setitem__(0, np.inf), r"R\[1, 0\] is inf, not a finite"),
        (lambda P, R, rho0: rho0.__setitem__(0, 0.5), r"rho0 sums to 1.25, not 1"),
        (lambda P, R, rho0: rho0.__setitem__(slice(0, 2), [-0.5, 1]), r"rho0\[0\] is -0.5"),
    ],
)
def test_a_wrong_entry_is_named(spoil, message):
    P, R, rho0 = tables()
    spoil(P, R, rho0)
    with pytest.raises(ValueError, match=message):
        FiniteMDP(P, R, 0.9, rho0)


@pytest.mark.parametrize("gamma", [-0.1, 1.5, float("nan"), "0.9", None, True])
def test_a_discount_outside_the_unit_interval_is_rejected(gamma):
    P, R, rho0 = tables()
    with pytest.raises(ValueError, match=r"gamma is .*in \[0, 1\]"):
        FiniteMDP(P, R, gamma, rho0)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((3, 2, 4), (3, 2), (3,)), r"P has shape \[3, 2, 4\], not \[3, 2, 3\]"),
        (((3, 2), (3, 2), (3,)), r"P has shape \[3, 2\], not \[any, any, any\]"),
        (((3, 2, 3), (2, 3), (3,)), r"R has shape \[2, 3\], not \[3, 2\]"),
        (((3, 2, 3), (3, 2), (4,)), r"rho0 has shape \[4\], not \[3\]"),
        (((0, 2, 0), (0, 2), (0,)), r"P has shape \[0, 2, 0\], not \[any, any, any\]"),
    ],
)
def test_a_wrong_shape_is_named(shapes, message):
    with pytest.raises(ValueError, match=message):
        FiniteMDP(np.zeros(shapes[0]), np.zeros(shapes[1]), 0.9, np.zeros(shapes[2]))


def test_words_are_not_numbers():
    with pytest.raises(ValueError, match="R must be an array of numbers"):
        FiniteMDP(np.ones((1, 1, 1)), [["one"]], 0.5, [1.0])


def test_terminal_states_are_absorbing_and_pay_nothing():
    np.testing.assert_array_equal(
        np.flatnonzero(examples.frozen_lake().terminal), [5, 7, 11, 12, 15]
    )
    assert not examples.running().terminal.any()
    paid_for_ever = FiniteMDP(np.ones((1, 1, 1)), [[1.0]], 0.5, [1.0])
    assert not paid_for_ever.terminal.any()


def test_an_absorbing_state_with_noisy_pay_is_not_terminal():
    assert FiniteMDP(np.ones((1, 1, 1)), [[0.0]], 0.5, [1.0]).terminal.all()
    assert not FiniteMDP(np.ones((1, 1, 1)), [[0.0]], 0.5, [1.0], reward_sd=1).terminal.any()


def on_transitions(reward_sd=0.0):
    rng = np.random.default_rng(3)
    P = rng.dirichlet(np.ones(3), size=(3, 2))
    return P, rng.normal(size=(3, 2, 3)), 0.9, np.full(3, 1 / 3), reward_sd


def test_rewards_on_transitions_have_their_mean_in_R():
    P, R, *rest = on_transitions()
    mdp = FiniteMDP(P, R, *rest)
    np.testing.assert_array_equal(mdp.R_next, R)
    np.testing.assert_allclose(mdp.R, (P * R).sum(axis=2))
    assert FiniteMDP(P, mdp.R, *rest).R_next is None
    for name in ("R", "R_next", "reward_sd", "reward_variance"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(mdp, name)[0, 0] = 0


@pytest.mark.parametrize("shape", [(), (3, 2), (3, 2, 3)])
def test_reward_variance_is_second_moment_less_squared_mean(shape):
    sd = np.random.default_rng(1).uniform(size=shape)
    P, R, *rest = on_transitions(sd)
    mdp = FiniteMDP(P, R, *rest)
    noise = np.broadcast_to(sd if len(shape) != 2 else sd[:, :, None], P.shape)
    second = (P * (R**2 + noise**2)).sum(axis=2)
    np.testing.assert_allclose(mdp.reward_variance, second - mdp.R**2, atol=1e-14)
    assert not mdp.with_mean_rewards.reward_variance.any()
    np.testing.assert_array_equal(mdp.with_mean_rewards.R, mdp.R)


def test_a_copy_with_another_discount_keeps_its_rewards():
    P, R, *rest = on_transitions(0.5)
    copy = replace(FiniteMDP(P, R, *rest), gamma=0.5)
    np.testing.assert_array_equal(copy.R_next, R)
    assert (copy.reward_sd == 0.5).all()
    with pytest.raises(ValueError, match=r"R\[0, 0\] is 0, but the mean of R_next there is"):
        replace(copy, R=np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"R": np.zeros((3, 3))}, r"R has shape \[3, 3\], not \[3, 2\] or \[3, 2, 3\]"),
        (
            {"reward_sd": np.zeros(3)},
            r"reward_sd has shape \[3\], not \[\] or \[3, 2\] or \[3, 2, 3",
        ),
        ({"reward_sd": -1}, r"reward_sd is -1, not from 0 to 1e\+100"),
        ({"reward_sd": [[0, 0], [0, -2], [0, 0]]}, r"reward_sd\[1, 1\] is -2, not from 0"),
        ({"R": np.full((3, 2), 1e308)}, r"R\[0, 0\] is 1e\+308, not from -1e\+100 to 1e\+100"),
        ({"R": np.full((3, 2), 1j)}, r"R\[0, 0\] is 1j, with an imaginary part"),
        ({"R": [["1", 0], [0, 0], [0, 0]]}, r"R must be an array of numbers \(R\[0, 0\] is .*'1'"),
        ({"R": [[1, 0], [0, None], [0, 0]]}, r"R must be an array of numbers \(R\[1, 1\] is None"),
        ({"R": [[1, 0], [0], [0, 0]]}, r"R must be an array of numbers \(its rows have different"),
        ({"R": None}, r"R must be an array of numbers \(R is None"),
        ({"rho0": np.ma.masked_equal([0.5, 0, 0.5], 0)}, r"rho0\[1\] is masked"),
        ({"rho0": np.full(3, 1 / 3, "f")}, r"rho0 sums to 1.0000000298, not 1; float32\?"),
        ({"rho0": [0.9, 0.1, 1 - 0.9 - 0.1]}, r"rho0\[2\] is -2.77.*e-17, not .* a rounding error"),
    ],
)
def test_what_is_not_a_table_of_real_numbers_is_refused_by_name(change, message):
    P, R, gamma, rho0, _ = on_transitions()
    tables = {"P": P, "R": R, "gamma": gamma, "rho0": rho0} | change
    with pytest.raises(ValueError, match=message):
        FiniteMDP(**tables)


def test_a_discount_of_one_is_taken_and_its_neighbours_are_not():
    P, R, rho0 = tables()
    assert FiniteMDP(P, R, 1, rho0).gamma == 1
    with pytest.raises(ValueError, match="gamma is 1 - 1.1e-16; give 1, or at most 1 - 1e-12"):
        FiniteMDP(P, R, 1 - 2**-53, rho0)


@pytest.mark.parametrize("on_transitions", [False, True])
def test_tables_with_the_action_first_are_told_apart_and_taken(on_transitions):
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(3), size=(2, 3))
    R = rng.normal(size=(2, 3, 3) if on_transitions else (3, 2))
    with pytest.raises(ValueError, match=r"\[2, 3, 3\], \[A, S, S\] with the action first"):
        FiniteMDP(P, R, 0.5, [1, 0, 0])
    mdp = FiniteMDP.from_action_first(P, R, 0.5, [1, 0, 0], reward_sd=np.ones((2, 3, 3)))
    np.testing.assert_array_equal(mdp.P[2, 1], P[1, 2])
    if on_transitions:
        np.testing.assert_array_equal(mdp.R_next[2, 1], R[1, 2])
    else:
        np.testing.assert_array_equal(mdp.R, R)
    assert mdp.reward_sd.shape == (3, 2, 3)


def three_states(reward_sd=0.0, R=None, gamma=0.75):
    """Three states, two actions, with no two numbers of a table alike."""
    P = [
        [[1 / 8, 2 / 8, 5 / 8], [3 / 16, 9 / 16, 4 / 16]],
        [[11 / 32, 7 / 32, 14 / 32], [6 / 64, 17 / 64, 41 / 64]],
        [[2 / 32, 29 / 32, 1 / 32], [33 / 64, 8 / 64, 23 / 64]],
    ]
    R = [[2, -13], [5, 7], [-3, 11]] if R is None else R
    return FiniteMDP(P, R, gamma, [1 / 4, 5 / 8, 1 / 8], reward_sd)


ON_STEPS = np.array(
    [[[2, 3, -5], [7, 11, 13]], [[17, -19, 23], [29, 31, 37]], [[41, 43, -47], [53, 59, 61]]]
)


def test_kernel_expectation_and_largest_reward_are_sums_over_the_tables():
    mdp = three_states()
    P, pi, v = mdp.P.tolist(), [[1 / 4, 3 / 4], [5 / 8, 3 / 8], [1 / 16, 15 / 16]], [3, 5, 17]
    assert mdp.R_max == 13 and type(mdp.R_max) is float
    assert (mdp.n_states, mdp.n_actions, mdp.gamma) == (3, 2, 0.75)
    on = [[sum(P[s][a][z] * v[z] for z in range(3)) for a in range(2)] for s in range(3)]
    assert mdp.expected_next(np.array(v)).tolist() == on
    kernel = [[sum(pi[s][a] * P[s][a][z] for a in range(2)) for z in range(3)] for s in range(3)]
    assert mdp.policy_kernel(np.array(pi)).tolist() == kernel


def test_the_law_of_a_reward_is_that_of_its_transitions_and_its_noise():
    sd = ON_STEPS % 7 + 1
    mdp = three_states(sd, ON_STEPS)
    for s, a in np.ndindex(3, 2):
        mean = sum(mdp.P[s, a, z] * ON_STEPS[s, a, z] for z in range(3))
        square = sum(mdp.P[s, a, z] * (ON_STEPS[s, a, z] ** 2 + sd[s, a, z] ** 2) for z in range(3))
        assert mdp.R[s, a] == mean
        assert mdp.reward_variance[s, a] == pytest.approx(square - mean**2, rel=1e-13)
        for z in range(3):
            assert mdp.transition_reward(s, a, z) == ON_STEPS[s, a, z]
    assert three_states().transition_reward(2, 1, 0) == 11
    assert three_states([[1, 2], [3, 4], [5, 6]]).reward_variance.tolist() == [
        [1, 4],
        [9, 16],
        [25, 36],
    ]
    assert three_states(3).reward_sd.tolist() == [[3, 3]] * 3
    assert not three_states().reward_sd.any()


def test_without_noise_and_next_state_the_mean_rewards_are_the_mdp_itself():
    plain = three_states()
    assert plain.with_mean_rewards is plain
    for other in (three_states([[0, 0], [0, 2], [0, 0]]), three_states(0, ON_STEPS)):
        calm = other.with_mean_rewards
        assert calm is not other and calm.R_next is None and not calm.reward_sd.any()
        assert calm.R.tolist() == other.R.tolist() and calm.P.tolist() == other.P.tolist()


@pytest.mark.parametrize(
    ("stay", "pay", "sd", "ends"),
    [
        ([1, 1], [0, 0], [0, 0], True),
        ([1, 0.75], [0, 0], [0, 0], False),
        ([0, 1], [0, 0], [0, 0], False),
        ([1, 1], [0, 3], [0, 0], False),
        ([1, 1], [-2, 0], [0, 0], False),
        ([1, 1], [0, 0], [0, 2], False),
    ],
)
def test_a_state_is_terminal_if_all_its_actions_stay_and_pay_nothing_for_certain(
    stay, pay, sd, ends
):
    P = [[[0, 1]] * 2, [[1 - p, p] for p in stay]]
    mdp = FiniteMDP(P, [[1, 0], pay], 0.5, [1, 0], [[0, 0], sd])
    assert mdp.terminal.tolist() == [False, ends]


def test_as_many_states_as_actions_leave_the_order_to_the_constructor():
    P = np.array([[[1, 3], [2, 2]], [[4, 0], [0, 4]]]) / 4
    assert FiniteMDP(P, [[1, 2], [3, 4]], 0.5, [1, 0]).P.tolist() == P.tolist()
    first = FiniteMDP.from_action_first(P, [[1, 2], [3, 4]], 0.5, [1, 0])
    assert first.P.tolist() == P.swapaxes(0, 1).tolist()
    assert first.R.tolist() == [[1, 2], [3, 4]] and not first.reward_sd.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"P": np.full((2, 3, 3), 1 / 3)},
            "P has shape [2, 3, 3], [A, S, S] with the action first; it should be "
            "[S, A, S]: FiniteMDP.from_action_first takes this order",
        ),
        (
            {"P": np.full((4, 3, 3), 1 / 3)},
            "P has shape [4, 3, 3], [A, S, S] with the action first; "
            "it should be [S, A, S]: FiniteMDP.from_action_first takes this order",
        ),
        ({"P": np.full((3, 4, 2), 1 / 2)}, "P has shape [3, 4, 2], not [3, 4, 3]"),
        ({"R_next": np.zeros((3, 2))}, "R_next has shape [3, 2], not [3, 2, 3]"),
        (
            {"R_next": np.full((3, 2, 3), -2e100)},
            "R_next[0, 0, 0] is -2e+100, not from -1e+100 to 1e+100",
        ),
        (
            {"reward_sd": [[0, 1], [2, 3], [4, 2e100]]},
            "reward_sd[2, 1] is 2e+100, not from 0 to 1e+100",
        ),
        ({"reward_sd": 2e100}, "reward_sd is 2e+100, not from 0 to 1e+100"),
    ],
)
def test_the_whole_message_names_the_table_that_does_not_fit(change, message):
    mdp = three_states()
    tables = {"P": mdp.P, "R": mdp.R, "gamma": 0.5, "rho0": mdp.rho0} | change
    with pytest.raises(ValueError) as error:
        FiniteMDP(**tables)
    assert str(error.value) == message
