"""Controls of an explorer: which values they take, how a value is written, what is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from utils.common.words import plain

MOST_CONTROLS = 2
NARROW_SPACE = "\u202f"


@dataclass(frozen=True)
class Choice:
    """The label of a control whose values are categories: radio buttons with these names.

    label  what is chosen, such as "method"
    names  value -> what the reader sees beside its button
    """

    label: str
    names: Mapping[float, str]


@dataclass(frozen=True)
class Control:
    """One control: the argument it sets, its label, and the values it can take, in order.

    ``texts`` are the values as a reader sees them, ``keys`` as a link to a position writes them.
    """

    name: str
    label: str
    values: tuple[float, ...]
    start: int
    texts: tuple[str, ...]
    keys: tuple[str, ...]
    is_choice: bool


def make_controls(
    labels: Mapping[str, str | Choice], values: Mapping[str, Sequence[float]]
) -> tuple[Control, ...]:
    """Pair labels with values; ValueError names the slider that is unknown, missing or unusable."""
    for name in values:
        if name not in labels:
            known = ", ".join(labels) or "none"
            raise ValueError(f"{name} is not a slider of this picture; it has: {known}")
    for name in labels:
        if name not in values:
            raise ValueError(f"slider {name} has no values; give at least two")
    if len(labels) > MOST_CONTROLS:
        raise ValueError(f"{len(labels)} sliders; an explorer has at most {MOST_CONTROLS}")
    return tuple(_control(name, label, values[name]) for name, label in labels.items())


def _control(name: str, label: str | Choice, values: Sequence[float]) -> Control:
    steps = tuple(values)
    _require_increasing_numbers(name, steps)
    keys = tuple(f"{value:g}" for value in steps)
    if isinstance(label, Choice):
        for value in steps:
            if value not in label.names:
                raise ValueError(f"{name} is {value!r}, which has no name: {dict(label.names)}")
        texts = tuple(label.names[value] for value in steps)
        return Control(name, label.label, steps, 0, texts, keys, True)
    texts = tuple(map(number_text, steps))
    return Control(name, label, steps, len(steps) // 2, texts, keys, False)


def number_text(value: float) -> str:
    """A number as a reader sees it: a true minus sign, and spaces from 10 000 on."""
    if abs(value) >= 10_000 and value == int(value):
        return f"{int(value):,}".replace(",", NARROW_SPACE).replace("-", "−")
    return plain(value)


def _require_increasing_numbers(name: str, steps: tuple[float, ...]) -> None:
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
