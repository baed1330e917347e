"""JAX compiled for the CPU: the form one would write first, and the best form found.

The best form uses our alias tables: one 32-bit word and two gathers a step, all of it compiled by
XLA. Tried and slower: the "rbg" generators of JAX (by a factor of three to four), splitting the
key at each step, one gather for each field, and one scatter over all steps for the visits.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from utils.model.policies import softmax
from utils.sampling.alias import alias_columns, word_shares
from utils.sampling.branches import branches_of, power_of_two

jax.config.update("jax_enable_x64", True)
KEY = jax.random.key(0)


def usual_simulation(mdp, theta, n, horizon):
    """States, actions, rewards [T, N] by ``jax.random.categorical`` in a scan."""
    log_P = jnp.log(jnp.asarray(mdp.P))
    log_rho0 = jnp.log(jnp.asarray(mdp.rho0))
    # As in our own engine, the next state is looked at only where it decides the reward.
    R = jnp.asarray(mdp.R if mdp.R_next is None else mdp.R_next)

    @jax.jit
    def simulate(key, theta):
        first, key = jax.random.split(key)

        def step(s, key):
            action_key, state_key = jax.random.split(key)
            a = jax.random.categorical(action_key, theta[s])
            next_s = jax.random.categorical(state_key, log_P[s, a])
            return next_s, (s, a, R[(s, a, next_s)[: R.ndim]])

        s = jax.random.categorical(first, log_rho0, shape=(n,))
        return jax.lax.scan(step, s, jax.random.split(key, horizon))[1]

    return lambda: jax.block_until_ready(simulate(KEY, theta))


def best_simulation(mdp, theta, n, horizon):
    """States, actions, rewards [T, N] from alias tables, which are made anew at every call."""
    tables, walk = _alias_walk(mdp, n, horizon)
    simulate = jax.jit(walk)
    return lambda: jax.block_until_ready(simulate(KEY, *tables(theta)))


def best_estimation(mdp, theta, n, horizon):
    """Mean and standard error of the reward-to-go form, simulation included."""
    tables, walk = _alias_walk(mdp, n, horizon)
    n_states, n_actions = mdp.R.shape
    factors = (mdp.gamma ** np.arange(horizon))[:, None]

    @jax.jit
    def estimate(key, limits, labels, pi):
        s, a, r = walk(key, limits, labels)
        trajectories = jnp.arange(n)

        def visit(carry, step):
            counted, to_go = carry
            pair, reward = step
            to_go = to_go + reward
            return (counted.at[pair, trajectories].add(to_go, unique_indices=True), to_go), None

        start = jnp.zeros((n_states * n_actions, n)), jnp.zeros(n)
        steps = s * n_actions + a, r * factors
        counted = jax.lax.scan(visit, start, steps, reverse=True)[0][0]
        counted = counted.reshape(n_states, n_actions, n)
        samples = counted - pi[:, :, None] * counted.sum(axis=1, keepdims=True)
        return samples.mean(axis=2), samples.std(axis=2, ddof=1) / np.sqrt(n)

    return lambda: jax.block_until_ready(estimate(KEY, *tables(theta), softmax(theta)))


def _alias_walk(mdp, n, horizon):
    """(tables of theta, function of key and tables that returns states, actions, rewards)."""
    branches = branches_of(mdp)
    columns = branches.pairs.shape[1]
    bits = columns.bit_length() - 1
    last = 2 ** (32 - bits) - 1
    row = power_of_two(mdp.n_actions)
    actions = branches.pairs & (row - 1)
    own = (branches.next_states << 16 | branches.numbers).ravel()
    rewards = jnp.asarray(branches.rewards)
    start_cdf = jnp.asarray(np.cumsum(mdp.rho0))

    def tables(theta):
        chances = branches.probabilities * np.take_along_axis(softmax(theta), actions, axis=1)
        limits, partners = alias_columns(word_shares(chances))
        labels = np.stack([own, own[partners]], axis=1)
        full = limits > last  # such a column has no partner, and its limit needs a 33rd bit
        labels[full, 1] = labels[full, 0]
        return np.minimum(limits, last).astype(np.uint32), labels.ravel().astype(np.int32)

    def walk(key, limits, labels):
        first, key = jax.random.split(key)
        words = jax.random.bits(key, (horizon, n), dtype=jnp.uint32)
        s = jnp.searchsorted(start_cdf, jax.random.uniform(first, (n,)), side="right")

        def step(s, word):
            cell = s * columns + (word >> (32 - bits)).astype(jnp.int32)
            above = (word & jnp.uint32(last)) >= limits[cell]
            label = labels[2 * cell + above]
            return label >> 16, (s, label)

        _, (states, label) = jax.lax.scan(step, s.astype(jnp.int32), words)
        numbers = label & 0xFFFF
        return states, numbers & (row - 1), rewards[numbers]

    return tables, walk
