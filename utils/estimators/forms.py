"""The forms of the policy gradient estimator, one entry each, and the weights they are made of.

A trajectory gives X = sum_t gamma^t psi_t (w_t - b_t). All weights of the book obey one recursion,

    w_t = rho_t + kappa w_{t+1},

where rho_t is made of the reward r_t and a critic (V, Q) at one step. A ``Form`` says what rho and
kappa are. The sampler (``gradient``), the exact variances (``variance``) and the list of all paths
(``paths``) read it from there, so that a new form is one new entry in ``FORMS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from utils import exact
from utils.common.validation import check_count, check_name, check_shape, finite_array
from utils.model.protocol import MDP, Policy
from utils.sampling.rollouts import Rollouts

LEAVE_ONE_OUT = "leave-one-out"


class Step(Protocol):
    """What a form may look at in one step, as numbers or as arrays that broadcast."""

    @property
    def gamma(self) -> Any:
        """The discount."""

    @property
    def reward(self) -> Any:
        """r_t."""

    @property
    def value(self) -> Any:
        """V(s_t)."""

    @property
    def next_value(self) -> Any:
        """V(s_{t+1})."""

    @property
    def action_value(self) -> Any:
        """Q(s_t, a_t)."""


@dataclass(frozen=True)
class OneStep:
    """A step in plain numbers."""

    gamma: Any
    reward: Any = 0
    value: Any = 0
    next_value: Any = 0
    action_value: Any = 0


@dataclass(frozen=True)
class Form:
    """One form of the estimator: w_t = rho(step) + kappa(gamma, lam) w_{t+1}.

    name           what ``weights`` of ``policy_gradient`` calls it
    sign           how a table or a picture writes it
    label          where the book states it
    rho            its part of one step; at most linear in the reward
    kappa          how much of the next weight it carries on; nothing unless given
    takes_critic   whether rho looks at V or Q
    takes_lam      whether kappa depends on lambda
    leave_one_out  whether the mean over the other trajectories may serve as baseline
    whole          the weight of step 0 stands at every step, in place of gamma^t w_t
    over_actions   psi_t w_t is replaced by its mean over the actions, and a baseline drops out;
                   rho looks at (s_t, a_t) only, and nothing is carried on
    """

    name: str
    sign: str
    label: str
    rho: Callable[[Step], Any]
    kappa: Callable[[Any, Any], Any] = lambda gamma, lam: 0
    takes_critic: bool = True
    takes_lam: bool = False
    leave_one_out: bool = False
    whole: bool = False
    over_actions: bool = False

    def check_baseline(self, baseline: ArrayLike | None) -> None:
        """ValueError for a kind of baseline that this form does not take."""
        if self.over_actions and baseline is not None:
            raise ValueError(f"weights={self.name!r} takes no baseline: it would drop out")
        if isinstance(baseline, str):
            check_name("baseline", baseline, (LEAVE_ONE_OUT,))
            if not self.leave_one_out:
                raise ValueError(
                    f"baseline={LEAVE_ONE_OUT!r} is a mean of returns, not for {self.name!r}"
                )
        elif self.whole and baseline is not None and np.ndim(baseline):
            raise ValueError(f"weights={self.name!r} takes a single number as baseline")

    def check_lam(self, lam: Any) -> None:
        """ValueError if lambda is needed and is not in [0, 1]."""
        if self.takes_lam and (lam is None or not 0 <= lam <= 1):
            raise ValueError(f"lam is {lam}, not in [0, 1]")

    def reward_factor(self, gamma: Any) -> Any:
        """What rho multiplies the reward with."""
        return self.rho(OneStep(gamma, reward=1)) - self.rho(OneStep(gamma))

    def weights(self, step: AlongPaths, lam: Any = None) -> np.ndarray:
        """gamma^t w_t of every step, [T, N]; with ``whole`` w_0 is the first row."""
        rho, kappa = self.rho(step), self.kappa(step.gamma, lam)
        if kappa == step.gamma:  # then gamma^t can be pulled in, and a running sum is enough
            return discounted_rewards_to_go(rho, step.gamma)
        return discounted_sums(rho, kappa) * discounts(step.gamma, len(rho))


def td_error(step: Step) -> Any:
    """delta_t = r_t + gamma V(s_{t+1}) - V(s_t) (``eq:td-error``)."""
    return step.reward + step.gamma * step.next_value - step.value


FORMS = {
    form.name: form
    for form in (
        Form(
            "total-return",
            "total",
            "eq:reinforce",
            rho=lambda step: step.reward,
            kappa=lambda gamma, lam: gamma,
            takes_critic=False,
            leave_one_out=True,
            whole=True,
        ),
        Form(
            "reward-to-go",
            "G",
            "eq:reward-to-go",
            rho=lambda step: step.reward,
            kappa=lambda gamma, lam: gamma,
            takes_critic=False,
            leave_one_out=True,
        ),
        Form("q", "Q", "eq:pgt-infinite", rho=lambda step: step.action_value),
        Form(
            "advantage",
            "A",
            "eq:baseline-invariance",
            rho=lambda step: step.action_value - step.value,
        ),
        Form("td-error", "TD error", "eq:td-error", rho=td_error),
        Form(
            "gae",
            "GAE",
            "eq:gae",
            rho=td_error,
            kappa=lambda gamma, lam: gamma * lam,
            takes_lam=True,
        ),
        Form(
            "all-action",
            "all actions",
            "eq:unrolled",
            rho=lambda step: step.action_value,
            over_actions=True,
        ),
    )
}


def form_named(weights: str) -> Form:
    """The entry of ``FORMS`` with this name; ValueError if there is none."""
    return FORMS[check_name("weights", weights, tuple(FORMS))]


@dataclass(frozen=True, eq=False)
class AlongPaths:
    """The steps of many trajectories at once, each quantity as [T, N].

    ``path`` [T + 1, N] holds the states, ``actions`` and ``reward`` are [T, N], of floats or of
    fractions. The critic is V [S] and Q [S, A], or with a time index V [T + 1, S] and Q [T, S, A].
    Without one, only the rewards are there.
    """

    path: np.ndarray
    actions: np.ndarray
    reward: np.ndarray
    gamma: Any
    V: Any = None
    Q: Any = None

    @classmethod
    def of(cls, rollouts: Rollouts, gamma: float, V: Any = None, Q: Any = None) -> AlongPaths:
        """The steps of these rollouts."""
        return cls(rollouts.path, rollouts.actions, rollouts.rewards, gamma, V, Q)

    @property
    def states(self) -> np.ndarray:
        """s_t."""
        return self.path[:-1]

    @cached_property
    def _values(self) -> np.ndarray:
        return along_path(self.V, self.path)

    @property
    def value(self) -> np.ndarray:
        """V(s_t)."""
        return self._values[:-1]

    @property
    def next_value(self) -> np.ndarray:
        """V(s_{t+1})."""
        return self._values[1:]

    @property
    def action_value(self) -> np.ndarray:
        """Q(s_t, a_t)."""
        return along_steps(self.Q, self)


@dataclass(frozen=True, eq=False)
class AtTriples:
    """The same quantities as tables over (s, a, s'), which broadcast to [(T,) S, A, S].

    ``reward`` is [S, A, S], or [S, A, 1] where it does not depend on s'. The critic is as in
    ``AlongPaths``; its time index comes first.
    """

    gamma: Any
    reward: np.ndarray
    V: Any = None
    Q: Any = None

    @property
    def value(self) -> np.ndarray:
        """V(s)."""
        return (self.V if self.V.ndim == 1 else self.V[:-1])[..., None, None]

    @property
    def next_value(self) -> np.ndarray:
        """V(s')."""
        return (self.V if self.V.ndim == 1 else self.V[1:])[..., None, None, :]

    @property
    def action_value(self) -> np.ndarray:
        """Q(s, a)."""
        return self.Q[..., None]


def discounts(gamma: Any, horizon: int) -> np.ndarray:
    """gamma^t as a column [T, 1]; gamma^0 = 1 also for gamma = 0."""
    if isinstance(gamma, float):
        return (gamma ** np.arange(horizon))[:, None]
    return np.array([[gamma**t] for t in range(horizon)])


def discounted_rewards_to_go(rewards: np.ndarray, gamma: Any) -> np.ndarray:
    """gamma^t G_t = sum_{k>=t} gamma^k r_k for rewards [T, N] (``eq:gamma-pull``)."""
    sums = rewards * discounts(gamma, len(rewards))
    for now, after in zip(sums[-2::-1], sums[:0:-1], strict=True):
        np.add(now, after, out=now)
    return sums


def rewards_to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """G_t = r_t + gamma G_{t+1} for rewards [T, N] (``eq:return-recursion``)."""
    return discounted_sums(rewards, gamma)


def discounted_sums(terms: np.ndarray, rate: Any) -> np.ndarray:
    """sum_{k>=t} rate^(k-t) x_k for terms x [T, N], backward in time."""
    sums = np.array(terms, dtype=np.result_type(terms, float))  # fractions stay fractions
    if rate != 0:
        for t in reversed(range(len(sums) - 1)):
            sums[t] += rate * sums[t + 1]
    return sums


def td_errors(rollouts: Rollouts, mdp: MDP, V: np.ndarray) -> np.ndarray:
    """``td_error`` of every step, [T, N], for V [S] or, with a time index, [T + 1, S]."""
    return td_error(AlongPaths.of(rollouts, mdp.gamma, V))


def generalised_advantages(rollouts: Rollouts, mdp: MDP, V: np.ndarray, lam: float) -> np.ndarray:
    """GAE(lambda): A_t = sum_{k>=t} (gamma lambda)^(k-t) delta_k, [T, N] (``eq:gae``).

    lambda = 0 gives the TD error. lambda = 1 gives G_t - v_t(s_t) + gamma^(T-t) v_T(s_T)
    (``eq:telescoping``). Source: Schulman et al. (2016), High-dimensional continuous control using
    generalized advantage estimation, section 3.
    """
    FORMS["gae"].check_lam(lam)
    return discounted_sums(td_errors(rollouts, mdp, V), FORMS["gae"].kappa(mdp.gamma, lam))


def along_path(table: np.ndarray, path: np.ndarray) -> np.ndarray:
    """table(s_t), or table_t(s_t) for a table [len(path), S], at every entry of ``path``."""
    if table.ndim == 1:
        return table[path]
    return np.take_along_axis(table, path, axis=1)


def along_steps(table: np.ndarray, run: Rollouts | AlongPaths) -> np.ndarray:
    """table(s_t, a_t), or table_t(s_t, a_t) for a table [T, S, A], at every step, [T, N]."""
    if table.ndim == 2:
        return table[run.states, run.actions]
    return table[np.arange(len(table))[:, None], run.states, run.actions]


def critic_tables(
    rollouts: Rollouts, policy: Policy, mdp: MDP, critic: tuple[ArrayLike, ArrayLike] | None
) -> tuple[np.ndarray, np.ndarray]:
    """(V, Q), checked: the exact stationary values unless a critic is given.

    A critic is a pair as ``exact.values`` or ``exact.finite_horizon_values`` return it: V [S] and
    Q [S, A], or V [T + 1, S] and Q [T, S, A].
    """
    if critic is None:
        return exact.values(mdp, policy)
    V, Q = (finite_array(name, table) for name, table in zip("VQ", critic, strict=True))
    T = rollouts.horizon
    check_shape("V", V, (mdp.n_states,) if V.ndim == 1 else (T + 1, mdp.n_states))
    check_shape("Q", Q, mdp.R.shape if Q.ndim == 2 else (T, *mdp.R.shape))
    return V, Q


def baseline_values(rollouts: Rollouts, mdp: MDP, baseline: ArrayLike | None) -> float | np.ndarray:
    """The baseline along the rollouts: 0, a number, or b_t(s_t) as [T, N].

    ``baseline`` is None, a number, b(s) as [S] or b_t(s) as [T, S].
    """
    if baseline is None:
        return 0.0
    if np.ndim(baseline) == 0:
        return float(finite_array("baseline", baseline))
    n_steps = (rollouts.horizon,) if np.ndim(baseline) > 1 else ()
    table = finite_array("baseline", baseline, (*n_steps, mdp.n_states))
    return along_path(table, rollouts.states)


def mean_of_others(values: np.ndarray, sums: np.ndarray, n: int) -> np.ndarray:
    """For each trajectory the mean of the other n - 1, given the ``sums`` over all n."""
    check_count("the number of trajectories for leave-one-out", n, least=2)
    return (sums - values) / (n - 1)
