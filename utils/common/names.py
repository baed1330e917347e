"""Public names that are found when they are first asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def find(name: str, owner: str, places: Mapping[str, str]) -> Any:
    """The object behind a public name of the module ``owner``.

    ``places`` says where each name lives: ``"utils.exact"`` is a module, and
    ``"utils.model.mdp:FiniteMDP"`` a name in one. Raises AttributeError for any other name.
    """
    if name not in places:
        raise AttributeError(f"module {owner!r} has no attribute {name!r}")
    module, _, attribute = places[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found
