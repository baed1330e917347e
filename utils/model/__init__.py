"""Worlds and policies in floats and fractions, and the named examples of the book."""
