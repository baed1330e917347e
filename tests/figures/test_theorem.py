"""What the pictures and the worked numbers of chapter 4 say is what the exact values say."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import QQ

from utils import exact, symbolic
from utils.figures import theorem
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TablePolicy


@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.98])
def test_both_sides_of_the_theorem_tend_to_the_gradient_and_the_left_one_starts_late(gamma):
    limit, left, right = theorem.two_sides(gamma)
    assert (left[:6] == 0).all() and left[6] > 0
    assert right[1] > 0
    assert np.isclose(left[-1], limit, rtol=0.01) and np.isclose(right[-1], limit, rtol=0.01)


def test_left_side_is_the_slope_of_the_truncated_objective():
    mdp, policy = theorem.frozen_lake_with_one_logit(0.9)
    step = 1e-5

    def J(theta):
        moved = LinearSoftmax(policy.features, np.array([theta]), policy.offsets)
        return exact.finite_horizon_objective(mdp, moved, 12)

    slope = (J(step) - J(-step)) / (2 * step)
    assert np.isclose(theorem.two_sides(0.9)[1][12], slope, rtol=1e-6)


@pytest.mark.parametrize("gamma", [0.5, 0.9])
def test_the_three_forms_have_the_gradient_as_mean_and_the_slip_gamma_times_it(gamma):
    # 4 means with 5 standard errors each: a false alarm about once in 400 000 runs of this test.
    mdp, policy = theorem.running_with_one_logit(gamma)
    truth = exact.policy_gradient(mdp, policy)[0]
    samples = theorem.samples_of_the_three_forms(mdp, policy, 40_000, np.random.default_rng(3))
    for name, rows in samples.items():
        mean = gamma * truth if name == "from zero" else truth
        assert abs(rows.mean() - mean) <= 5 * rows.std() / np.sqrt(len(rows)) + 1e-4 * abs(mean)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kernel", [0.0, 0.4, 1.0])
def test_line_of_the_kernel_picture_is_the_objective_of_its_world(p, kernel):
    end = [0, 0, 1]
    P = [[end, [0, kernel, 1 - kernel]], [end, end], [end, end]]
    mdp = FiniteMDP(P, [[0, -1], [4, 4], [0, 0]], 0.5, [1, 0, 0])
    J = exact.objective(mdp, TablePolicy(np.tile([1 - p, p], (3, 1))))
    assert np.isclose(theorem.kernel_objective(p, kernel), J)


@pytest.mark.parametrize("theta", [-2.5, 0.9, 1.1, 4.5])
def test_secant_is_exact_with_the_new_visits(theta):
    mdp = examples.running(theorem.SECANT_GAMMA)
    old, new = map(theorem.shifted_running_policy, (theorem.SECANT_START, theta))
    gains = ((new.probabilities - old.probabilities) * exact.values(mdp, old)[1]).sum(axis=1)
    change = exact.occupancy(mdp, new) @ gains / (1 - mdp.gamma)
    start = theorem.secant_parts(theorem.SECANT_START)[0]
    assert np.isclose(theorem.secant_parts(theta)[0] - start, change)


def test_with_the_old_visits_value_and_slope_agree_and_the_curvature_does_not():
    step, at = 1e-3, theorem.SECANT_START
    (_, low), (_, mid), (_, high) = (theorem.secant_parts(at + k * step) for k in (-1, 0, 1))
    exact_low, exact_mid, exact_high = (theorem.secant_parts(at + k * step)[0] for k in (-1, 0, 1))
    assert np.isclose(mid, exact_mid)
    assert np.isclose(high - low, exact_high - exact_low, rtol=1e-4)
    assert abs((high - 2 * mid + low) - (exact_high - 2 * exact_mid + exact_low)) > 1e-8


# The numbers of the text


def test_running_mdp_has_the_gradient_worked_out_by_hand():
    tables = examples.running_tables()
    (p,) = symbolic.generators("p")  # a field to compute in
    world = symbolic.coin_mdp(tables.P, tables.R, Fraction(1, 2), tables.rho0, p)
    slopes = [x * (1 - x) for x in tables.p]
    pi = symbolic.object_array([[p**0 * (1 - x), p**0 * x] for x in tables.p])
    dpi = symbolic.object_array([[-x * p**0, x * p**0] for x in slopes])
    mdp = replace(world, pi=pi, dpi=dpi)
    h = mdp.action_gradient(mdp.Q)
    assert not (mdp.Q - np.array([[QQ(99, 61), QQ(39, 61)], [QQ(77, 122), QQ(160, 61)]])).any()
    assert not (h - np.array([QQ(-72, 305), QQ(27, 61)])).any()
    assert not (mdp.occupancy - np.array([QQ(95, 122), QQ(27, 122)])).any()
    assert 2 * (mdp.occupancy @ h) - QQ(-639, 3721) == 0
    assert 2 * (mdp.occupancy @ h) - QQ(639, 3721) != 0
