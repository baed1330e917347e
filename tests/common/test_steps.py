"""A computation is stopped after a number of steps, wherever it stands."""

import gc
import sys

import pytest

from utils.common.steps import OutOfSteps, within


@pytest.fixture(autouse=True)
def no_collection():
    """A collection of garbage may call Python functions, and these count as steps."""
    gc.disable()
    yield
    gc.enable()


def climb(n):
    return 0 if n == 0 else 1 + climb(n - 1)


def test_a_computation_within_the_limit_has_its_value():
    assert within(1000, lambda: climb(100)) == 100


def test_one_step_too_many_stops_it():
    assert within(102, lambda: climb(100)) == 100  # 101 calls and the function itself
    with pytest.raises(OutOfSteps):
        within(101, lambda: climb(100))


def loop():
    while True:
        pass


def test_an_endless_loop_without_calls_is_stopped_line_by_line():
    with pytest.raises(OutOfSteps):
        within(1000, loop, (loop.__code__,))


def test_catching_exceptions_does_not_help():
    def stubborn():
        while True:
            try:
                climb(10)
            except Exception:
                pass

    with pytest.raises(OutOfSteps):
        within(1000, stubborn)


def test_a_stop_inside_a_dying_generator_is_not_lost():
    def left_open():
        try:
            yield
        finally:
            climb(500)  # here the limit is reached, and Python swallows the exception

    def work():
        next(left_open())
        while True:
            climb(1)

    with pytest.raises(OutOfSteps):
        within(200, work)


def test_the_tracer_of_a_debugger_is_put_back():
    def tracer(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        within(10, lambda: climb(1))
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def three_lines():
    first = 2
    second = 3
    return first * second


def test_a_line_is_a_step_only_inside_the_functions_that_are_named():
    assert within(1, three_lines) == 6
    assert within(1, three_lines, (loop.__code__,)) == 6
    # The call, three lines and the return.
    assert within(5, three_lines, (three_lines.__code__,)) == 6
    with pytest.raises(OutOfSteps):
        within(4, three_lines, (three_lines.__code__,))


def test_no_step_is_too_few_for_a_call():
    with pytest.raises(OutOfSteps):
        within(0, three_lines)


def test_everything_is_put_back_after_a_stop_as_after_a_value():
    def profiler(frame, event, argument):
        return None

    def hook(unraisable):
        return None

    before = sys.getprofile(), sys.unraisablehook
    sys.setprofile(profiler)
    sys.unraisablehook = hook
    try:
        found = []
        for limit in (1000, 3):
            try:
                within(limit, lambda: climb(100))
            except OutOfSteps:
                found.append("stopped")
            found.append((sys.getprofile(), sys.unraisablehook))
        assert found == [(profiler, hook), "stopped", (profiler, hook)]
    finally:
        sys.setprofile(before[0])
        sys.unraisablehook = before[1]


def test_another_exception_in_a_dying_generator_is_reported_as_ever():
    seen = []

    def left_open():
        try:
            yield
        finally:
            raise ArithmeticError

    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: seen.append(type(unraisable.exc_value))
    try:
        within(200, lambda: next(left_open()))
        assert seen == [ArithmeticError]
    finally:
        sys.unraisablehook = before


def test_a_stop_in_a_dying_generator_is_not_reported():
    seen = []

    def left_open():
        try:
            yield
        finally:
            climb(500)

    def work():
        next(left_open())
        climb(1)

    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: seen.append(unraisable)
    try:
        with pytest.raises(OutOfSteps):
            within(200, work)
        assert not seen
    finally:
        sys.unraisablehook = before
