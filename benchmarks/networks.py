"""The networks that are measured: those of the published run."""

import keras

from sixtytwo.base import paths
from sixtytwo.experiments import models, records

OF_THE_PAPER = ("mlp", "cnn", "residual_cnn")


def keras_model(name, seed=0) -> keras.Model:
    """A network of the published run with fresh weights, compiled as it was."""
    record = records.load_records(paths.REFERENCE)[name]
    return models.build_model(records.rebuild(record), {}, seed=seed)
