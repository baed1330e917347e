"""Interleaved timing: A B A B ..., so that all feel the same ups and downs of the machine.

What is measured is processor time of this process, all threads together. All contenders run on one
thread, so on an idle machine this is the time on the clock; on a busy one it leaves out the time
in which other programs had the processor.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import numpy as np

ROUNDS = 11
LEAST_SECONDS = 2e-3


def medians(contenders: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median processor seconds of one call of each contender, over interleaved rounds.

    Short calls are repeated within a round until they fill ``LEAST_SECONDS``. Each contender runs
    twice before its first measurement.
    """
    repeats = {}
    for name, call in contenders.items():
        call()
        repeats[name] = max(1, round(LEAST_SECONDS / _seconds(call, 1)))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in contenders.items():
                times[name].append(_seconds(call, repeats[name]))
    finally:
        gc.enable()
    return {name: float(np.median(values)) for name, values in times.items()}


def _seconds(call: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats
