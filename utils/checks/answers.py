"""Checks of statements about answers of a language model, at random points of a finite field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from utils.checks.claims import About
from utils.checks.verdict import Verdict
from utils.checks.without_sampling import check_at_random_points
from utils.symbolic.answers import NUMBERS, PLACES, SIZE, Answers, answers

# Three answers of three tokens: each side has at most 9 probabilities, 9 scores with denominators
# of degree 1 and a few rewards and ratios in each of 64 terms; over a common denominator, with the
# product of all denominators beside it, the degree stays far below this bound.
DEGREE = 2000


def check_answers(
    label: str,
    left: Callable[[Answers], Any],
    right: Callable[[Answers], Any],
    wrong: Mapping[str, Callable[[Answers], Any]],
    rewards: Sequence | None = None,
    spare: int = 0,
    **about: Unpack[About],
) -> Verdict:
    """Test left = right for a language model of three places at two random points.

    left, right  functions of ``symbolic.answers.Answers``; otherwise as ``check_at_random_points``
    rewards      four numbers for the answers of 1, 2, 3 tokens and the one cut off; free if None
    spare        how many further random numbers the statement needs
    Further arguments as for ``without_sampling.check``.
    """

    def at(side: Callable[[Answers], Any]) -> Callable:
        return lambda point: side(answers(point, rewards))

    merged: About = {"scope": "four answers, any parameter", "horizon": PLACES, **about}
    return check_at_random_points(
        label,
        at(left),
        at(right),
        {SIZE: DEGREE},
        {name: at(side) for name, side in wrong.items()},
        extra=NUMBERS + spare,
        **merged,
    )
