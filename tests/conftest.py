"""Profiles of Hypothesis, and the order in which two workers share the tests."""

from __future__ import annotations

import re

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")  # the same examples on every run
# New examples each night; a failure prints the decorator that repeats it.
settings.register_profile(
    "nightly", max_examples=10_000, deadline=None, database=None, print_blob=True
)


# The worker of the first page builds all of them; the other begins with what needs none.
FIRST_PAGE = "book/index.html"
TURNS = (FIRST_PAGE, "tests/test_", "test_reproducible.py", ".ipynb", "test_formal.py", "tests/")
PAGE = re.compile(r"(?:book/[\w-]+|search|genindex)\.html")


def group_of(test: str) -> str:
    """The page that a test of the built site looks at; the file of any other test."""
    file, _, name = test.partition("::")
    page = PAGE.search(name) if file.startswith("tests/site/") else None
    return page[0] if page else file


def turn(item: pytest.Item) -> tuple[int, str]:
    """Its place in the order. The other pages come last: many short groups end together."""
    group = group_of(item.nodeid)
    if PAGE.fullmatch(group) and group != FIRST_PAGE:
        return len(TURNS), group
    return next(k for k, part in enumerate(TURNS) if part in group), ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=turn)


class ByPage(LoadScopeScheduling):
    """All tests of a page go to one worker, one after the other, as do those of another file."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByPage:
    return ByPage(config, log)
