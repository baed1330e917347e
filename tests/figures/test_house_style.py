"""What the pictures draw is what the text says, and their colours can be told from the page."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from utils import exact
from utils.common.words import plain, power_of_ten, signed
from utils.explorer.style import (
    CONTRAST_ROLE,
    ESTIMATE_ROLE,
    GRID_ROLE,
    ROLES,
    SAFE_ROLE,
    TRUTH_ROLE,
)
from utils.figures import log_derivative, trajectory
from utils.model import examples
from utils.sampling.rollouts import simulate

PAGE = {"light": "#ffffff", "dark": "#121212"}


def linear(colour: str) -> np.ndarray:
    """Linear RGB of a hex colour."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", PAGE)
@pytest.mark.parametrize("role", [r for r in ROLES if r is not GRID_ROLE], ids=lambda r: r.name)
def test_text_in_every_colour_reaches_the_contrast_of_4_5_to_1(role, theme):
    assert contrast(getattr(role, theme), PAGE[theme]) >= 4.5


# Machado, Oliveira, Fernandes (2009), severity 1: linear RGB as three kinds of dichromats see it.
DICHROMACY = {
    "protan": [[0.1521, 1.0526, -0.2047], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deutan": [[0.3673, 0.8607, -0.2279], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritan": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9309, 0.1475], [0.0047, 0.6914, 0.3039]],
}


RGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
WHITE = np.array([0.9505, 1.0, 1.089])


def lab(linear_rgb: np.ndarray) -> np.ndarray:
    """CIELAB coordinates (D65), in which one unit is about one just noticeable difference."""
    x = RGB_TO_XYZ @ np.clip(linear_rgb, 0, 1) / WHITE
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", ["trichromat", *DICHROMACY])
@pytest.mark.parametrize("theme", PAGE)
def test_the_colours_of_marks_stay_apart_in_colour_blind_eyes_too(kind, theme):
    eye = np.array(DICHROMACY.get(kind, np.eye(3)))
    marks = {
        r.name: getattr(r, theme) for r in (TRUTH_ROLE, ESTIMATE_ROLE, CONTRAST_ROLE, SAFE_ROLE)
    }
    seen = {name: lab(eye @ linear(colour)) for name, colour in marks.items()}
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 20, (one, other)


def test_numbers_are_written_with_a_true_minus_sign():
    assert signed(-0.5) == "−0.50" and signed(0.5) == "+0.50"
    assert plain(-0.4) == "−0.4" and plain(-1.234, 1) == "−1.2"
    assert power_of_ten(-26.2) == "10⁻²⁶"


# Chapter 1


def test_log_likelihood_of_the_prefix_is_the_log_of_the_product_of_its_factors():
    tables = examples.running_tables()
    probability = tables.rho0[0]
    for (state, action), after in itertools.zip_longest(trajectory.PREFIX, trajectory.NEXT_STATES):
        p = tables.p[state]
        probability *= p if action else 1 - p
        if after is not None:
            probability *= tables.P[state][action][after]
    value = trajectory.log_likelihood_of_prefix(trajectory.running_theta(), 0.75)
    assert np.isclose(value, np.log(float(probability)), rtol=1e-14)


@pytest.mark.parametrize("theta", [-2.0, 0.0, 1.3])
@pytest.mark.parametrize("kernel", [0.1, 0.75])
def test_slope_of_the_log_likelihood_is_the_score_sum_whatever_the_kernel(theta, kernel):
    h = 1e-6
    rise = trajectory.log_likelihood_of_prefix(theta + h, kernel)
    rise -= trajectory.log_likelihood_of_prefix(theta - h, kernel)
    assert np.isclose(rise / (2 * h), trajectory.policy_score_of_prefix(theta), atol=1e-8)


def test_a_kernel_that_moves_adds_its_own_score_to_the_slope():
    theta, coupling, h = trajectory.running_theta(), 0.75, 1e-6

    def height(x):
        kernel = trajectory.kernel_with_coupling(x, coupling)
        return trajectory.log_likelihood_of_prefix(x, kernel)

    slope = (height(theta + h) - height(theta - h)) / (2 * h)
    missing = 2 * coupling * (1 - 0.75)  # two landings in state 1
    assert np.isclose(slope, trajectory.policy_score_of_prefix(theta) + missing, atol=1e-8)


def test_finite_objectives_start_at_zero_and_tend_to_the_objective():
    mdp, policy = examples.running(0.6), examples.running_policy()
    J_T = trajectory.finite_objectives(mdp, policy, 80)
    assert J_T[0] == 0
    assert np.isclose(J_T[1], (policy.probabilities[0] * mdp.R[0]).sum())
    assert np.isclose(J_T[-1], exact.objective(mdp, policy), rtol=1e-14)


def test_log10_likelihood_of_a_rollout_is_that_of_its_factors():
    mdp, policy = examples.running(), examples.running_policy()
    run = simulate(mdp, policy, 5, 4, np.random.default_rng(0))
    logs = trajectory.log10_likelihoods(mdp, policy, run)
    for n in range(5):
        probability = mdp.rho0[run.states[0, n]]
        for t in range(4):
            s, a = run.states[t, n], run.actions[t, n]
            probability *= policy.probabilities[s, a]
            assert np.isclose(logs[t, n], np.log10(probability))
            if t < 3:
                probability *= mdp.P[s, a, run.states[t + 1, n]]


def test_slope_of_the_reweighted_sample_is_the_derivative_of_the_mean_pay_out():
    # eq:score-function, for the number of heads in ten tosses with score x - 10 p.
    theta, step = 0.4, 1e-5
    law, pay = log_derivative.heads_law(theta), log_derivative.PAY
    assert law.sum() == pytest.approx(1)
    up, down = (log_derivative.heads_law(theta + e) @ pay for e in (step, -step))
    score = log_derivative.HEADS - law @ log_derivative.HEADS
    assert law @ (pay * score) == pytest.approx((up - down) / (2 * step))


def test_reweighting_from_a_large_theta_is_noisy_to_the_left_and_quiet_to_the_right():
    laws, pay = log_derivative.heads_law([-1.5, 1.0, 2.5]), log_derivative.PAY
    weighted = laws / laws[1] * pay
    left, here, right = np.sqrt(weighted**2 @ laws[1] - (laws @ pay) ** 2)
    assert left > 10 * here and right < here / 5


@pytest.mark.parametrize("limit, slope", [(10, -0.175), (100, -0.225), (1e8, -0.25)])
def test_slope_at_zero_of_the_mass_up_to_a_limit_tends_to_minus_a_quarter(limit, slope):
    h = 1e-6
    rise = log_derivative.mass_up_to(limit, h) - log_derivative.mass_up_to(limit, -h)
    assert rise / (2 * h) == pytest.approx(slope, abs=5e-4)


def test_the_grid_near_the_edge_stays_inside_the_open_interval():
    assert (0 < log_derivative.EDGE_GRID).all() and (log_derivative.EDGE_GRID < 1).all()


@pytest.mark.parametrize("theta", [-0.8, -0.1, 0, 0.3])
def test_escaping_mass_integrates_its_density_and_keeps_its_slope_at_zero(theta):
    log_x = np.linspace(-12, 3, 60_001)
    stays, runs = log_derivative.escaping_parts(theta, log_x)
    assert (stays + runs > 0).all()
    below = np.trapezoid(stays + runs, log_x)
    assert below == pytest.approx(float(log_derivative.mass_up_to(1e3, theta)), abs=1e-6)
    slope = (log_derivative.mass_up_to(1e3, 1e-6) - log_derivative.mass_up_to(1e3, -1e-6)) / 2e-6
    assert slope == pytest.approx(-(1 - 1001**-0.5) / 4, rel=1e-5)


def test_reinforce_band_is_centred_on_the_gradient_of_the_objective():
    policy = examples.shared_logit(examples.running_policy(), action=1)
    mean, _ = log_derivative.reinforce_law(0.7)
    for horizon in (1, 5, 40):
        true = exact.finite_horizon_policy_gradient(examples.running(0.7), policy, horizon)
        assert mean[horizon - 1] == pytest.approx(float(true[0]))
