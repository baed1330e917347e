"""Ground: checks of input, statistics, words for a reader, linear algebra over any field."""
