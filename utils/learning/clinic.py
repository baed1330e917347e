"""The ward of the bug clinic: losses, judged by the exact mean of their gradient.

A program hands a *loss* to automatic differentiation and walks downhill. Whether the loss is right
is a question about one vector: the mean of minus its gradient over all episodes. In a world with
seven possible episodes that mean is a finite sum, so a loss can be judged without any sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from utils import exact
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax

GAMMA, HORIZON, HOME = 0.8, 3, 2
STEP = 1e-100  # of the complex step: its square is 0 in floating point, so nothing is rounded
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


def detach(x):
    """The numbers without their dependence on theta', as ``detach`` or ``stop_gradient`` do."""
    return np.real(x)


def ward() -> tuple[FiniteMDP, LinearSoftmax]:
    """The world of the clinic, and a policy with one logit for each of its two rooms.

    Action 0 stays in room 0, which pays 1, and leads back from room 1. Action 1 leads from room 0
    to room 1, and from there home, which pays 10 and ends everything. Action 1 has the
    probabilities of the running MDP, 2/5 and 1/3, and gamma = 4/5.
    """
    P = examples.deterministic_kernel([[0, 1], [0, HOME], [HOME, HOME]])
    R = np.array([[1, 0], [0, 10], [0, 0]], dtype=float)
    p = np.array([*examples.running_tables().p, 0.5], dtype=float)
    return FiniteMDP(P, R, GAMMA, np.eye(3)[0]), LinearSoftmax.logits(p)


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
    start = policy.theta[:HOME]
    V = exact.evaluate(mdp, policy).V.astype(complex)
    V[:HOME] += theta - start
    odds = np.exp(theta)
    log_pi = np.log([1 / (1 + odds), odds / (1 + odds)])  # [a, s]
    states = [s for s, _ in steps] + [last_state(steps)]
    return Episode(
        np.array([log_pi[a, s] for s, a in steps]),
        np.array([mdp.R[step] for step in steps]),
        V[states],
        ended or last_state(steps) == HOME,
    )


def mean_step(loss: Loss, cut: bool = False) -> np.ndarray:
    """E[-grad loss] over batches of two independent episodes, [2].

    With ``cut`` the third step is where the record stops, otherwise it is where the episode ends.

    The derivative is taken by a complex step, which is exact: f(theta + i h) has the imaginary part
    h f'(theta), up to terms in h^3. So a loss may use all analytic functions, and `detach` where it
    wants a constant.
    """
    _, policy = ward()
    all_steps = list(walks())
    chances = [probability(steps) for steps in all_steps]
    mean = np.zeros(HOME)
    for k in range(HOME):
        theta = policy.theta[:HOME] + 1j * STEP * np.eye(HOME)[k]
        records = [episode(steps, theta, not cut) for steps in all_steps]
        for (one, p), (other, q) in product(zip(records, chances, strict=True), repeat=BATCH):
            mean[k] -= p * q * np.imag(loss([one, other], GAMMA)) / STEP
    return mean


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
