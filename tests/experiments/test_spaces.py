"""Spaces in which some hyperparameters exist for certain values of others only."""

import keras
import keras_tuner
import pytest
from keras import layers

from sixtytwo.drawing import charts, tables
from sixtytwo.experiments import spaces, tuning

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def finished(image, x):
    model = keras.Model(image, layers.Dense(62, "softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def deep(hp):
    """The number of layers is searched, and the width of each."""
    x = image = keras.Input((784,))
    for i in range(hp.Int("layers", 1, 3)):
        x = layers.Dense(hp.Choice(f"units_{i}", [2, 3, 4]), "relu")(x)
    return finished(image, x)


def kinds(hp):
    """One kind of layer or another, by KerasTuner's own scopes, and what only one of them has, inside of which another choice."""
    x = image = keras.Input((784,))
    kind = hp.Choice("kind", ["narrow", "wide", "none"])
    with hp.conditional_scope("kind", ["narrow"]):
        if kind == "narrow":
            x = layers.Dense(hp.Choice("narrow_units", [2, 3]))(x)
    with hp.conditional_scope("kind", ["wide"]):
        if kind == "wide":
            x = layers.Dense(hp.Int("wide_units", 4, 6))(x)
            if hp.Boolean("drop"):
                x = layers.Dropout(hp.Float("rate", 0.1, 0.5))(x)
    return finished(image, x)


def test_hyperparameters_of_further_layers_belong_to_the_space():
    assert tuning.search_space(deep) == {"layers": [1, 2, 3]} | {f"units_{i}": [2, 3, 4] for i in range(3)}
    assert {"kind", "narrow_units", "wide_units", "drop", "rate"} == set(tuning.search_space(kinds))


def test_point_has_the_hyperparameters_that_its_network_has():
    space = spaces.explored(deep)
    every = {"layers": 2, "units_0": 4, "units_1": 3, "units_2": 2}
    assert space.point(every) == {"layers": 2, "units_0": 4, "units_1": 3}
    assert space.point({"layers": 2, "units_0": 4}) == {"layers": 2, "units_0": 4, "units_1": 2}
    assert set(space.last) == set(every)


def test_space_without_conditions_is_told_to_no_tuner():
    def plain(hp):
        image = keras.Input((784,))
        return finished(image, layers.Dense(hp.Choice("units", [2, 3]), hp.Choice("activation", ["relu", "tanh"]))(image))

    space = spaces.explored(plain)
    assert not space.is_conditional and space.told == {} and space.values == {"units": [2, 3], "activation": ["relu", "tanh"]}


@pytest.mark.parametrize(("build", "tuner"), [(deep, keras_tuner.BayesianOptimization), (kinds, keras_tuner.RandomSearch)])
def test_conditional_hyperparameters_are_searched_shown_and_trained(build, tuner, data):
    found = tuning.search(build, data, name="x", max_trials=6, rows=100, epochs=1, tuner=tuner)
    assert found["completed"] == found["trials"] > 1
    points = [row["hyperparameters"] for row in found["table"]]
    if build is deep:
        assert all(set(point) == {"layers", *(f"units_{i}" for i in range(point["layers"]))} for point in points)
        assert {point.get("units_1") for point in points} - {None, 2}, "it is searched, not always its default"
    table = tables.styled(tables.trial_table(found)).to_html()
    assert "nan" not in table and "None" not in table and "2.0" not in table
    charts.draw_search(found)


def test_search_without_hyperparameters_is_one_trial(data):
    found = tuning.search(lambda hp: deep(keras_tuner.HyperParameters()), data, name="x", max_trials=3, rows=100, epochs=1)
    assert (found["space"], found["best"], found["trials"]) == ({}, {}, 1)
    charts.draw_search(found)


def test_scope_that_kerastuner_does_not_know_is_explained_before_any_trial(data):
    def nested(hp):
        x = image = keras.Input((784,))
        n = hp.Int("layers", 0, 2)
        with hp.conditional_scope("layers", [1, 2]):
            for i in range(n):
                with hp.conditional_scope("layers", list(range(i + 1, 3))):
                    x = layers.Dense(hp.Choice(f"units_{i}", [2, 3]))(x)
        return finished(image, x)

    with pytest.raises(
        ValueError, match=r"the builder nested opens a scope of the hyperparameter layers .*leave that scope out"
    ):
        tuning.search(nested, data, name="nested", max_trials=2, rows=100, epochs=1)


def test_values_that_depend_on_another_hyperparameter_are_refused_before_any_trial(data):
    def bounded(hp):
        image = keras.Input((784,))
        outer = hp.Int("outer", 4, 12, step=4)
        return finished(image, layers.Dense(hp.Int("inner", 2, outer, step=2))(layers.Dense(outer)(image)))

    with pytest.raises(ValueError, match=r"hyperparameter inner is one of 2, 4 or one of 2 … 12"):
        tuning.search(bounded, data, name="bounded", max_trials=2, rows=100, epochs=1)
