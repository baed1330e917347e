"""The patients of the bug clinic, one entry each: the code, what it adds up, and the cure.

A patient is a loss, as the chapter prints it. Beside it stands a second route to its mean: the
estimate that one episode of a batch adds up, written as a formula. The routes are compared by test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from utils import exact
from utils.estimators.forms import rewards_to_go
from utils.learning import clinic
from utils.learning.clinic import Loss, detach


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

    @property
    def values(self) -> np.ndarray:
        """V at the states before each step and after the last, [l + 1]."""
        return exact.evaluate(*clinic.ward()).V[np.append(self.states, self.last_state)]


def record(steps: tuple[clinic.Step, ...]) -> Record:
    """The numbers of one walk through the ward."""
    mdp, policy = clinic.ward()
    s, a = np.array(steps).T
    pi = policy.probabilities[s, a]
    score = policy.scores[s, a, : clinic.HOME]
    return Record(score, mdp.R[s, a], np.log(pi), s, clinic.last_state(steps))


@dataclass(frozen=True, eq=False)
class Patient:
    """One patient of the clinic.

    name      what is wrong, in words
    source    the thread that the program comes from
    loss      its code, as the chapter prints it
    estimate  minus the gradient that one episode adds, [2]; also given is the episode that follows
              in the batch, if there is one
    cure      a loss that is right; None for a patient who is healthy
    label     the equation that says what is climbed; empty for the healthy one
    cut       whether the record of an episode stops after three steps while the episode goes on
    """

    name: str
    source: str
    loss: Loss
    estimate: Callable[[Record, Record | None], np.ndarray]
    cure: Loss | None = None
    label: str = ""
    cut: bool = False

    @property
    def right_step(self) -> np.ndarray:
        """What the mean of the step should be, [2]; see ``clinic.right_step``."""
        return clinic.right_step(self.cut)

    @cached_property
    def batches(self) -> tuple[np.ndarray, np.ndarray]:
        """(probability [B], minus the gradient [B, 2]) of every batch of two episodes."""
        walks = list(clinic.walks())
        records = [record(steps) for steps in walks]
        chances = np.array([clinic.probability(steps) for steps in walks])
        estimates = [
            (self.estimate(one, other) + self.estimate(other, None)) / clinic.BATCH
            for one in records
            for other in records
        ]
        return np.outer(chances, chances).ravel(), np.array(estimates)

    @property
    def mean_estimate(self) -> np.ndarray:
        """The exact mean of the estimate, [2]."""
        chances, estimates = self.batches
        return chances @ estimates

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The estimates of ``n`` independent batches, [n, 2]."""
        chances, estimates = self.batches
        return estimates[rng.choice(len(chances), n, p=chances / chances.sum())]


def reward_to_go_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        G = 0
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * G
    return loss / len(episodes)


def mean_log_prob_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        G, returns = 0, []
        for r in e.rewards[::-1]:
            G = r + gamma * G
            returns.insert(0, G)
        loss -= (e.log_pi.mean() * np.array(returns)).sum()
    return loss / len(episodes)


def mean_log_prob(e: Record, following: Record | None) -> np.ndarray:
    """The mean score times the sum of all returns."""
    return e.score.mean(axis=0) * e.returns.sum()


def discounts_without_sums_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        discounted = e.rewards * gamma ** np.arange(len(e.rewards))
        loss -= (e.log_pi * discounted).sum()
    return loss / len(episodes)


def discounts_without_sums(e: Record, following: Record | None) -> np.ndarray:
    """Each score with its own reward alone."""
    return (e.discounts * e.rewards) @ e.score


def discounted_sums_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        discounted = e.rewards * gamma ** np.arange(len(e.rewards))
        loss -= (e.log_pi * discounted[::-1].cumsum()[::-1]).sum()
    return loss / len(episodes)


def late_rewards_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        v, rewards = detach(e.values), np.array([0, *e.rewards[:-1]])
        if e.ended:
            v[-1] = e.rewards[-1]
        delta = rewards + gamma * v[1:] - v[:-1]
        discounts = gamma ** np.arange(len(delta))
        loss -= (discounts * e.log_pi * delta).sum()
    return loss / len(episodes)


def late_rewards(e: Record, following: Record | None) -> np.ndarray:
    """TD errors with the reward before; at home the last reward stands for the value."""
    late, v = np.append(0, e.rewards[:-1]), e.values
    if e.last_state == clinic.HOME:
        v[-1] = e.rewards[-1]
    return (e.discounts * (late + clinic.GAMMA * v[1:] - v[:-1])) @ e.score


def td_error_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        v = detach(e.values)
        delta = e.rewards + gamma * v[1:] - v[:-1]
        discounts = gamma ** np.arange(len(delta))
        loss -= (discounts * e.log_pi * delta).sum()
    return loss / len(episodes)


def no_reset_loss(episodes, gamma):
    loss, G = 0, 0
    for e in reversed(episodes):
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * G
    return loss / len(episodes)


def no_reset(e: Record, following: Record | None) -> np.ndarray:
    """The return runs on into the episode that follows."""
    leak = following.returns[0] if following else 0
    return (e.discounts * e.returns + clinic.GAMMA ** len(e.rewards) * leak) @ e.score


def reset_loss(episodes, gamma):
    loss = 0
    for e in reversed(episodes):
        G = 0
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * G
    return loss / len(episodes)


def limit_as_end_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        v, G = detach(e.values), 0
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * (G - v[t])
    return loss / len(episodes)


def limit_as_end(e: Record, following: Record | None) -> np.ndarray:
    """The return of the record, as if nothing came after it, less the critic."""
    return (e.discounts * (e.returns - e.values[:-1])) @ e.score


def bootstrapped_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        v = detach(e.values)
        G = 0 if e.ended else v[-1]
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * (G - v[t])
    return loss / len(episodes)


def attached_critic_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        v, G = e.values, 0
        for t in reversed(range(len(e.rewards))):
            G = e.rewards[t] + gamma * G
            loss -= gamma**t * e.log_pi[t] * (G - v[t])
    return loss / len(episodes)


def attached_critic(e: Record, following: Record | None) -> np.ndarray:
    """The critic is differentiated too: it grows with the logit of its room at slope 1."""
    slopes = np.eye(clinic.HOME)[e.states]
    weights = e.returns - e.values[:-1]
    return e.discounts @ (weights[:, None] * e.score - e.log_pi[:, None] * slopes)


def total_return_loss(episodes, gamma):
    loss = 0
    for e in episodes:
        G = gamma ** np.arange(len(e.rewards)) @ e.rewards
        loss -= e.log_pi.sum() * G
    return loss / len(episodes)


def total_return(e: Record, following: Record | None) -> np.ndarray:
    """One return for all steps."""
    return e.returns[0] * e.score.sum(axis=0)


PATIENTS = (
    Patient(
        name="mean of the log-probabilities",
        source="Gymnasium 1336",
        loss=mean_log_prob_loss,
        estimate=mean_log_prob,
        cure=reward_to_go_loss,
        label="eq:bug-mean-log-prob",
    ),
    Patient(
        name="discounts without sums",
        source="ReinforcementZeroToAll 1",
        loss=discounts_without_sums_loss,
        estimate=discounts_without_sums,
        cure=discounted_sums_loss,
        label="eq:bug-myopic",
    ),
    Patient(
        name="rewards one step late",
        source="Spinning Up 50",
        loss=late_rewards_loss,
        estimate=late_rewards,
        cure=td_error_loss,
        label="eq:bug-shifted",
        cut=True,
    ),
    Patient(
        name="no reset between episodes",
        source="PPO-PyTorch 8",
        loss=no_reset_loss,
        estimate=no_reset,
        cure=reset_loss,
        label="eq:bug-leak",
    ),
    Patient(
        name="a limit taken for an end",
        source="CoursIA 7821",
        loss=limit_as_end_loss,
        estimate=limit_as_end,
        cure=bootstrapped_loss,
        label="eq:bug-time-limit",
        cut=True,
    ),
    Patient(
        name="detach forgotten",
        source="keras-io 194",
        loss=attached_critic_loss,
        estimate=attached_critic,
        cure=limit_as_end_loss,
        label="eq:bug-detach",
    ),
    Patient(
        name="healthy: one return for all steps",
        source="deep-reinforcement-learning 42",
        loss=total_return_loss,
        estimate=total_return,
    ),
)
