"""The package of the book."""

from sixtytwo.base import quiet, surroundings

surroundings.settle()
quiet.hush()
