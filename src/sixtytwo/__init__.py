"""The package of the book."""

from sixtytwo.base import quiet

quiet.hush()
