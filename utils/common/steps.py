"""A limit on the length of a computation, counted in steps and not in seconds.

A step is a call of a Python function; inside the functions that are named it is also each line. So
the same input is stopped at the same place on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, TypeVar

T = TypeVar("T")


class OutOfSteps(BaseException):
    """The computation was stopped. Not an ``Exception``, so that no library catches it."""


def within(limit: int, work: Callable[[], T], line_by_line: tuple[CodeType, ...] = ()) -> T:
    """The value of ``work()``; raises ``OutOfSteps`` after ``limit`` steps.

    limit         how many steps are allowed
    work          a function without arguments
    line_by_line  code in which each line is a step, so that an endless loop without calls ends, too
    """
    left = limit

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(stop_again)
            raise OutOfSteps
        return count if frame.f_code in line_by_line else None

    def stop_again(frame: FrameType, event: str, argument: Any) -> None:
        # Python forgets a tracer that raises, and an exception in a dying generator is swallowed.
        if event == "call":
            sys.settrace(count)
            raise OutOfSteps

    def forget(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, OutOfSteps):
            hook(unraisable)

    tracer, profiler, hook = sys.gettrace(), sys.getprofile(), sys.unraisablehook
    sys.unraisablehook = forget
    sys.settrace(count)
    try:
        return work()
    finally:
        sys.settrace(tracer)
        sys.setprofile(profiler)
        sys.unraisablehook = hook
