"""The mathematics, the simulation and the exact solutions that all chapters share.

The public names are found when they are first asked for, so that a part of the book that needs no
NumPy, such as the exercises, can be imported without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from utils import exact
    from utils.estimators.gradient import policy_gradient
    from utils.model import examples
    from utils.model.mdp import FiniteMDP
    from utils.model.policies import TabularSoftmax
    from utils.sampling.rollouts import simulate

__all__ = ["FiniteMDP", "TabularSoftmax", "exact", "examples", "policy_gradient", "simulate"]

PLACES = {
    "FiniteMDP": "utils.model.mdp",
    "TabularSoftmax": "utils.model.policies",
    "policy_gradient": "utils.estimators.gradient",
    "simulate": "utils.sampling.rollouts",
    "exact": "utils",
    "examples": "utils.model",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "exact":
        return import_module("utils.exact")
    if name == "examples":
        return import_module("utils.model.examples")
    return getattr(import_module(PLACES[name]), name)
