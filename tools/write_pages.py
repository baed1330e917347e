"""Write the pages of the book: Jupyter Book's command `build`, made fast, in this process.

What is changed is when things happen, never what is written. The arguments are those of
`jupyter-book`.
"""

from __future__ import annotations

import gc
import sys
from functools import cache
from importlib import metadata

import leave_out  # noqa: F401


def make_haste() -> None:
    """Leave out what costs a third of the time of a build and does nothing for the pages.

    A document is a web of nodes that know their parents. The collector of cycles goes over all of
    them again and again and finds nothing, as they are wanted to the end.
    """
    gc.disable()
    # Each citation looks its style up among the entry points of all that is installed.
    metadata.entry_points = cache(metadata.entry_points)


if __name__ == "__main__":
    make_haste()
    from jupyter_book.cli.main import main

    main(sys.argv[1:], prog_name="jupyter-book")
