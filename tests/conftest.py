"""Profiles of Hypothesis, and the order in which two workers share the files."""

import pytest
from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")  # the same examples on every run
# New examples each night; a failure prints the decorator that repeats it.
settings.register_profile(
    "nightly", max_examples=10_000, deadline=None, database=None, print_blob=True
)


# The worker of the first page builds all of them; the other begins with what needs none.
FIRST_PAGE = "book/index.html"
TURNS = (FIRST_PAGE, "tests/test_", "test_reproducible.py", ".ipynb", "test_formal.py", "tests/")


def page_of(item: pytest.Item) -> str:
    """The page of the book that a test looks at, or nothing."""
    of_a_page = "tests/site/" in item.nodeid and hasattr(item, "callspec")
    return str(item.callspec.params.get("page", "")) if of_a_page else ""


def turn(item: pytest.Item) -> tuple[int, str]:
    """Its place in the order. The other pages come last: many short groups end together."""
    page, file = page_of(item), item.nodeid.split("::")[0]
    if page not in ("", FIRST_PAGE):
        return len(TURNS), page
    return next(k for k, part in enumerate(TURNS) if part in (page or file)), page


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of a page go to one worker, one after the other, as do those of another file."""
    items.sort(key=turn)
    for item in items:
        group = page_of(item) or item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
