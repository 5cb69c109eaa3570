"""How long a training will take, roughly: enough to start the longest first and to say what is left."""

from sixtytwo.base import machine
from sixtytwo.experiments import models

# Seconds on one thread, fitted to the 480 stored trainings of the published run: eight of ten within a third of what they took.
PER_IMAGE = 21e-6
PER_MULTIPLY_ADD = 83e-12  # of the forward pass of an image
PER_MULTIPLY_ADD_BFLOAT16 = 40e-12
PER_DISTORTION = 60e-6


def of_training(model, *, images, distorted=False, mixed_precision=False) -> float:
    """Estimated seconds of a training on one thread; `images` is their number times the epochs."""
    fast = mixed_precision and machine.has_bfloat16()
    arithmetic = models.count_macs(model) * (PER_MULTIPLY_ADD_BFLOAT16 if fast else PER_MULTIPLY_ADD)
    return images * (PER_IMAGE + arithmetic + PER_DISTORTION * distorted)
