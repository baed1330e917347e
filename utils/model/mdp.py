"""The finite Markov decision process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from utils.common.validation import (
    check_discount,
    check_distributions,
    check_magnitude,
    check_mean_rewards,
    finite_array,
)
from utils.model.gymnasium_table import read_table


@dataclass(frozen=True, eq=False)
class FiniteMDP:
    """A Markov decision process with finitely many states and actions (``def:law``).

    P          [S, A, S]; ``P[s, a, s']`` is the probability of the next state s' after action a in
               state s
    R          [S, A], ``R[s, a]`` is the mean reward of action a in state s; or [S, A, S],
               ``R[s, a, s']`` is the reward of the transition
    gamma      the discount, in [0, 1]; 1 is for finite horizons, and for episodes that end with
               certainty
    rho0       [S], the law of the first state
    reward_sd  a number, [S, A] or [S, A, S]: the standard deviation of normal noise that is added
               to each reward, independent of everything else; none unless given
    R_next     [S, A, S], another way to give the rewards of transitions, beside their means ``R``

    However the rewards are given, ``R`` [S, A] holds the means given (s, a), and ``R_next``
    [S, A, S] the rewards of transitions, or None if (s, a) alone decides. ``reward_sd`` is an array
    [S, A] or [S, A, S]. The arrays are copied and made read-only.

    ValueError for a wrong shape, a number that is not finite, a probability that is negative, a law
    that does not sum to 1, a negative standard deviation and a discount outside [0, 1]. The message
    names the entry.
    """

    P: Any
    R: Any
    gamma: float
    rho0: Any
    reward_sd: Any = 0.0
    R_next: np.ndarray | None = None

    def __post_init__(self) -> None:
        P = finite_array("P", self.P, (None, None, None))
        n_states, n_actions, n_next = P.shape
        if n_states != n_next == n_actions:
            raise ValueError(
                f"P has shape {list(P.shape)}, [A, S, S] with the action first; it should be "
                "[S, A, S]: FiniteMDP.from_action_first takes this order"
            )
        pairs, steps = (n_states, n_actions), (n_states, n_actions, n_states)
        P = finite_array("P", P, steps)
        R = finite_array("R", self.R, pairs, steps)
        rho0 = finite_array("rho0", self.rho0, (n_states,))
        check_distributions("P", P)
        check_distributions("rho0", rho0)
        check_magnitude("R", R)
        R_next = self.R_next
        if R.ndim == 3:
            R_next, R = R, _read_only((P * R).sum(axis=2))
        elif R_next is not None:
            R_next = finite_array("R_next", R_next, steps)
            check_magnitude("R_next", R_next)
            check_mean_rewards(R, (P * R_next).sum(axis=2))
        sd = finite_array("reward_sd", self.reward_sd, (), pairs, steps)
        check_magnitude("reward_sd", sd, least=0)
        object.__setattr__(self, "P", P)
        object.__setattr__(self, "R", R)
        object.__setattr__(self, "gamma", check_discount(self.gamma))
        object.__setattr__(self, "rho0", rho0)
        object.__setattr__(self, "reward_sd", sd if sd.ndim else _read_only(np.full(pairs, sd)))
        object.__setattr__(self, "R_next", R_next)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.P.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.P.shape[1]

    @property
    def R_max(self) -> float:
        """The largest mean reward in absolute value, max |R(s, a)|."""
        return float(np.abs(self.R).max())

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A]."""
        # One matrix-vector product over all pairs is faster than a stack of them.
        return (self.P.reshape(-1, self.n_states) @ values).reshape(self.R.shape)

    def policy_kernel(self, probabilities: np.ndarray) -> np.ndarray:
        """P_pi(s, s') = sum_a pi(a|s) P(s'|s, a), [S, S]."""
        return np.matmul(probabilities[:, None, :], self.P)[:, 0, :]

    def transition_reward(self, s: Any, a: Any, next_s: Any) -> Any:
        """The reward of transitions s, a -> s', its noise left out: R(s, a, s') or R(s, a)."""
        return self.R[s, a] if self.R_next is None else self.R_next[s, a, next_s]

    @cached_property
    def with_mean_rewards(self) -> FiniteMDP:
        """The MDP that pays R(s, a) at each step, whatever comes next and without noise."""
        if self.R_next is None and not self.reward_sd.any():
            return self
        return replace(self, reward_sd=0.0, R_next=None)

    @cached_property
    def reward_variance(self) -> np.ndarray:
        """Var(r_t | s_t = s, a_t = a), [S, A]: from the next state, and from the noise.

        sum_{s'} P(s'|s, a) ((R(s, a, s') - R(s, a))^2 + sd(s, a, s')^2).
        """
        variance = np.zeros(self.R.shape)
        if self.R_next is not None:
            variance += (self.P * (self.R_next - self.R[:, :, None]) ** 2).sum(axis=2)
        noise = self.reward_sd**2
        return _read_only(variance + (noise if noise.ndim == 2 else (self.P * noise).sum(axis=2)))

    @cached_property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        stays = self.P[np.arange(self.n_states), :, np.arange(self.n_states)] == 1
        return (stays & (self.R == 0) & (self.reward_variance == 0)).all(axis=1)

    @classmethod
    def from_action_first(
        cls,
        P: ArrayLike,
        R: ArrayLike,
        gamma: float,
        rho0: ArrayLike,
        reward_sd: ArrayLike = 0.0,
    ) -> FiniteMDP:
        """The MDP of tables [A, S, S], with the action as the first axis, as some libraries have.

        ``P`` is [A, S, S]. ``R`` and ``reward_sd`` are [A, S, S] as well, or as in the constructor
        where they do not look at the next state. With as many states as actions the order cannot
        be seen from the shape: choose the constructor with care.
        """

        def state_first(name: str, table: ArrayLike) -> np.ndarray:
            array = finite_array(name, table)
            return array.swapaxes(0, 1) if array.ndim == 3 else array

        tables = state_first("P", P), state_first("R", R)
        return cls(*tables, gamma, np.asarray(rho0), state_first("reward_sd", reward_sd))

    @classmethod
    def from_gymnasium(cls, env: Any, gamma: float = 0.9) -> FiniteMDP:
        """The MDP in the transition table ``P`` of a Gymnasium toy-text environment.

        ``R_next`` holds the rewards of the table and ``rho0`` is the environment's
        ``initial_state_distrib``. An end of the episode is an absorbing state that pays 0: the
        state that was entered, or one extra state with the last number, where the same state can be
        entered without an end (``model.gymnasium_table``).

        Gymnasium's environments carry no discount. The default 0.9 is this book's choice for its
        examples. A time limit of the environment is not part of the table and is left out.

        ValueError if the environment has no such table.
        """
        P, R, reward_sd, rho0 = read_table(env)
        return cls(P, R, gamma, rho0, reward_sd)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
