"""Enumeration of all trajectories of a small MDP: the slow, obvious route to an expectation."""

from itertools import product


def enumerate_trajectories(mdp, policy, horizon):
    """Yield (probability, states of length T + 1, actions of length T) of each possible path."""
    pi = policy.probabilities
    for states in product(range(mdp.n_states), repeat=horizon + 1):
        for actions in product(range(mdp.n_actions), repeat=horizon):
            probability = mdp.rho0[states[0]]
            for t, a in enumerate(actions):
                probability *= pi[states[t], a] * mdp.P[states[t], a, states[t + 1]]
            if probability > 0:
                yield probability, states, actions


def expectation(mdp, policy, horizon, function):
    """E f(states, actions) over all paths of this horizon."""
    return sum(
        probability * function(states, actions)
        for probability, states, actions in enumerate_trajectories(mdp, policy, horizon)
    )
