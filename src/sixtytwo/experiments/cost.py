"""How long a training will take, roughly: enough to start the longest first and to say what is left."""

import math

from sixtytwo.experiments import models

# Seconds on one thread, fitted to the stored trainings of the published run.
PER_IMAGE = 20e-6
PER_MULTIPLY_ADD = 60e-12  # of the forward pass of one image
PER_PARAMETER = 1.5e-9  # and step: the update by Adam


def of_training(model, *, images, batch_size) -> float:
    """Estimated seconds of a training on one thread; `images` is their number times the epochs."""
    steps = math.ceil(images / batch_size)
    per_image = PER_IMAGE + PER_MULTIPLY_ADD * models.count_macs(model)
    return images * per_image + steps * PER_PARAMETER * model.count_params()
