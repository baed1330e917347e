"""Checks of what a reader hands in. Every message names the entry that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np

SUM_TOLERANCE = 1e-9


def entry(name: str, index: Sequence[int]) -> str:
    """The name of one array entry as a reader would write it, such as ``P[3, 1]``."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def finite_array(name: str, values, shape: tuple[int | None, ...] | None = None) -> np.ndarray:
    """A read-only float copy of ``values`` after a check of its shape and of every entry.

    ``shape`` may hold ``None`` for an axis of any positive length.
    """
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers ({error})") from None
    if shape is not None:
        check_shape(name, array, shape)
    if not np.isfinite(array).all():
        where = tuple(np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{entry(name, where)} is {array[where]}, not a finite number")
    array.flags.writeable = False
    return array


def check_shape(name: str, array: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Raise unless ``array`` has this shape; ``None`` stands for any positive length."""
    agrees = array.ndim == len(shape) and all(
        have > 0 if want is None else have == want
        for have, want in zip(array.shape, shape, strict=True)
    )
    if not agrees:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        have = ", ".join(str(n) for n in array.shape)
        raise ValueError(f"{name} has shape [{have}], not [{wanted}]")


def check_distributions(name: str, array: np.ndarray) -> None:
    """Raise unless the last axis of ``array`` holds probabilities that sum to 1."""
    negative = np.argwhere(array < 0)
    if len(negative):
        where = tuple(negative[0])
        raise ValueError(f"{entry(name, where)} is {array[where]:.12g}, not a probability (>= 0)")
    sums = array.sum(axis=-1)
    wrong = np.argwhere(np.abs(sums - 1) > SUM_TOLERANCE)
    if len(wrong):
        where = tuple(wrong[0])
        raise ValueError(f"{entry(name, where)} sums to {sums[where]:.12g}, not 1")


def check_discount(gamma) -> float:
    """``gamma`` as a float in [0, 1)."""
    if isinstance(gamma, bool) or not isinstance(gamma, Real):
        raise ValueError(f"gamma is {gamma!r}, not a number in [0, 1)")
    if not 0 <= gamma < 1:
        raise ValueError(f"gamma is {float(gamma):.12g}, not in [0, 1)")
    return float(gamma)


def check_count(name: str, value, least: int = 1) -> int:
    """``value`` as an int that is at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} is {value!r}, not an integer of at least {least}")
    return int(value)


def check_name(name: str, value, known: Sequence[str]) -> str:
    """``value`` if it is one of the ``known`` names."""
    if value not in known:
        listed = ", ".join(repr(k) for k in known)
        raise ValueError(f"{name} is {value!r}, not one of {listed}")
    return value


def check_generator(rng) -> np.random.Generator:
    """``rng`` if it is a NumPy generator: no function here draws from a hidden state."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng is {rng!r}, not a numpy.random.Generator (use numpy.random.default_rng(seed))"
        )
    return rng
