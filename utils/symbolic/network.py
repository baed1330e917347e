"""The score of a policy that is a network with one hidden layer, by two routes.

The logits are z = U h with h = tanh(W x). A hyperbolic tangent and an exponential are no numbers of
a finite field, but of them only values and slopes are needed: the slope of tanh is 1 - tanh^2, and
that of exp is exp. So the values h [H] and w = exp(z) [A] are free numbers, and a direction of the
parameters carries slopes through them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import FiniteFieldMDP

# Inputs x [2], hidden values h [3], three actions. As many hidden values as actions, so that a
# matrix that ought to be transposed can be forgotten.
TABLES = {"x": (2,), "h": (3,), "w": (3,), "U": (3, 3), "dU": (3, 3), "dW": (3, 2)}


def forward(point: FiniteFieldMDP) -> dict[str, np.ndarray]:
    """The slope of log pi(a|x) for each action, along dU alone and along dW alone, {line: [A]}.

    Slopes are carried from the parameters to the output, layer by layer.
    """
    t = point.tables
    return {"U": _along(t, t["dU"], 0 * t["dW"]), "W": _along(t, 0 * t["dU"], t["dW"])}


def _along(t: Any, dU: np.ndarray, dW: np.ndarray) -> np.ndarray:
    into_hidden = dW @ t["x"]
    hidden = (1 - t["h"] ** 2) * into_hidden
    logits = dU @ t["h"] + t["U"] @ hidden
    w = [Dual(w.value, (w * slope).value) for w, slope in zip(t["w"], logits, strict=True)]
    pi = [x / sum(w, Dual(0)) for x in w]
    return np.array([Dual(p.slope or 0) / Dual(p.value) for p in pi])


def backward(
    point: FiniteFieldMDP, centred: int = 1, bend: int = 1, transposed: bool = True
) -> dict[str, np.ndarray]:
    """The same from the two lines of ``eq:network-score``: the score times the direction.

    Options make it wrong: ``centred`` 0 leaves pi out of e_a - pi, ``bend`` 0 the slope of tanh.
    """
    t = point.tables
    pi = t["w"] / t["w"].sum()
    out: dict[str, list] = {"U": [], "W": []}
    for a in range(len(pi)):
        delta = np.array([Dual(int(a == b)) for b in range(len(pi))]) - centred * pi
        back = (t["U"].T if transposed else t["U"]) @ delta * (1 - bend * t["h"] ** 2)
        out["U"].append((np.outer(delta, t["h"]) * t["dU"]).sum())
        out["W"].append((np.outer(back, t["x"]) * t["dW"]).sum())
    return {line: np.array(values) for line, values in out.items()}
