"""Keras's random numbers, out of reach of other threads.

Keras draws the seeds of weights and dropout from Python's generator, which all threads of a process share. Dask's threads use it
too, so that the same seed would not always give the same weights. Here Keras gets a generator of its own, with the same numbers.
"""

import random

import keras


class _Own(random.Random):
    """A generator that nobody else draws from; what it is seeded with, Python's is seeded with as before."""

    def seed(self, a=None, version=2):
        super().seed(a, version)
        if a is not None:
            random.seed(a, version)


own = _Own()
keras.utils.set_random_seed.__globals__["random"] = own
keras.random.SeedGenerator.__init__.__globals__["python_random"] = own


def set_all(seed):
    """Seed Python, NumPy and TensorFlow, and with them what Keras draws."""
    keras.utils.set_random_seed(seed)
