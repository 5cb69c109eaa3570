"""Recorded networks trained in another way: by another recipe, by a part of it, without dropout.

What a network is (its architecture) and how it is trained (its recipe) are two things; these trainings change one of them.
"""

import math

import keras

from sixtytwo.experiments import records
from sixtytwo.experiments.training import Training

PARTS = ("cosine", "AdamW", "label smoothing", "distortion", "longer")  # of the recipe of the modern network
RATE, PEAK = 0.001, 0.002  # constant, and of the cosine, in batches of 64
WEIGHT_DECAY, SMOOTHING = 0.05, 0.1
DISTORTION = {"rotation": 8.0, "shear": 0.15, "stretch": 0.1, "shift": 2.0}
BATCH_SIZE = 64


def cosine(rate, steps) -> keras.optimizers.schedules.CosineDecay:
    """A learning rate that rises for 15% of the steps, then falls along a cosine (Loshchilov and Hutter 2017)."""
    up = math.ceil(0.15 * steps)
    return keras.optimizers.schedules.CosineDecay(rate / 100, max(1, steps - up), warmup_target=rate, warmup_steps=up)


def by_recipe(record, data, *, parts, name, seed, epochs, longer, keep="metrics") -> Training:
    """The training of a recorded architecture as the paper trains, with some parts of the modern recipe.

    Parameters
    ----------
    record : dict
        The record of a network (`records.load_records`).
    data : Data
    parts : iterable of str
        Of `PARTS`; none is the paper's own recipe (Adam, a constant rate, no distortion), all the whole modern one.
    name : str
        Of the stored step, `train-<key>-<name>-seed<seed>`.
    epochs, longer : int
        Of the paper's recipe, and with the part "longer". A quarter of them, the last ones, show no distortion.

    Raises ValueError for a part that there is not.
    """
    if unknown := set(parts) - set(PARTS):
        raise ValueError(f"no part {', '.join(sorted(unknown))} of the recipe: expected some of {', '.join(PARTS)}.")
    architecture = records.rebuild(record)
    epochs = longer if "longer" in parts else epochs
    steps = epochs * math.ceil(len(data.x_train) / BATCH_SIZE)

    def build(hp):
        model = architecture(hp)
        rate = cosine(PEAK, steps) if "cosine" in parts else RATE
        adam = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY) if "AdamW" in parts else keras.optimizers.Adam(rate)
        loss = "sparse_categorical_crossentropy"
        if "label smoothing" in parts:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)
        model.compile(adam, loss, metrics=["accuracy"])
        return model

    how = {"epochs": epochs, "batch_size": BATCH_SIZE, "keep": keep}
    if "distortion" in parts:
        how |= {"augmentation": DISTORTION, "clean_epochs": max(1, epochs // 4)}
    how |= {"mixed_precision": record["runs"][0]["training"].get("mixed_precision", False)}
    return Training(build, {}, data, name=f"{record['key']}-{name}", seed=seed, **how)


def without_dropout(record, data, *, name, seed, keep="gap") -> Training:
    """The recorded training of a network whose dropout layers do nothing."""
    build, how = records.rebuild(record, dropout=0.0), record["runs"][0]["training"]
    return Training(build, {}, data, name=f"{record['key']}-{name}", seed=seed, keep=keep, **how)
