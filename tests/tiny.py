"""A network so small that tests can train it."""

import keras

from sixtytwo.experiments import training


def build(hp, rate=(0.01, 0.003)):
    inputs = keras.Input((784,), name="input")
    x = keras.layers.Dense(hp.Choice("units", [4, 8, 16]), "relu", name="hidden")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax", name="output")(x))
    adam = keras.optimizers.Adam(hp.Choice("learning_rate", list(rate)))
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


VALUES = {"units": 16, "learning_rate": 0.01}


def planned(data, values=VALUES, build=build, **changes):
    return training.Training(build, values, data, **({"name": "tiny", "seed": 0, "epochs": 2} | changes))


def train(data, values=VALUES, **changes):
    return training.train(planned(data, values, **changes))
