"""Sliders of an explorer: which values they take, how a value is written, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from utils.common.words import plain

MOST_SLIDERS = 2


@dataclass(frozen=True)
class Slider:
    """One slider: the argument it sets, its label, and the values it can take, in order."""

    name: str
    label: str
    values: tuple[float, ...]
    start: int

    def text(self, index: int) -> str:
        """The value at `index` as a reader sees it."""
        return plain(self.values[index])


def make_sliders(labels: dict[str, str], values: dict[str, Sequence[float]]) -> tuple[Slider, ...]:
    """Pair labels with values; ValueError names the slider that is unknown, missing or unusable."""
    for name in values:
        if name not in labels:
            known = ", ".join(labels) or "none"
            raise ValueError(f"{name} is not a slider of this picture; it has: {known}")
    for name in labels:
        if name not in values:
            raise ValueError(f"slider {name} has no values; give at least two")
    if not 1 <= len(labels) <= MOST_SLIDERS:
        raise ValueError(f"{len(labels)} sliders; an explorer has 1 to {MOST_SLIDERS}")
    return tuple(_slider(name, label, values[name]) for name, label in labels.items())


def _slider(name: str, label: str, values: Sequence[float]) -> Slider:
    steps = tuple(values)
    if len(steps) < 2:
        raise ValueError(f"slider {name} has {len(steps)} value(s); give at least two")
    for index, value in enumerate(steps):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"{name}[{index}] is {value!r}, not a number")
        if not math.isfinite(value):
            raise ValueError(f"{name}[{index}] is {value}, not a finite number")
    for index in range(1, len(steps)):
        if steps[index] <= steps[index - 1]:
            raise ValueError(
                f"{name}[{index}] = {steps[index]:g} is not above "
                f"{name}[{index - 1}] = {steps[index - 1]:g}; values must increase"
            )
    return Slider(name, label, steps, start=len(steps) // 2)
