"""One hypothesis profile for all tests: the same examples on every run, no deadline."""

from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")
