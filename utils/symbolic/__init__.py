"""The same worlds over a field: every number a symbol, every identity decided for all values."""

from utils.common.linear import adjugate, determinant, object_array, solve
from utils.symbolic.enumeration import conditional_laws, declared_laws
from utils.symbolic.mdp import Prefix, SymbolicMDP, prefixes
from utils.symbolic.worlds import (
    coin_mdp,
    free_mdp,
    generators,
    named_mdp,
    nonnegative_mdp,
    parametric_mdp,
)

__all__ = [
    "Prefix",
    "SymbolicMDP",
    "adjugate",
    "coin_mdp",
    "conditional_laws",
    "declared_laws",
    "determinant",
    "free_mdp",
    "generators",
    "named_mdp",
    "nonnegative_mdp",
    "object_array",
    "parametric_mdp",
    "prefixes",
    "solve",
]
