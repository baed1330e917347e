"""The ward of the bug clinic: losses, judged by the exact mean of their gradient.

A program hands a *loss* to automatic differentiation and walks downhill. Whether the loss is right
is a question about one vector: the mean of minus its gradient over all episodes. In a world with
seven possible episodes that mean is a finite sum, so a loss can be judged without any sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from utils import exact
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax

GAMMA, HORIZON, HOME = 0.8, 3, 2
STEP = 1e-100  # of the complex step: its square is 0 in floating point, so nothing is rounded
DIFFERENCE = 1e-5  # of the central difference
BATCH = 2

Step = tuple[int, int]
Loss = Callable[[list["Episode"], float], complex]


@dataclass(frozen=True, eq=False)
class Episode:
    """What a loss sees of one episode of l steps.

    log_pi   [l]      log pi_theta'(a_t|s_t), which moves with theta'
    rewards  [l]      r_t
    values   [l + 1]  a critic at s_0, ..., s_l; it moves with theta', too
    ended    whether the episode is over, and not only its record
    """

    log_pi: np.ndarray
    rewards: np.ndarray
    values: np.ndarray
    ended: bool


_detached: list[np.ndarray] | None = None  # while a loss is differentiated by real differences
_replay: Iterator[np.ndarray] | None = None


def detach(x):
    """The numbers without their dependence on theta', as ``detach`` or ``stop_gradient`` do."""
    if _replay is not None:
        return next(_replay).copy()
    constant = np.array(np.real(x))
    if _detached is not None:
        _detached.append(constant.copy())
    return constant


def ward() -> tuple[FiniteMDP, LinearSoftmax]:
    """The world of the clinic, and a policy with one logit for each of its two rooms.

    Action 0 stays in room 0, which pays 1, and leads back from room 1. Action 1 leads from room 0
    to room 1, and from there home, which pays 10 and ends everything. Action 1 has the
    probabilities of the running MDP, 2/5 and 1/3, and gamma = 4/5.
    """
    return _ward()


@cache
def _ward() -> tuple[FiniteMDP, LinearSoftmax]:
    P = examples.deterministic_kernel([[0, 1], [0, HOME], [HOME, HOME]])
    R = np.array([[1, 0], [0, 10], [0, 0]], dtype=float)
    p = np.array([*examples.running_tables().p, 0.5], dtype=float)
    return FiniteMDP(P, R, GAMMA, np.eye(3)[0]), LinearSoftmax.logits(p)


@cache
def _values() -> np.ndarray:
    return exact.evaluate(*_ward()).V


def walks() -> Iterator[tuple[Step, ...]]:
    """The steps (s_t, a_t) of every possible episode of at most three steps."""
    for actions in product((0, 1), repeat=HORIZON):
        steps, s = [], 0
        for a in actions:
            steps.append((s, a))
            s = s + 1 if a else 0
            if s == HOME:
                break
        if len(steps) == HORIZON or actions[len(steps) :] == (0,) * (HORIZON - len(steps)):
            yield tuple(steps)


def probability(steps: tuple[Step, ...]) -> float:
    """The probability of these steps: the product of pi(a_t|s_t), as the moves are certain."""
    _, policy = ward()
    return float(np.prod([policy.probabilities[step] for step in steps]))


def last_state(steps: tuple[Step, ...]) -> int:
    """The state after the last step."""
    s, a = steps[-1]
    return s + 1 if a else 0


def episode(steps: tuple[Step, ...], theta: np.ndarray, ended: bool) -> Episode:
    """The record of these steps at the parameters ``theta`` [2], real or complex.

    The critic's value in room s is V(s) at the policy of the ward, and it shares its parameters
    with the policy: it grows with the logit of the room at slope 1.
    """
    mdp, policy = ward()
    V = _values().astype(theta.dtype)
    V[:HOME] += theta - policy.theta[:HOME]
    odds = np.exp(theta)
    log_pi = np.log([1 / (1 + odds), odds / (1 + odds)])  # [a, s]
    states = [s for s, _ in steps] + [last_state(steps)]
    return Episode(
        np.array([log_pi[a, s] for s, a in steps]),
        np.array([mdp.R[step] for step in steps]),
        V[states],
        ended or last_state(steps) == HOME,
    )


def batch_steps(loss: Loss, cut: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(probability [B], -grad loss [B, 2]) of every batch of two independent episodes.

    With ``cut`` the third step is where the record stops, otherwise it is where the episode ends.

    The derivative is taken by a complex step, which is exact: f(theta + i h) has the imaginary part
    h f'(theta), up to terms in h^3. So a loss may use all analytic functions, and ``detach`` where
    it wants a constant.
    """
    steps = np.empty((len(batches()), HOME))
    for k in range(HOME):
        theta = ward()[1].theta[:HOME] + 1j * STEP * np.eye(HOME)[k]
        steps[:, k] = [-np.imag(loss(records(b, theta, cut), GAMMA)) / STEP for b in batches()]
    chances = np.array([np.prod([probability(walk) for walk in b]) for b in batches()])
    return chances, steps


def mean_step(loss: Loss, cut: bool = False) -> np.ndarray:
    """E[-grad loss] over batches of two independent episodes, [2]; see ``batch_steps``."""
    chances, steps = batch_steps(loss, cut)
    return chances @ steps


def batch_differences(loss: Loss, cut: bool = False) -> np.ndarray:
    """-grad loss of every batch by central differences in real numbers, [B, 2].

    A second route to ``batch_steps``, right up to about 1e-9 also where the loss is not analytic
    (``abs``, ``conj``). What the loss detaches at theta is kept while theta' moves.
    """
    global _detached, _replay
    start = ward()[1].theta[:HOME]
    steps = np.empty((len(batches()), HOME))
    for i, batch in enumerate(batches()):
        _detached = []
        try:
            loss(records(batch, start, cut), GAMMA)
            constants, _detached = _detached, None
            for k in range(HOME):
                ends = []
                for sign in (1, -1):
                    _replay = iter(constants)
                    theta = start + sign * DIFFERENCE * np.eye(HOME)[k]
                    ends.append(np.real(loss(records(batch, theta, cut), GAMMA)))
                steps[i, k] = -(ends[0] - ends[1]) / (2 * DIFFERENCE)
        finally:
            _detached = _replay = None
    return steps


@cache
def batches() -> tuple[tuple[tuple[Step, ...], ...], ...]:
    """Every batch of two episodes, each given by its steps."""
    return tuple(product(walks(), repeat=BATCH))


def records(batch, theta: np.ndarray, cut: bool) -> list[Episode]:
    """What a loss is given of a batch: fresh arrays at each call, which it may change in place."""
    return [episode(steps, theta, not cut) for steps in batch]


def right_step(cut: bool = False) -> np.ndarray:
    """What the mean should be, [2].

    grad J_3 (``eq:pgt-finite``). With ``cut`` the first three terms of ``eq:pgt-infinite``: more
    cannot be had from a record that stops there.
    """
    mdp, policy = ward()
    if not cut:
        return exact.finite_horizon_policy_gradient(mdp, policy, HORIZON)[:HOME]
    laws = exact.state_distributions(mdp, policy, HORIZON)[:-1]
    visits = mdp.gamma ** np.arange(HORIZON) @ laws
    weights = visits[:, None] * policy.probabilities * exact.advantage(mdp, policy)
    return policy.score_sum(weights)[:HOME]
