"""Public names are found when they are asked for, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

import utils
import utils.notebook


@pytest.mark.parametrize("module", [utils, utils.notebook], ids=lambda module: module.__name__)
def test_every_public_name_is_found_under_its_own_name(module):
    assert sorted(module.__all__) == sorted(module.PLACES)
    for name in module.__all__:
        found = getattr(module, name)
        assert found.__name__.rpartition(".")[2] == name


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match="'utils.notebook' has no attribute 'np'"):
        utils.notebook.np  # noqa: B018


def loaded_after(line: str) -> set[str]:
    """The packages of others that a fresh Python holds after this line."""
    probe = f"{line}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) & {"numpy", "scipy", "sympy", "matplotlib"}


def test_a_chapter_loads_only_what_it_names():
    assert loaded_after("import utils.notebook") == set()
    assert loaded_after("from utils.notebook import predict") == set()
    assert "sympy" not in loaded_after("from utils.notebook import explore, simulate")
