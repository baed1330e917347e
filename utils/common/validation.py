"""Checks of what a reader hands in. Every message names the entry that is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

SUM_TOLERANCE = 1e-9
ROUNDING = 1e-5  # what is smaller than this looks like rounding to a reader, not like a slip
LARGEST = 1e100  # of a reward; its square, summed over many steps, is still a float


def entry(name: str, index: Sequence[int]) -> str:
    """The name of one array entry as a reader would write it, such as ``P[3, 1]``."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def finite_array(name: str, values: Any, *shapes: tuple[int | None, ...]) -> np.ndarray:
    """A read-only float copy of ``values`` after a check of its shape and of every entry.

    Any of the ``shapes`` will do; one may hold ``None`` for an axis of any positive length. Text,
    masked entries and imaginary parts are refused, not converted.
    """
    array = real_array(name, values)
    if shapes:
        check_shape(name, array, *shapes)
    if not np.isfinite(array).all():
        where = tuple(np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{entry(name, where)} is {array[where]}, not a finite number")
    array.flags.writeable = False
    return array


def real_array(name: str, values: Any) -> np.ndarray:
    """A float copy of ``values``; ValueError where an entry is anything but one real number."""
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        where = tuple(np.argwhere(np.ma.getmaskarray(values))[0])
        raise ValueError(f"{entry(name, where)} is masked; a mask has no meaning here")
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OUSc":
            _refuse_what_is_not_real(name, array)
        return np.array(array.real, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        message = str(error)
        if "inhomogeneous" in message:
            message = "its rows have different lengths"
        raise ValueError(f"{name} must be an array of numbers ({message})") from None


def plain_array(name: str, values: Any, kinds: str) -> np.ndarray:
    """``values`` as an array without a copy; its kind of number must be one of ``kinds``.

    Kinds are NumPy's letters: "iu" for integers, "f" for floats (integers are then converted).
    """
    if np.ma.isMaskedArray(values):
        raise ValueError(f"{name} is a masked array; a mask has no meaning here")
    array = np.asarray(values)
    if array.dtype.kind not in kinds:
        if kinds == "f":
            return real_array(name, values)
        first = array.flat[0] if array.size else None
        raise ValueError(f"{name} must hold integers; its first entry is {first!r}")
    return array


def _refuse_what_is_not_real(name: str, array: np.ndarray) -> None:
    for where, value in np.ndenumerate(array):
        if value is None or isinstance(value, str | bytes):
            raise ValueError(f"{entry(name, where)} is {value!r}")
        if getattr(value, "imag", 0) != 0:
            raise ValueError(f"{entry(name, where)} is {value}, with an imaginary part")


def check_shape(name: str, array: np.ndarray, *shapes: tuple[int | None, ...]) -> None:
    """Raise unless ``array`` has one of these; ``None`` stands for any positive length."""
    if array.shape in shapes:
        return

    def agrees(shape: tuple[int | None, ...]) -> bool:
        return array.ndim == len(shape) and all(
            have > 0 if want is None else have == want
            for have, want in zip(array.shape, shape, strict=True)
        )

    if not any(agrees(shape) for shape in shapes):
        have = ", ".join(str(n) for n in array.shape)
        wanted = " or ".join(
            f"[{', '.join('any' if n is None else str(n) for n in shape)}]" for shape in shapes
        )
        raise ValueError(f"{name} has shape [{have}], not {wanted}")


def check_distributions(name: str, array: np.ndarray) -> None:
    """Raise unless the last axis of ``array`` holds probabilities that sum to 1."""
    negative = np.argwhere(array < 0)
    if len(negative):
        where = tuple(negative[0])
        rounding = array[where] > -ROUNDING
        hint = "; a rounding error? clip at 0 and renormalise" if rounding else ""
        raise ValueError(
            f"{entry(name, where)} is {array[where]:.12g}, not a probability (>= 0){hint}"
        )
    sums = array.sum(axis=-1)
    wrong = np.argwhere(np.abs(sums - 1) > SUM_TOLERANCE)
    if len(wrong):
        where = tuple(wrong[0])
        rounding = abs(sums[where] - 1) < ROUNDING
        hint = "; float32? convert with .astype(float) and renormalise" if rounding else ""
        raise ValueError(f"{entry(name, where)} sums to {sums[where]:.12g}, not 1{hint}")


def check_magnitude(name: str, array: np.ndarray, least: float = -LARGEST) -> None:
    """Raise unless every entry is from ``least`` to ``LARGEST``, so that squares stay finite."""
    wrong = np.argwhere((array < least) | (array > LARGEST))
    if len(wrong):
        where = tuple(wrong[0])
        raise ValueError(
            f"{entry(name, where)} is {array[where]:.12g}, not from {least:g} to {LARGEST:g}"
        )


def check_mean_rewards(R: np.ndarray, means: np.ndarray) -> None:
    """Raise unless ``R`` [S, A] holds the ``means`` of the rewards of transitions."""
    wrong = np.argwhere(np.abs(R - means) > SUM_TOLERANCE * (1 + np.abs(means)))
    if len(wrong):
        where = tuple(wrong[0])
        raise ValueError(
            f"{entry('R', where)} is {R[where]:.12g}, but the mean of R_next there is "
            f"{means[where]:.12g}; give R_next=None with new mean rewards"
        )


def check_discount(gamma: Any, least_gap: float = 1e-12) -> float:
    """``gamma`` as a float in [0, 1].

    1 is for finite horizons and for episodes that end. What is closer to 1 than ``least_gap``
    without being 1 is refused: 1/(1 - gamma) would hold few right digits.
    """
    if isinstance(gamma, bool) or not isinstance(gamma, Real):
        raise ValueError(f"gamma is {gamma!r}, not a number in [0, 1]")
    number = float(gamma)
    if not 0 <= number <= 1:
        raise ValueError(f"gamma is {number:.12g}, not in [0, 1]")
    if 0 < 1 - number < least_gap:
        raise ValueError(f"gamma is 1 - {1 - number:.2g}; give 1, or at most 1 - {least_gap:g}")
    return number


def check_number(name: str, value: Any) -> float:
    """``value`` as a float if it is one finite real number."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ValueError(f"{name} is {value!r}, not a number")
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}, not a finite number")
    return float(value)


def check_flag(name: str, value: Any) -> bool:
    """``value`` as a bool if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} is {value!r}, not True or False")
    return bool(value)


def check_indices(name: str, values: Any, size: int) -> np.ndarray:
    """``values`` as an array of integers from 0 to ``size`` - 1; negative ones do not wrap."""
    array = plain_array(name, values, "iu")
    wrong = np.argwhere((array < 0) | (array >= size))
    if len(wrong):
        where = tuple(wrong[0])
        raise ValueError(f"{entry(name, where)} is {array[where]}, not in 0, ..., {size - 1}")
    return array


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
