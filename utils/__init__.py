"""The mathematics, the simulation and the exact solutions that all chapters share."""

from utils import exact, examples
from utils.estimators import policy_gradient
from utils.mdp import FiniteMDP
from utils.policies import TabularSoftmax
from utils.rollouts import simulate

__all__ = ["FiniteMDP", "TabularSoftmax", "exact", "examples", "policy_gradient", "simulate"]
