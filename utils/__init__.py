"""The mathematics, the simulation and the exact solutions that all chapters share.

The public names are found when they are first asked for, so that a part of the book that needs no
NumPy, such as the exercises, can be imported without it.
"""

from typing import TYPE_CHECKING, Any

from utils.common import names

if TYPE_CHECKING:
    from utils import exact
    from utils.estimators.gradient import policy_gradient
    from utils.model import examples
    from utils.model.mdp import FiniteMDP
    from utils.model.policies import TabularSoftmax
    from utils.sampling.rollouts import simulate

__all__ = ["FiniteMDP", "TabularSoftmax", "exact", "examples", "policy_gradient", "simulate"]

PLACES = {
    "FiniteMDP": "utils.model.mdp:FiniteMDP",
    "TabularSoftmax": "utils.model.policies:TabularSoftmax",
    "exact": "utils.exact",
    "examples": "utils.model.examples",
    "policy_gradient": "utils.estimators.gradient:policy_gradient",
    "simulate": "utils.sampling.rollouts:simulate",
}


def __getattr__(name: str) -> Any:
    return names.find(name, __name__, PLACES)
