"""Building and training: what is learnt, what is stored, what is refused."""

import dataclasses
import zipfile

import keras
import numpy as np
import pytest
from tiny import VALUES, build, train

import helpers
import store
import training

pytestmark = pytest.mark.usefixtures("own_store")


def test_unknown_or_missing_hyperparameter_is_refused():
    with pytest.raises(ValueError, match="builder has"):
        training.build_model(build, VALUES | {"layers": 3})
    with pytest.raises(ValueError, match="builder has"):
        training.build_model(build, {"units": 16})


def plain_fit(model, data, *, epochs, batch_size=64):
    """Keras as its documentation shows it: float32 arrays, one step per call."""
    images = (data.x_train / 255).astype("float32").reshape(len(data.x_train), -1)
    return model.fit(images, data.y_train, epochs=epochs, batch_size=batch_size, verbose=0).history


def loss_differences(data, rate):
    """Loss by epoch, fast minus plain, in units of its standard error over four pairs with the same start."""

    def difference(seed):
        fast, plain = (training.build_model(build, VALUES, seed=seed) for _ in range(2))
        plain.optimizer.learning_rate = 0.01 * rate
        slow = plain_fit(plain, data, epochs=2)
        quick = training.fit(fast, data.x_train, data.y_train, epochs=2, batch_size=64, seed=seed)  # other order of images
        return np.subtract(quick["loss"], slow["loss"])

    differences = np.array([difference(seed) for seed in range(4)])
    return differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))


def test_fast_training_learns_what_plain_keras_learns(data):
    assert (np.abs(loss_differences(data, 1.0)) < 6).all()
    assert (np.abs(loss_differences(data, 0.5)) > 6).any()  # the bound would notice another learning rate


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Adam(0.003), keras.optimizers.AdamW(0.003, weight_decay=0.1)], ids=["adam", "adamw"]
)
def test_fast_adam_takes_the_same_steps(data, optimizer):
    def weights_after_a_few_steps(prepare):
        model = training.build_model(build, VALUES)
        model.compile(type(optimizer).from_config(optimizer.get_config()), "sparse_categorical_crossentropy")
        prepare(model)
        batches = helpers.batches(data.x_train, data.y_train, batch_size=300, input_shape=model.input_shape)
        model.fit(batches, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()

    for fast, plain in zip(*map(weights_after_a_few_steps, (training.make_fast, lambda model: None)), strict=True):
        np.testing.assert_allclose(fast, plain, atol=1e-6)


def test_amsgrad_is_left_to_keras(data):
    model = training.build_model(build, VALUES)
    model.compile(keras.optimizers.Adam(amsgrad=True), "sparse_categorical_crossentropy")
    own = model.optimizer.update_step
    training.make_fast(model)
    assert model.optimizer.update_step == own


def convolutions(optimizer):
    keras.utils.set_random_seed(0)
    images = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(8, 3)(images)
    x = keras.layers.MaxPooling2D(4)(keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x)))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(32)(keras.layers.Flatten()(x)))
    model = keras.Model(images, keras.layers.Dense(62, "softmax")(x))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_fast_batch_normalisation_is_that_of_keras(data):
    fast, plain = (convolutions(keras.optimizers.SGD(0.01)) for _ in range(2))
    training.make_fast(fast)
    for model in (fast, plain):
        batches = helpers.batches(data.x_train, data.y_train, batch_size=300, input_shape=model.input_shape)
        model.fit(batches, shuffle=False, verbose=0)
    for a, b in zip(fast.weights, plain.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-4, err_msg=a.path)
    np.testing.assert_allclose(helpers.predict(fast, data.x_validation), helpers.predict(plain, data.x_validation), atol=1e-4)


def test_mixed_precision_is_used_only_where_it_was_asked_for_and_the_processor_has_it(data, monkeypatch):
    def losses(**options):
        model = convolutions(keras.optimizers.Adam(0.003))
        return training.fit(model, data.x_train, data.y_train, epochs=3, batch_size=64, seed=0, **options)["loss"]

    plain = losses()
    mixed = losses(mixed_precision=True)
    assert mixed == pytest.approx(plain, rel=0.02)
    assert (mixed != plain) == store.has_bfloat16()
    assert losses() == plain  # the choice ends with the training
    monkeypatch.setattr(store, "has_bfloat16", lambda: False)
    assert losses(mixed_precision=True) == plain


def test_mixed_precision_is_another_training(data):
    plain, mixed = train(data), train(data, mixed_precision=True)
    assert plain["entry"] != mixed["entry"]
    assert "mixed_precision" not in plain["training"] and mixed["training"]["mixed_precision"]


def test_last_epochs_see_the_images_as_they_are(data, monkeypatch):
    # nothing can be learned from black images
    monkeypatch.setattr(helpers, "distort", lambda images, seed, **limits: keras.ops.zeros_like(images))

    def losses(clean_epochs):
        model = training.build_model(build, VALUES)
        options = {"batch_size": 64, "seed": 0, "augmentation": {"shift": 1}, "clean_epochs": clean_epochs}
        return training.fit(model, data.x_train, data.y_train, epochs=3, **options)["loss"]

    never, finish = losses(0), losses(2)
    assert never[0] == pytest.approx(finish[0]) and finish[2] < never[2] - 0.1


def test_soft_and_one_hot_targets_train_alike(data):
    def loss(labels, name):
        model = training.build_model(build, VALUES)
        model.compile(keras.optimizers.Adam(0.01), name, metrics=["accuracy"])
        return training.fit(model, data.x_train, labels, epochs=2, batch_size=64, seed=0)["loss"]

    sparse = loss(data.y_train, "sparse_categorical_crossentropy")
    assert loss(data.y_train, "categorical_crossentropy") == pytest.approx(sparse, rel=1e-3)
    assert loss(keras.utils.to_categorical(data.y_train, 62), keras.losses.CategoricalCrossentropy()) == pytest.approx(
        sparse, rel=1e-3
    )


def test_training_is_stored_and_gives_the_same_model_back(data, monkeypatch):
    first = train(data)
    monkeypatch.setattr(training, "fit", lambda *a, **k: pytest.fail("trained again"))
    again = train(data)
    assert first == again and len(first["history"]["val_accuracy"]) == 2
    accuracy = helpers.measure(data.y_validation, helpers.predict(training.load_model(again), data.x_validation))["accuracy"]
    assert (
        accuracy
        == pytest.approx(first["validation"]["accuracy"])
        == pytest.approx(first["history"]["val_accuracy"][-1], abs=1e-6)
    )


def test_everything_that_changes_the_result_changes_the_key(data):
    entries = [
        train(data)["entry"],
        train(data, seed=1)["entry"],
        train(data, epochs=1)["entry"],
        train(data, batch_size=32)["entry"],
        train(data, VALUES | {"learning_rate": 0.003})["entry"],
        train(data, VALUES | {"units": 8})["entry"],
        train(helpers.load_train("synthetic", 990))["entry"],
    ]
    assert len(set(entries)) == len(entries)


def test_saved_model_is_compressed_and_has_no_optimizer_state(data):
    run = train(data)
    weights = sum(w.nbytes for w in training.load_model(run).get_weights())
    with zipfile.ZipFile(training.model_paths(run)[0]) as saved:
        assert sum(part.file_size for part in saved.infolist()) < 2 * weights
        assert sum(part.compress_size for part in saved.infolist()) < weights


def test_same_seed_gives_the_same_weights(data, tmp_path, monkeypatch):
    first = training.load_model(train(data)).get_weights()
    monkeypatch.setattr(store, "LOCAL", tmp_path / "another")
    second = training.load_model(train(data)).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_diverged_training_is_an_error_and_not_stored(data):
    def bad(hp):
        return build(hp, rate=(0.01, 1e38))

    with pytest.raises(FloatingPointError, match="diverged"):
        training.train(bad, VALUES | {"learning_rate": 1e38}, data, name="bad", seed=0, epochs=3)
    assert not list(store.LOCAL.glob("train-*"))


def test_runs_that_only_decide_a_question_keep_no_weights(data):
    full, predictions, metrics = train(data), train(data, keep="predictions"), train(data, keep="metrics")
    assert len({run["entry"] for run in (full, predictions, metrics)}) == 3
    assert full["validation"] == predictions["validation"] == metrics["validation"]
    expected = helpers.predict(training.load_model(full), data.x_validation).argmax(1)
    assert np.array_equal(training.predictions(predictions), expected)
    with pytest.raises(FileNotFoundError, match=r"model\.keras .* execute its chapter again"):
        training.load_model(metrics)


def test_pupil_learns_from_its_teacher_and_not_from_the_labels(data):
    teacher = train(data, epochs=3)
    shuffled = dataclasses.replace(data, y_train=np.random.default_rng(0).permutation(data.y_train))

    def one_hot(hp):
        model = build(hp)
        model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
        return model

    def accuracy(**options):
        return training.train(one_hot, VALUES, shuffled, name="pupil", seed=0, epochs=5, **options)["validation"]["accuracy"]

    assert accuracy(teacher=teacher) > accuracy() + 0.2
    assert len(list(store.LOCAL.glob("train-pupil-*"))) == 2, "the teacher is part of the key"


def test_ensemble_is_the_mean_of_its_members(data):
    runs = [train(data, seed=seed) for seed in (0, 1)]
    together = training.ensemble(runs, data, name="both")
    mean = np.mean([helpers.predict(training.load_model(run), data.x_validation) for run in runs], axis=0)
    np.testing.assert_allclose(helpers.predict(training.load_model(together), data.x_validation), mean, atol=1e-6)
    assert together["validation"]["accuracy"] == np.mean(mean.argmax(1) == data.y_validation)
    assert together["cpu_minutes"] == pytest.approx(sum(run["cpu_minutes"] for run in runs))


def test_ensemble_looks_at_shifted_views(data, monkeypatch):
    image = keras.Input((28, 28, 1))
    corner = keras.Model(image, keras.layers.Flatten()(image)[:, :62])  # the top row and a bit
    monkeypatch.setattr(training.keras.models, "load_model", lambda *a, **k: keras.models.clone_model(corner))
    monkeypatch.setattr(training, "_stored", lambda *a: None)
    views = training.load_model({"members": ["one"], "shifts": [[1, 0], [0, 2]]})
    x = np.zeros((1, 28, 28, 1), np.float32)
    x[0, 0, 5, 0] = 1.0
    found = views(x).numpy()[0]
    assert found[28 + 5] == 0.5 and found[7] == 0.5 and found.sum() == 1.0, "one row down, two columns right"
