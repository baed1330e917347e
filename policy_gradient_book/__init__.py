"""The book's package under a name of its own: `use_utils` makes ``utils`` mean the book's.

Many projects have a ``utils``. Installed from a wheel, the book's lies inside this package, so that
pip overwrites nobody's; a ``utils.py`` beside a notebook, or a ``utils`` from elsewhere, does not
come before it once `use_utils` has been called.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def source() -> Path:
    """The folder of the book's ``utils``: in this package, or beside it in the book's own tree."""
    here = Path(__file__).resolve().parent
    return next(f for f in (here / "utils", here.parent / "utils") if (f / "notebook.py").is_file())


def use_utils() -> None:
    """Import the book's package as ``utils``, whatever else has that name.

    ImportError if another ``utils`` has been imported before.
    """
    init = source() / "__init__.py"
    there = sys.modules.get("utils")
    if there is not None:
        if there.__file__ and Path(there.__file__).resolve() == init:
            return
        place = there.__file__ or next(iter(there.__path__), "elsewhere")
        raise ImportError(
            f"another utils ({place}) was imported before: restart the kernel, run this cell first"
        )
    spec = spec_from_file_location("utils", init, submodule_search_locations=[str(init.parent)])
    assert spec and spec.loader
    sys.modules["utils"] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
