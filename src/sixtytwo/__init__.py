"""The package of the book."""

from sixtytwo.base import surroundings

surroundings.settle()
