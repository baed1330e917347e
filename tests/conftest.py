"""One hypothesis profile for all tests, and the order in which two workers share the files."""

from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")  # the same examples on every run

# The longest file first: its worker builds the pages. The other begins with what needs none.
TURNS = ("test_accessibility.py", "tests/test_", "test_reproducible.py", ".ipynb")


def pytest_collection_modifyitems(items):
    def turn(item):
        return next((k for k, part in enumerate(TURNS) if part in item.nodeid), len(TURNS))

    items.sort(key=turn)
