"""The networks that are measured, those of the published run, and the images that they see. All in this process have all cores."""

from collections.abc import Callable

import all_cores  # noqa: F401 - before sixtytwo.experiments
import keras
import numpy as np

from sixtytwo.base import paths
from sixtytwo.data import synthetic
from sixtytwo.experiments import models, records

OF_THE_PAPER = ("mlp", "cnn", "residual_cnn")


def builder(name) -> Callable:
    """The builder of a network of the published run, without hyperparameters, compiled as it was."""
    return records.rebuild(records.load_records(paths.REFERENCE)[name])


def keras_model(name, seed=0) -> keras.Model:
    """A network of the published run with fresh weights."""
    return models.build_model(builder(name), {}, seed=seed)


def characters(n):
    """So many synthetic images and labels, drawn from 4,000 different ones."""
    images, labels = synthetic.load("train", 4_000)
    rows = np.random.default_rng(0).integers(0, len(images), n)
    return images[rows], labels[rows]
