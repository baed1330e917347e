"""What each patient of the bug clinic adds up on one batch of two episodes, as a formula.

The clinic judges programs (`utils.clinic`). Here the same estimates are written down directly, as
a second route to their means and as something to draw samples from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils import exact
from utils.estimators.forms import rewards_to_go
from utils.learning import clinic

NAMES = (
    "mean of the log-probabilities",
    "discounts without sums",
    "rewards one step late",
    "no reset between episodes",
    "a limit taken for an end",
    "detach forgotten",
    "healthy: one return for all steps",
)
CUT = (3, 5)  # the patients whose records stop while the episode goes on


@dataclass(frozen=True, eq=False)
class Record:
    """One episode of the ward: scores [l, 2], rewards, log pi and states [l], and the end."""

    score: np.ndarray
    rewards: np.ndarray
    log_pi: np.ndarray
    states: np.ndarray
    last_state: int

    @property
    def discounts(self) -> np.ndarray:
        """gamma^t for each step, [l]."""
        return clinic.GAMMA ** np.arange(len(self.rewards))

    @property
    def returns(self) -> np.ndarray:
        """G_t for each step, [l]."""
        return rewards_to_go(self.rewards[:, None], clinic.GAMMA)[:, 0]


def record(steps) -> Record:
    """The numbers of one walk through the ward."""
    mdp, policy = clinic.ward()
    s, a = np.array(steps).T
    pi = policy.probabilities[s, a]
    score = policy.scores[s, a, : clinic.HOME]
    return Record(score, mdp.R[s, a], np.log(pi), s, clinic.last_state(steps))


def estimate(patient: int, one: Record, other: Record) -> np.ndarray:
    """Minus the gradient of the loss of this patient on the batch (one, other), [2]."""
    return (_part(patient, one, other) + _part(patient, other, None)) / clinic.BATCH


def _part(patient: int, e: Record, following: Record | None) -> np.ndarray:
    if patient == 1:  # eq:bug-mean-log-prob
        return e.score.mean(axis=0) * e.returns.sum()
    if patient == 2:  # eq:bug-myopic
        return (e.discounts * e.rewards) @ e.score
    if patient == 3:  # eq:bug-shifted
        late = np.append(0, e.rewards[:-1])
        V = exact.evaluate(*clinic.ward()).V[np.append(e.states, e.last_state)]
        return (e.discounts * (late + clinic.GAMMA * V[1:] - V[:-1])) @ e.score
    if patient == 4:  # eq:bug-leak
        leak = following.returns[0] if following else 0
        return (e.discounts * e.returns + clinic.GAMMA ** len(e.rewards) * leak) @ e.score
    V = exact.evaluate(*clinic.ward()).V
    if patient == 5:  # eq:bug-time-limit
        return (e.discounts * (e.returns - V[e.states])) @ e.score
    if patient == 6:  # eq:bug-detach: the critic grows with the logit of its room at slope 1
        slopes = np.eye(clinic.HOME)[e.states]
        weights = e.returns - V[e.states]
        return e.discounts @ (weights[:, None] * e.score - e.log_pi[:, None] * slopes)
    return e.returns[0] * e.score.sum(axis=0)


@cache
def batch_table(patient: int) -> tuple[np.ndarray, np.ndarray]:
    """(probability [B], estimate [B, 2]) of every batch of two episodes."""
    walks = list(clinic.walks())
    records = [record(steps) for steps in walks]
    chances = np.array([clinic.probability(steps) for steps in walks])
    estimates = [estimate(patient, one, other) for one in records for other in records]
    return np.outer(chances, chances).ravel(), np.array(estimates)


def mean_estimate(patient: int) -> np.ndarray:
    """The exact mean of this patient's estimate, [2]."""
    chances, estimates = batch_table(patient)
    return chances @ estimates


def sample(patient: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """The estimates of ``n`` independent batches, [n, 2]."""
    chances, estimates = batch_table(patient)
    return estimates[rng.choice(len(chances), n, p=chances / chances.sum())]
