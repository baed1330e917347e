import numpy as np
import problems
import pytest

from utils import exact, simulate
from utils.model import examples


def test_running_example_has_the_values_worked_out_by_hand():
    # V solves V0 = 3/5 + (11 V0 + 9 V1)/40, V1 = 2/3 + (7 V0 + 5 V1)/24 at gamma = 1/2.
    mdp, policy = examples.running(), examples.running_policy()
    V, _ = exact.values(mdp, policy)
    np.testing.assert_allclose(
        V, np.linalg.solve([[29 / 40, -9 / 40], [-7 / 24, 19 / 24]], [0.6, 2 / 3])
    )


def test_running_tables_are_the_running_mdp():
    tables, mdp = examples.running_tables(), examples.running(gamma=0.9)
    np.testing.assert_array_equal(np.array(tables.P, dtype=float), mdp.P)
    np.testing.assert_array_equal(np.array(tables.R, dtype=float), mdp.R)
    np.testing.assert_array_equal(np.array(tables.rho0, dtype=float), mdp.rho0)
    assert mdp.gamma == 0.9


def test_running_policy_takes_action_one_with_the_stated_probabilities():
    policy = examples.running_policy()
    np.testing.assert_allclose(policy.probabilities[:, 1], [2 / 5, 1 / 3], rtol=1e-15)
    np.testing.assert_array_equal(policy.theta[:, 0], 0)


def test_frozen_lake_policy_prefers_down_and_right_where_they_lead_on():
    pi = examples.frozen_lake_policy().probabilities
    np.testing.assert_allclose(pi[:12, examples.DOWN] / pi[:12, 0], np.e)
    np.testing.assert_allclose(pi[12:, examples.DOWN] / pi[12:, 0], 1)
    inner = np.arange(16) % 4 < 3
    np.testing.assert_allclose(pi[inner, examples.RIGHT] / pi[inner, 3], np.e)
    np.testing.assert_allclose(pi[~inner, examples.RIGHT] / pi[~inner, 3], 1)
    assert exact.objective(examples.frozen_lake(), examples.frozen_lake_policy()) > 0


def test_random_mdp_honours_its_options():
    rng = np.random.default_rng(1)
    mdp = problems.random_mdp(rng, 6, 3, gamma=0.3, successors=2, absorbing=2)
    assert mdp.gamma == 0.3
    assert ((mdp.P[:4] > 0).sum(axis=2) <= 2).all()
    np.testing.assert_array_equal(mdp.P[4:, :, 4:], np.eye(2)[:, None, :].repeat(3, axis=1))
    assert not mdp.R[4:].any()
    with pytest.raises(ValueError, match="n_states is 0"):
        problems.random_mdp(rng, 0, 2)


def test_a_shared_logit_keeps_the_policy_and_sums_the_columns_of_the_gradient():
    mdp, policy = examples.running(0.7), examples.running_policy()
    shared = examples.shared_logit(policy, action=1)
    np.testing.assert_allclose(shared.probabilities, policy.probabilities)
    np.testing.assert_allclose(
        shared.scores[:, :, 0], np.array([0, 1]) - policy.probabilities[:, [1]]
    )
    tabular = exact.policy_gradient(mdp, policy)
    np.testing.assert_allclose(exact.policy_gradient(mdp, shared), tabular[:, 1].sum())
    with pytest.raises(ValueError, match="action is 2; it should be from 0 to 1"):
        examples.shared_logit(policy, action=2)


def test_the_short_corridor_has_the_closed_form_of_the_text():
    # 4000 steps stand for all: an episode is longer with probability below 1e-200.
    mdp = examples.short_corridor()

    def J(p):
        return exact.finite_horizon_objective(mdp, examples.short_corridor_policy(p), 4000)

    best = 2 - np.sqrt(2)
    for p in (0.5, 0.3, best, 0.8):
        assert J(p) == pytest.approx(-(4 - 2 * p) / (p * (1 - p)), rel=1e-12)
    assert J(0.5) == pytest.approx(-12, rel=1e-12)
    assert J(best) == pytest.approx(-11.6569, abs=5e-5)
    slope = [
        exact.finite_horizon_policy_gradient(mdp, examples.short_corridor_policy(p), 4000)[0]
        for p in (0.5, best)
    ]
    np.testing.assert_allclose(slope, [2, 0], atol=1e-10)


def test_episodes_of_the_short_corridor_have_the_mean_length_of_the_text():
    # 20 000 lengths at 5 standard errors: false alarm 5.7e-7. No episode of 400 steps is cut off
    # but with probability 2e-14.
    mdp, policy = examples.short_corridor(), examples.short_corridor_policy()
    returns = simulate(mdp, policy, 20_000, 400, np.random.default_rng(0)).rewards.sum(axis=0)
    assert abs(returns.mean() + 12) < 5 * returns.std() / np.sqrt(20_000)
    with pytest.raises(ValueError, match="p is 1, not strictly"):
        examples.short_corridor_policy(1)


def test_named_worlds_carry_their_policies_and_may_share_one_logit():
    worlds, shared = examples.worlds(), examples.worlds(shared=True)
    assert list(worlds) == list(shared) == ["the running MDP", "FrozenLake"]
    for name, (mdp, policy) in worlds.items():
        np.testing.assert_allclose(shared[name][1].probabilities, policy.probabilities)
        assert policy.scores.shape[:2] == (mdp.n_states, mdp.n_actions)
        assert shared[name][1].theta.shape == (1,)


def test_the_running_example_has_the_tables_of_the_book():
    mdp = examples.running()
    assert mdp.P.tolist() == [[[0.75, 0.25], [0.25, 0.75]], [[0.5, 0.5], [0.75, 0.25]]]
    assert mdp.R.tolist() == [[1, 0], [0, 2]] and mdp.rho0.tolist() == [1, 0]
    assert mdp.gamma == 0.5


def test_the_policy_of_the_lake_has_logit_one_for_down_and_right():
    theta = examples.frozen_lake_policy().theta
    assert theta.shape == (16, 4)
    for s in range(16):
        row, column = s // 4, s % 4
        # left, down, right, up
        assert theta[s].tolist() == [0, float(row < 3), float(column < 3), 0]


def test_the_worlds_have_their_discounts_and_share_the_logit_of_their_action():
    for name, (mdp, policy) in examples.worlds(shared=True).items():
        gamma, action = {"the running MDP": (0.5, 1), "FrozenLake": (0.9, 2)}[name]
        assert mdp.gamma == gamma
        indicator = np.arange(mdp.n_actions) == action
        wanted = indicator - policy.probabilities[:, [action]]
        np.testing.assert_allclose(policy.scores[:, :, 0], wanted, atol=1e-15)
    assert examples.frozen_lake().gamma == 0.9 and examples.frozen_lake(0.25).gamma == 0.25
    assert examples.worlds()["FrozenLake"][1].theta.shape == (16, 4)


def test_a_shared_logit_may_be_that_of_the_first_action_and_of_no_other_sign():
    policy = examples.frozen_lake_policy()
    first = examples.shared_logit(policy, 0)
    assert first.features[:, :, 0].tolist() == [[1, 0, 0, 0]] * 16 and first.theta.tolist() == [0]
    for action in (-1, 4):
        with pytest.raises(ValueError) as error:
            examples.shared_logit(policy, action)
        assert str(error.value) == f"action is {action}; it should be from 0 to 3"


def test_the_short_corridor_is_drawn_cell_by_cell():
    mdp = examples.short_corridor()
    leads_to = [[0, 1], [2, 0], [1, 3], [3, 3]]
    for s, a, z in np.ndindex(4, 2, 4):
        assert mdp.P[s, a, z] == (leads_to[s][a] == z)
    assert mdp.R.tolist() == [[-1, -1], [-1, -1], [-1, -1], [0, 0]]
    assert mdp.gamma == 1 and mdp.rho0.tolist() == [1, 0, 0, 0]
    assert examples.short_corridor(0.25).gamma == 0.25
    kernel = examples.deterministic_kernel([[1, 0, 1], [0, 0, 1]])
    assert kernel.dtype == int and kernel.tolist() == [
        [[0, 1], [1, 0], [0, 1]],
        [[1, 0], [1, 0], [0, 1]],
    ]


def test_in_the_short_corridor_one_logit_goes_right_everywhere():
    policy = examples.short_corridor_policy(0.8)
    np.testing.assert_allclose(policy.probabilities, [[0.2, 0.8]] * 4, rtol=1e-14)
    np.testing.assert_allclose(policy.theta, [np.log(4)], rtol=1e-14)
    np.testing.assert_allclose(policy.scores[:, :, 0], [[-0.8, 0.2]] * 4, rtol=1e-14)
    np.testing.assert_allclose(examples.short_corridor_policy().probabilities, 0.5)
    for p in (0, 1, -0.5, 1.5):
        with pytest.raises(ValueError, match=rf"^p is {p}, not strictly inside \(0, 1\)$"):
            examples.short_corridor_policy(p)
