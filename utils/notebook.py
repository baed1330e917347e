"""What a chapter uses, in one import line. A chapter loads only the rooms that it names."""

from typing import TYPE_CHECKING, Any

from utils.common import names

if TYPE_CHECKING:
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
    "predict",
    "simulate",
    "symbolic",
    "variance",
]

PLACES = {
    "ask": "utils.predictions:ask",
    "check": "utils.checks.without_sampling:check",
    "check_at_most": "utils.checks.without_sampling:check_at_most",
    "check_at_random_points": "utils.checks.without_sampling:check_at_random_points",
    "check_mean": "utils.checks.means:check_mean",
    "check_on_random_mdps": "utils.checks.without_sampling:check_on_random_mdps",
    "exact": "utils.exact",
    "examples": "utils.model.examples",
    "exercise": "utils.exercises:exercise",
    "explore": "utils.explorer:explore",
    "moments": "utils.exact.moments",
    "predict": "utils.predictions:predict",
    "simulate": "utils.sampling.rollouts:simulate",
    "symbolic": "utils.symbolic",
    "variance": "utils.estimators.variance",
}


def __getattr__(name: str) -> Any:
    return names.find(name, __name__, PLACES)
