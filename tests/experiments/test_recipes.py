"""Recorded networks, trained in another way."""

import keras
import numpy as np
import pytest
from tiny_record import recorded

from sixtytwo.experiments import models, recipes, training

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture(scope="module")
def record(data, tmp_path_factory):
    with recorded(data, tmp_path_factory.mktemp("store"), seeds=(0,)) as found:
        yield found


def planned(record, data, *parts, **changes):
    options = {"name": "other", "seed": 0, "epochs": 4, "longer": 8} | changes
    return recipes.by_recipe(record, data, parts=parts, **options)


def compiled(wanted):
    return models.build_model(wanted.build, {})


def test_no_part_is_the_recipe_of_the_paper(record, data):
    wanted = planned(record, data)
    model = compiled(wanted)
    assert type(model.optimizer) is keras.optimizers.Adam and float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert model.loss == "sparse_categorical_crossentropy"
    assert (wanted.epochs, wanted.batch_size, wanted.augmentation) == (4, 64, None)
    assert model.get_config() == models.load_model(record["runs"][0]).get_config()


@pytest.mark.parametrize("part", recipes.PARTS)
def test_each_part_changes_one_thing(record, data, part):
    usual, wanted = planned(record, data), planned(record, data, part)
    before, after = (models.compile_config(compiled(one)) for one in (usual, wanted))
    changed = {
        "cosine": before["optimizer"]["config"]["learning_rate"] != after["optimizer"]["config"]["learning_rate"],
        "AdamW": before["optimizer"]["class_name"] != after["optimizer"]["class_name"],
        "label smoothing": before["loss"] != after["loss"],
        "distortion": (wanted.augmentation, wanted.clean_epochs) != (None, 0),
        "longer": wanted.epochs == 8,
    }
    assert [name for name, found in changed.items() if found] == [part]


def test_cosine_ends_with_the_training(record, data):
    for parts, epochs in ((("cosine",), 4), (recipes.PARTS, 8)):
        schedule = compiled(planned(record, data, *parts)).optimizer._learning_rate
        steps = epochs * 15  # 900 images in batches of 64
        assert float(schedule(steps)) == pytest.approx(0, abs=1e-9) and float(schedule(steps - 5)) > 1e-6


def test_cosine_of_a_single_step_exists():
    assert np.isfinite(float(recipes.cosine(0.001, steps=1)(1)))


def test_whole_recipe_can_be_trained(record, data):
    run = training.train(planned(record, data, *recipes.PARTS, epochs=1, longer=2))
    assert run["entry"].startswith("train-tiny-other-seed0-") and len(run["history"]["loss"]) == 2


def test_unknown_part_is_refused(record, data):
    with pytest.raises(ValueError, match="no part sine of the recipe: expected some of cosine, AdamW"):
        planned(record, data, "sine")


def test_without_dropout_all_else_is_as_recorded(record, data):
    wanted = recipes.without_dropout(record, data, name="undropped", seed=0)
    rates = [layer.rate for layer in compiled(wanted).layers if isinstance(layer, keras.layers.Dropout)]
    assert not any(rates)
    assert (
        wanted.options()
        == training.Training(wanted.build, {}, data, name="", seed=0, **record["runs"][0]["training"]).options()
    )
    assert np.isclose(
        float(compiled(wanted).optimizer.learning_rate), record["compile"]["optimizer"]["config"]["learning_rate"]
    )
