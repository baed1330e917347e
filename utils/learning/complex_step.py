"""Slopes by a complex step through functions that are smooth only piece by piece.

f'(x) = Im f(x + i h) / h is exact for analytic f. But ``abs`` of a complex number is real, so it
loses the slope, and so do ``std`` and everything else that takes a conjugate. An array of the class
``Stepped`` stands for real numbers that carry a slope in their imaginary parts. It decides by the
real parts which piece is meant and keeps the slope of that piece, as libraries with automatic
differentiation do. What cannot keep the slope is refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.exceptions import ComplexWarning

LARGEST = 1e50  # of the slopes: beyond it an imaginary part did not come from the step

# Functions of real numbers in which a conjugate or a modulus would drop the slope.
REFUSED = {np.linalg.norm, np.vdot, np.angle, np.corrcoef, np.cov, np.interp}


REALS_ONLY = (
    "the loss puts a number that moves with theta where only real numbers go, such as an array of "
    "zeros, float() or math.exp(), and its slope would be lost; use np.where, np.stack and np.exp, "
    "or hold the number with detach"
)


def stepped(values: Any) -> Any:
    """The same numbers; complex ones as a ``Stepped`` array."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "c":
        return values.view(Stepped)
    return np.asarray(values).view(Stepped) if np.iscomplexobj(values) else _plain(values)


class Stepped(np.ndarray):
    """A complex array that stands for real numbers and their slopes.

    ``abs``, ``sign`` and comparisons look at the real part. ``minimum`` and ``maximum`` take the
    slope of the smaller or larger number, at a tie that of the first; ``clip`` has the slope of its
    argument up to the limits and at them, and 0 beyond; ``abs`` has the slope 0 at 0. ``std`` and
    ``var`` are those of real numbers. TypeError for what cannot keep the slope.
    """

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        """Apply a ufunc to the plain numbers, on the piece that the real parts choose."""
        plain = [x.view(np.ndarray) if isinstance(x, Stepped) else x for x in inputs]
        known = PIECES.get(ufunc) if method == "__call__" else None
        if known is not None:
            return stepped(known(*plain))
        if out is None:
            return stepped(getattr(ufunc, method)(*plain, **options))
        if not all(np.iscomplexobj(x) for x in out):
            raise ValueError(REALS_ONLY)
        getattr(ufunc, method)(*plain, out=tuple(_plain(x) for x in out), **options)
        return out[0]

    def __array_function__(self, func, types, args, kwargs):
        """Call a function of NumPy, or the one for real numbers in its place."""
        if func in REFUSED:
            raise TypeError(f"{func.__name__} would drop the slope; write it out")
        if func in REPLACED:
            return REPLACED[func](*args, **kwargs)
        result = super().__array_function__(func, types, args, kwargs)
        return stepped(result) if isinstance(result, np.ndarray | np.generic) else result

    def __getitem__(self, key):
        """A part of the array; a single number stays a ``Stepped`` array without axes."""
        return stepped(self.view(np.ndarray)[key])

    def std(self, axis=None, ddof=0, keepdims=False):  # type: ignore[override]
        """The standard deviation of the real numbers, with its slope."""
        return np.sqrt(self.var(axis=axis, ddof=ddof, keepdims=keepdims))

    def var(self, axis=None, ddof=0, keepdims=False):  # type: ignore[override]
        """The variance of the real numbers, with its slope."""
        gap = self - self.mean(axis=axis, keepdims=True)
        count = self.size if axis is None else self.shape[axis]
        return (gap * gap).sum(axis=axis, keepdims=keepdims) / (count - ddof)

    def clip(self, low=None, high=None):  # type: ignore[override]
        """The numbers moved between two limits."""
        return stepped(_clip(_plain(self), low, high))

    def conj(self):
        """The numbers themselves, as they stand for real ones."""
        return self


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Stepped) else x


def _abs(x):
    return np.sign(np.real(x)) * x


def _least(x, y):
    return np.where(np.real(x) <= np.real(y), x, y)


def _largest(x, y):
    return np.where(np.real(x) >= np.real(y), x, y)


def _clip(x, low, high):
    raised = x if low is None else _largest(x, _plain(low))
    return raised if high is None else _least(raised, _plain(high))


def _np_clip(x, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (a if b is None else b for a, b in ((a_min, min), (a_max, max)))
    return stepped(_clip(_plain(x), low, high))


def _on_real_parts(compare: np.ufunc) -> Callable:
    return lambda x, y: compare(np.real(x), np.real(y))


COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
PIECES: dict[np.ufunc, Callable] = {
    np.absolute: _abs,
    np.conjugate: lambda x: x,
    np.sign: lambda x: np.sign(np.real(x)),
    np.minimum: _least,
    np.maximum: _largest,
    **{compare: _on_real_parts(compare) for compare in COMPARISONS},
}
REPLACED: dict[Callable, Callable] = {
    np.std: Stepped.std,
    np.var: Stepped.var,
    np.clip: _np_clip,
}


@contextmanager
def no_slope_is_lost() -> Iterator[None]:
    """ValueError where a number that moves with theta is put in the place of a real number.

    Such as into an array of zeros, into ``float`` or into ``math.exp``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", ComplexWarning)
        try:
            yield
        except ComplexWarning:
            raise ValueError(REALS_ONLY) from None
        except TypeError as fault:
            if "real number" not in str(fault):
                raise
            raise ValueError(REALS_ONLY) from None
