"""Profiles of Hypothesis, and the order in which two workers share the files."""

from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")  # the same examples on every run
# New examples each night; a failure prints the decorator that repeats it.
settings.register_profile(
    "nightly", max_examples=10_000, deadline=None, database=None, print_blob=True
)

# The longest file first: its worker builds the pages. The other begins with what needs none.
TURNS = ("test_accessibility.py", "tests/test_", "test_reproducible.py", ".ipynb")


def pytest_collection_modifyitems(items):
    def turn(item):
        return next((k for k, part in enumerate(TURNS) if part in item.nodeid), len(TURNS))

    items.sort(key=turn)
