"""The mathematics, the simulation and the exact solutions that all chapters share."""

from utils import exact
from utils.estimators.gradient import policy_gradient
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import TabularSoftmax
from utils.sampling.rollouts import simulate

__all__ = ["FiniteMDP", "TabularSoftmax", "exact", "examples", "policy_gradient", "simulate"]
