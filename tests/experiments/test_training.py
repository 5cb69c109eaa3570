"""Training: what is learnt, what is stored, what is refused."""

import dataclasses

import keras
import numpy as np
import pytest
from tiny import VALUES, build, planned, train

from sixtytwo.base import files, paths
from sixtytwo.experiments import fitting, metrics, models, pipeline, training

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def test_mixed_precision_is_another_training(data):
    plain, mixed = train(data), train(data, mixed_precision=True)
    assert plain["entry"] != mixed["entry"]
    assert "mixed_precision" not in plain["training"] and mixed["training"]["mixed_precision"]


def test_last_epochs_see_the_images_as_they_are(data, monkeypatch):
    # nothing can be learned from black images
    monkeypatch.setattr(pipeline, "distort", lambda images, seed, **limits: keras.ops.zeros_like(images))

    def losses(clean_epochs):
        model = models.build_model(build, VALUES)
        options = {"batch_size": 64, "seed": 0, "augmentation": {"shift": 1}, "clean_epochs": clean_epochs}
        return fitting.fit(model, data.x_train, data.y_train, epochs=3, **options)["loss"]

    never, finish = losses(0), losses(2)
    assert never[0] == pytest.approx(finish[0]) and finish[2] < never[2] - 0.1


def test_soft_and_one_hot_targets_train_alike(data):
    def loss(labels, name):
        model = models.build_model(build, VALUES)
        model.compile(keras.optimizers.Adam(0.01), name, metrics=["accuracy"])
        return fitting.fit(model, data.x_train, labels, epochs=2, batch_size=64, seed=0)["loss"]

    sparse = loss(data.y_train, "sparse_categorical_crossentropy")
    assert loss(data.y_train, "categorical_crossentropy") == pytest.approx(sparse, rel=1e-3)
    assert loss(keras.utils.to_categorical(data.y_train, 62), keras.losses.CategoricalCrossentropy()) == pytest.approx(
        sparse, rel=1e-3
    )


def test_training_is_stored_and_gives_the_same_model_back(data, monkeypatch):
    first = train(data)
    monkeypatch.setattr(fitting, "fit", lambda *a, **k: pytest.fail("trained again"))
    again = train(data)
    assert first == again and len(first["history"]["val_accuracy"]) == 2
    accuracy = metrics.measure(data.y_validation, models.predict(models.load_model(again), data.x_validation))["accuracy"]
    assert (
        accuracy
        == pytest.approx(first["validation"]["accuracy"])
        == pytest.approx(first["history"]["val_accuracy"][-1], abs=1e-6)
    )


def test_same_seed_gives_the_same_weights(data, tmp_path, monkeypatch):
    first = models.load_model(train(data)).get_weights()
    monkeypatch.setattr(paths, "LOCAL", tmp_path / "another")
    second = models.load_model(train(data)).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_diverged_training_is_an_error_and_not_stored(data):
    def bad(hp):
        return build(hp, rate=(0.01, 1e38))

    with pytest.raises(FloatingPointError, match="diverged"):
        train(data, VALUES | {"learning_rate": 1e38}, build=bad, name="bad", epochs=3)
    assert not list(paths.LOCAL.glob("train-*"))


def test_runs_that_only_decide_a_question_keep_no_weights(data):
    full, predictions, metrics = train(data), train(data, keep="predictions"), train(data, keep="metrics")
    assert len({run["entry"] for run in (full, predictions, metrics)}) == 3
    assert full["validation"] == predictions["validation"] == metrics["validation"]
    expected = models.predict(models.load_model(full), data.x_validation).argmax(1)
    assert np.array_equal(models.predictions(predictions), expected)
    with pytest.raises(FileNotFoundError, match=r"model\.keras .* execute its chapter again"):
        models.load_model(metrics)


def test_pupil_learns_from_its_teacher_and_not_from_the_labels(data):
    teacher = train(data, epochs=3)
    shuffled = dataclasses.replace(data, y_train=np.random.default_rng(0).permutation(data.y_train))

    def one_hot(hp):
        model = build(hp)
        model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
        return model

    def accuracy(**options):
        return train(shuffled, build=one_hot, name="pupil", epochs=5, **options)["validation"]["accuracy"]

    assert accuracy(teacher=teacher) > accuracy() + 0.2
    assert len(list(paths.LOCAL.glob("train-pupil-*"))) == 2, "the teacher is part of the key"


def test_ensemble_is_the_mean_of_its_members(data):
    runs = [train(data, seed=seed) for seed in (0, 1)]
    together = training.ensemble(runs, data, name="both")
    mean = np.mean([models.predict(models.load_model(run), data.x_validation) for run in runs], axis=0)
    np.testing.assert_allclose(models.predict(models.load_model(together), data.x_validation), mean, atol=1e-6)
    assert together["validation"]["accuracy"] == np.mean(mean.argmax(1) == data.y_validation)
    assert together["cpu_minutes"] == pytest.approx(sum(run["cpu_minutes"] for run in runs))


def test_runs_come_back_in_the_form_and_order_of_what_was_wanted(data):
    wanted = {"seeds": [planned(data, seed=1, epochs=1), planned(data, seed=0, epochs=1)], "other": planned(data, name="other")}
    runs = training.train(wanted)
    assert [run["seed"] for run in runs["seeds"]] == [1, 0] and runs["other"]["entry"].startswith("train-other-seed0-")
    assert runs["seeds"] == [train(data, seed=1, epochs=1), train(data, seed=0, epochs=1)]
    assert training.train([]) == [] and training.train({"none": []}) == {"none": []}


def test_training_without_values_asks_after_its_search(data):
    with pytest.raises(ValueError, match=r"tiny-winner, seed 0: there are no values .*did every trial of its search fail\?"):
        train(data, None, name="tiny-winner")


def test_values_that_the_builder_does_not_have_are_refused_before_anything_is_trained(data):
    with pytest.raises(ValueError, match="the builder has"):
        training.train([planned(data), planned(data, VALUES | {"layers": 3})])
    assert not paths.LOCAL.exists()


def test_one_training_that_failed_leaves_its_error_in_its_place_if_that_is_wanted(data):
    def bad(hp):
        return build(hp, rate=(0.01, 1e38))

    wanted = [planned(data, VALUES | {"learning_rate": 1e38}, build=bad, epochs=3), planned(data)]
    error, run = training.train(wanted, failures="return")
    assert isinstance(error, FloatingPointError) and run == train(data)


def test_gap_between_training_and_validation_accuracy_is_kept_without_weights(data):
    full, run = train(data), train(data, keep="gap")
    n = len(data.y_validation)
    known = models.predict(models.load_model(full), data.x_train[:n]).argmax(1) == data.y_train[:n]
    assert run["gap"] == pytest.approx(known.mean() - full["validation"]["accuracy"])
    assert [path.name for path in (paths.LOCAL / run["entry"]).iterdir()] == ["entry.json"]


def test_weights_of_classes_may_be_given_as_keras_has_them(data):
    weights = [1.0 + i for i in range(62)]
    ways = (
        weights,
        dict(reversed(list(enumerate(weights)))),
        np.array(weights),
        dict(zip(np.arange(62), weights, strict=True)),
    )
    made = [planned(data, class_weight=way) for way in ways]
    assert all(training.class_weight == weights for training in made)
    assert len({training.step().spec["class_weight"][3] for training in made}) == 1


@pytest.mark.parametrize("weights", [[1.0, 2.0], {0: 1.0}, {str(i): 1.0 for i in range(62)}, {i + 1: 1.0 for i in range(62)}])
def test_weights_that_are_not_those_of_the_classes_are_refused(weights, data):
    with pytest.raises(ValueError, match="expected one for each of the 62 classes"):
        planned(data, class_weight=weights)


def test_numbers_of_numpy_are_taken_for_what_they_are(data):
    plain = planned(data)
    same = planned(
        data,
        {"units": np.int64(16), "learning_rate": np.float64(0.01)},
        seed=np.int64(0),
        epochs=np.int32(2),
        batch_size=np.uint8(64),
    )
    assert same == plain and files.digest(same.step().spec) == files.digest(plain.step().spec)


@pytest.mark.parametrize("changes", [{"epochs": 0}, {"batch_size": 0}, {"seed": 1.0}, {"epochs": "2"}])
def test_number_that_is_none_for_a_training_is_named(changes, data):
    [(name, value)] = changes.items()
    with pytest.raises(ValueError, match=f"^{name}={value!r}: expected"):
        planned(data, **changes)
