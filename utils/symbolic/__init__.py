"""The same worlds over a field: every number a symbol, every identity decided for all values."""

from utils.common.linear import adjugate, determinant, object_array, solve
from utils.symbolic import noise
from utils.symbolic.display import set_as_formulas
from utils.symbolic.enumeration import conditional_laws, declared_laws, mean_over_lives
from utils.symbolic.free_mdps import (
    coin_mdp,
    free_mdp,
    generators,
    named_mdp,
    nonnegative_mdp,
    parametric_mdp,
)
from utils.symbolic.laws import FiniteLaw, free_law, polynomial_law
from utils.symbolic.mdp import Prefix, SymbolicMDP, prefixes
from utils.symbolic.series import series

__all__ = [
    "FiniteLaw",
    "Prefix",
    "SymbolicMDP",
    "adjugate",
    "coin_mdp",
    "conditional_laws",
    "declared_laws",
    "determinant",
    "free_law",
    "free_mdp",
    "generators",
    "mean_over_lives",
    "named_mdp",
    "noise",
    "nonnegative_mdp",
    "object_array",
    "parametric_mdp",
    "polynomial_law",
    "noise",
    "prefixes",
    "series",
    "solve",
]

set_as_formulas()
