"""Run tests in a fork of a process that has imported everything but `utils`.

A fork starts in no time, imports `utils` as it stands in its folder, and leaves nothing behind.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

import _hypothesis_pytestplugin  # noqa: F401
import anywidget  # noqa: F401
import autograd  # noqa: F401
import gymnasium  # noqa: F401
import hypothesis.extra.numpy  # noqa: F401
import IPython.display  # noqa: F401
import ipywidgets  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats  # noqa: F401
import sympy.stats  # noqa: F401
import xdist.scheduler  # noqa: F401

PLUGINS = ("no:cacheprovider", "no:unraisableexception", "_hypothesis_pytestplugin")
OPTIONS = ("-x", "-q", "--tb=no", *(f"-p{plugin}" for plugin in PLUGINS))
MEMORY = 8 << 30  # bytes; a power of a power would take all there is
ASLEEP = 1800  # seconds by the clock, for what waits without computing


def run(tests: Sequence[str], folder: Path, limit: float) -> tuple[bool, float]:
    """Whether the tests of a folder pass within a limit of processor seconds, and what they took.

    The limit counts the time of the processor, so that a busy machine gives the same answer.
    """
    gc.freeze()  # what is imported is not looked through again and again
    child = os.fork()
    if not child:
        try:
            os.chdir(folder)
            os.environ |= {"PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1,) * 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(ASLEEP)
            os._exit(pytest.main([*OPTIONS, *tests]))
        finally:
            os._exit(9)
    _, status, used = os.wait4(child, 0)
    return status == 0, used.ru_utime + used.ru_stime
