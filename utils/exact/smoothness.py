"""How fast the gradient of J can turn (``eq:smooth``)."""

from __future__ import annotations


def turning_bound(oscillation, speed, bend, gamma):
    """osc / (1-gamma)^2 (L_2 + 2 gamma L^2 / (1-gamma)), a Lipschitz constant of grad J.

    ``speed`` is L, the largest sum_a |grad pi(a|s)|, and ``bend`` is L_2, a Lipschitz constant of
    grad pi in the same norm (Agarwal et al. 2021, appendix D, for softmax).
    """
    return oscillation / (1 - gamma) ** 2 * (bend + 2 * gamma * speed**2 / (1 - gamma))
