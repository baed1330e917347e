"""What a chapter uses, in one import line."""

from dataclasses import replace
from itertools import product
from math import prod

import numpy as np
import sympy as sp

from utils import exact, symbolic
from utils.checks.means import check_mean
from utils.checks.without_sampling import (
    check,
    check_at_most,
    check_at_random_points,
    check_on_random_mdps,
)
from utils.estimators import variance
from utils.exact import moments
from utils.exercises import exercise
from utils.explorer import explore
from utils.model import examples
from utils.predictions import ask, predict
from utils.sampling.rollouts import simulate

__all__ = [
    "ask",
    "check",
    "check_at_most",
    "check_at_random_points",
    "check_mean",
    "check_on_random_mdps",
    "exact",
    "examples",
    "exercise",
    "explore",
    "moments",
    "np",
    "predict",
    "prod",
    "product",
    "replace",
    "simulate",
    "sp",
    "symbolic",
    "variance",
]
