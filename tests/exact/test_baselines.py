from fractions import Fraction as F

import numpy as np
import problems
import pytest
from problems import random_rational, table_example

from utils.estimators.variance import estimator_moments
from utils.exact.baselines import (
    FORMS,
    optimal_constant_baseline,
    optimal_state_baseline,
    optimal_time_baseline,
    optimal_total_return_baseline,
    per_step_baseline,
)
from utils.exact.chain import ScoredChain
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, RationalPolicy


def trace(mdp, policy, form, baseline, horizon):
    critic = None
    if form == "q" and horizon is not None:
        critic = ScoredChain.of(mdp, policy).finite_horizon_values(horizon)
    return estimator_moments(mdp, policy, form, baseline, critic, horizon=horizon).trace


def is_stationary(variance, baseline, step=F(1, 8)):
    """A quadratic has its minimum at ``baseline`` iff it grows alike on both sides."""
    here = variance(baseline)
    for index in np.ndindex(baseline.shape):
        shift = np.full(baseline.shape, F(0))
        shift[index] = step
        up, down = variance(baseline + shift), variance(baseline - shift)
        if up != down or up < here:
            return False
    return True


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("horizon", [None, 1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_state_baseline_is_exactly_optimal(seed, horizon, form):
    mdp, policy = random_rational(seed)
    best = optimal_state_baseline(mdp, policy, form, horizon)
    assert is_stationary(lambda b: trace(mdp, policy, form, b, horizon), best)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_time_baseline_is_exactly_optimal(seed, form):
    mdp, policy = random_rational(seed)
    best = optimal_time_baseline(mdp, policy, 3, form)
    assert best.shape == (3, 2)
    assert is_stationary(lambda b: trace(mdp, policy, form, b, 3), best)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("horizon", [None, 3])
def test_constant_baseline_is_exactly_optimal(horizon, form):
    mdp, policy = random_rational(5)
    best = optimal_constant_baseline(mdp, policy, form, horizon)
    up, here, down = (
        trace(mdp, policy, form, best + shift, horizon) for shift in (F(1, 8), 0, -F(1, 8))
    )
    assert up == down > here


def test_total_return_baseline_is_exactly_optimal():
    mdp, policy = random_rational(6)
    best = optimal_total_return_baseline(mdp, policy, 3)
    up, here, down = (
        estimator_moments(mdp, policy, "total-return", best + shift, horizon=3).trace
        for shift in (F(1, 8), 0, -F(1, 8))
    )
    assert up == down > here


def test_for_one_step_the_per_step_baseline_is_the_optimal_one():
    mdp, policy = random_rational(1, gamma=0)
    per_step = per_step_baseline(mdp, policy).tolist()
    for form in FORMS:
        assert per_step == optimal_state_baseline(mdp, policy, form, horizon=1).tolist()


def test_with_two_actions_the_per_step_baseline_is_averaging_over_actions():
    mdp, policy = table_example("9/10")
    by_baseline = estimator_moments(mdp, policy, "q", per_step_baseline(mdp, policy))
    by_averaging = estimator_moments(mdp, policy, "all-action")
    assert by_baseline.variance.tolist() == by_averaging.variance.tolist()


def test_floats_give_the_same_baselines_as_fractions():
    exact_mdp, exact_policy = table_example("9/10")
    mdp, policy = exact_mdp.to_floats(), LinearSoftmax.logits([1 / 2, 1 / 3])
    for form in FORMS:
        np.testing.assert_allclose(
            optimal_state_baseline(mdp, policy, form),
            optimal_state_baseline(exact_mdp, exact_policy, form).astype(float),
        )


def test_a_state_without_a_choice_needs_no_baseline():
    mdp = problems.random_mdp(np.random.default_rng(0), 3, 1)
    policy = LinearSoftmax(np.ones((3, 1, 1)), [0.0])
    np.testing.assert_array_equal(optimal_state_baseline(mdp, policy), 0)


def test_where_no_baseline_matters_it_is_the_fraction_0():
    """State 1 has one possible action, and state 2 is never visited."""
    P = np.zeros((3, 2, 3), dtype=int)
    P[:, 0, 1] = P[:, 1, 0] = 1
    mdp = RationalMDP(P, [[2, 3], [5, 7], [11, 13]], "2/3", ["1/4", "3/4", 0])
    policy = RationalPolicy([["2/5", "3/5"], [1, 0], ["1/3", "2/3"]],
                            [[[3], [-2]], [[0], [0]], [[4], [-2]]])  # fmt: skip
    for best in (
        optimal_state_baseline(mdp, policy),
        optimal_state_baseline(mdp, policy, "q", horizon=2),
        *optimal_time_baseline(mdp, policy, 2),
    ):
        assert best[0] > 0 and best[1:].tolist() == [0, 0]
        assert {type(b) for b in best} == {F}
    per_step = per_step_baseline(mdp, policy)
    assert per_step[1] == 0 < per_step[2] and {type(b) for b in per_step} == {F}


def three_states():
    """Three states, two actions, one parameter, in fractions; nothing is symmetric."""
    P = [
        [["1/3", 0, "2/3"], [0, "1/5", "4/5"]],
        [["3/7", "4/7", 0], ["1/7", "2/7", "4/7"]],
        [[0, 1, 0], ["2/5", 0, "3/5"]],
    ]
    mdp = RationalMDP(P, [[2, 3], [5, 7], [11, 13]], "2/3", ["1/4", "1/8", "5/8"])
    pi = [["2/5", "3/5"], ["1/3", "2/3"], ["3/4", "1/4"]]
    return mdp, RationalPolicy(pi, [[[3], [-2]], [[4], [-2]], [[1], [-3]]])


@pytest.mark.parametrize("form", FORMS)
def test_baselines_of_three_states_with_one_parameter_are_exactly_optimal(form):
    mdp, policy = three_states()
    for horizon in (None, 2):
        best = optimal_state_baseline(mdp, policy, form, horizon)
        assert is_stationary(lambda b, T=horizon: trace(mdp, policy, form, b, T), best)
    timed = optimal_time_baseline(mdp, policy, 3, form)
    assert is_stationary(lambda b: trace(mdp, policy, form, b, 3), timed)


def test_the_reward_to_go_is_meant_unless_another_form_is_named():
    mdp, policy = three_states()
    for best in (
        lambda *form: optimal_state_baseline(mdp, policy, *form),
        lambda *form: np.array([optimal_constant_baseline(mdp, policy, *form)]),
        lambda *form: optimal_time_baseline(mdp, policy, 2, *form),
    ):
        assert best().tolist() == best("reward-to-go").tolist() != best("q").tolist()


def test_the_per_step_baseline_is_a_mean_of_q_weighted_with_squared_scores():
    mdp, policy = three_states()
    _, Q = ScoredChain.of(mdp, policy).values()
    timed = ScoredChain.of(mdp, policy).finite_horizon_values(2)[1]
    weights = [(F(2, 5) * 9, F(3, 5) * 4), (F(16, 3), F(8, 3)), (F(3, 4), F(9, 4))]

    def by_hand(q):
        return [(w @ row) / sum(w) for w, row in zip(np.array(weights), q, strict=True)]

    assert per_step_baseline(mdp, policy).tolist() == by_hand(Q)
    found = per_step_baseline(mdp, policy, 2)
    assert found.tolist() == [by_hand(q) for q in timed]


def test_a_horizon_has_at_least_one_step():
    mdp, policy = three_states()
    for function in (per_step_baseline, optimal_time_baseline, optimal_total_return_baseline):
        with pytest.raises(ValueError, match="^horizon is 0, not an integer of at least 1"):
            function(mdp, policy, 0)
    with pytest.raises(ValueError, match="form is 'G', not one of"):
        optimal_time_baseline(mdp, policy, 2, "G")


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="form is 'G', not one of 'reward-to-go', 'q'"):
        optimal_state_baseline(*table_example("1/2"), "G")
