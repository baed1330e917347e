"""What the first cell of a chapter does where Python runs in a browser."""

import importlib.util
import sys
import types

HOST = "cdn.jsdelivr.net"
FETCHED = {"numpy": "NumPy", "scipy": "SciPy", "matplotlib": "Matplotlib"}


class NotArrived(ImportError):
    """What a chapter needs did not arrive: shown to a reader as its text alone."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def start() -> None:
    """Make ``utils`` mean the package of the book; `NotArrived` if what it needs did not come."""
    missing = [name for module, name in FETCHED.items() if not importlib.util.find_spec(module)]
    if missing:
        raise NotArrived(
            f"{HOST} did not send {', '.join(missing)}.\n"
            "Are you offline, or does your network block that host?\n"
            "To try again, restart the kernel and run this cell."
        )
    without_processes()
    import policy_gradient_book

    policy_gradient_book.use_utils()


def without_processes() -> None:
    """Let Gymnasium be imported: it imports ``multiprocessing``, which a browser lacks.

    Nothing in the book starts a process; whoever does is told that there are none.
    """

    class SemLock:
        SEM_VALUE_MAX = 2**31 - 1

        def __init__(self, *_: object) -> None:
            raise OSError("there are no processes in a browser")

    module = types.ModuleType("_multiprocessing")
    module.SemLock, module.sem_unlink = SemLock, SemLock
    sys.modules.setdefault("_multiprocessing", module)
