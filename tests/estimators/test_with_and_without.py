"""The sums with and without gamma^t have the means of the theorem and of omega."""

import numpy as np
from trajectories import expectation

from utils import exact, simulate
from utils.estimators.with_and_without import both_sums
from utils.exact.dropped_discount import direction_without_gamma_t
from utils.model import examples


def test_both_sums_have_their_exact_means_within_5_standard_errors():
    """False alarm: 5.7e-7 a coordinate, four coordinates."""
    mdp, policy = examples.running(0.5), examples.running_policy()
    rows, sd = both_sums(mdp, policy, horizon=20, n=5000)
    # With 20 steps the missing part is below 20 * 0.5^20 * 8, far below a standard error.
    mean = {
        "J": exact.policy_gradient(mdp, policy).ravel(),
        "omega": direction_without_gamma_t(mdp, policy, horizon=20).ravel(),
    }
    assert (np.abs(rows["J"].mean(axis=0) - mean["J"]) < 5 * sd["J"] / np.sqrt(5000)).all()
    # Without the factor the returns that end at 20 matter in the last steps only.
    gap = np.abs(rows["omega"].mean(axis=0) - mean["omega"])
    assert (gap < 5 * sd["omega"] / np.sqrt(5000) + 0.05).all()


def both_by_hand(mdp, policy, states, actions, rewards):
    """Both sums of one trajectory, term by term."""
    kept = dropped = 0
    for t in range(len(actions)):
        to_go = sum(mdp.gamma ** (k - t) * rewards[k] for k in range(t, len(actions)))
        term = policy.score(states[t], actions[t]).ravel() * to_go
        kept, dropped = kept + mdp.gamma**t * term, dropped + term
    return np.array([kept, dropped])


def test_the_trajectories_are_those_of_seed_1_and_each_has_both_sums():
    mdp, policy = examples.running(0.7), examples.running_policy()
    rows, _ = both_sums(mdp, policy, horizon=3, n=11)
    run = simulate(mdp, policy, 11, 3, np.random.default_rng(1))
    for i in range(11):
        steps = run.states[:, i], run.actions[:, i], run.rewards[:, i]
        kept, dropped = both_by_hand(mdp, policy, *steps)
        np.testing.assert_allclose(rows["J"][i], kept, atol=1e-13)
        np.testing.assert_allclose(rows["omega"][i], dropped, atol=1e-13)


def test_the_standard_deviations_are_those_of_all_trajectories_of_three_steps():
    mdp, policy = examples.running(0.7), examples.running_policy()

    def powers(states, actions):
        rewards = [mdp.R[s, a] for s, a in zip(states, actions, strict=False)]
        sums = both_by_hand(mdp, policy, states, actions, rewards)
        return np.array([sums, sums**2])

    mean, square = expectation(mdp, policy, 3, powers)
    _, sd = both_sums(mdp, policy, horizon=3, n=2)
    np.testing.assert_allclose([sd["J"], sd["omega"]], np.sqrt(square - mean**2), rtol=1e-12)


def test_twenty_thousand_trajectories_are_drawn_unless_told():
    rows, _ = both_sums(examples.running(0.7), examples.running_policy(), horizon=1)
    assert rows["J"].shape == rows["omega"].shape == (20_000, 4)
