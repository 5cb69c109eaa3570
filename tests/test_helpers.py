"""What the chapters share: data, batches, measures, training and search on tiny models."""

import json

import keras
import keras_tuner
import numpy as np
import pytest
from sklearn import metrics as sk

import emnist
import helpers
import results
import store


@pytest.fixture(scope="module")
def data():
    return helpers.load_train("synthetic", 1000)


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LOCAL", tmp_path / "store")
    monkeypatch.setattr(store, "PUBLISHED", tmp_path / "published")


def build(hp, rate=(0.01, 0.003)):
    inputs = keras.Input((784,), name="input")
    x = keras.layers.Dense(hp.Choice("units", [4, 8, 16]), "relu", name="hidden")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax", name="output")(x))
    adam = keras.optimizers.Adam(hp.Choice("learning_rate", list(rate)))
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


VALUES = {"units": 16, "learning_rate": 0.01}


def train(data, values=VALUES, **changes):
    return helpers.train(build, values, data, **({"name": "tiny", "seed": 0, "epochs": 2} | changes))


# --- data


def test_validation_is_the_first_tenth_and_disjoint(data):
    whole = helpers._load("synthetic", "train", 1000)[0]
    assert np.array_equal(np.concatenate([data.x_validation, data.x_train]), whole)
    assert len(data.x_validation) == 100


def test_auto_says_when_it_falls_back_to_synthetic(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("EMNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not helpers.load_train("auto", 100).is_real
    assert "synthetic" in capsys.readouterr().out


def test_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match="expected 'auto', 'emnist-byclass' or 'synthetic'"):
        helpers.load_train("mnist", 100)


@pytest.mark.parametrize("input_shape", [(None, 784), (None, 28, 28, 1)])
def test_batches_scale_and_reshape_and_keep_the_order(data, input_shape):
    x, y = next(iter(helpers.batches(data.x_train, data.y_train, batch_size=32, input_shape=input_shape)))
    assert x.shape == (32, *input_shape[1:])
    assert np.allclose(x.numpy().reshape(32, 28, 28), data.x_train[:32] / 255)
    assert np.array_equal(y, data.y_train[:32])


def test_shuffled_batches_cover_every_row_once_in_a_new_order_each_epoch(data):
    batches = helpers.batches(
        np.arange(900, dtype=np.uint8).reshape(-1, 1, 1), np.arange(900), batch_size=64, input_shape=(None, 1), shuffle_seed=0
    )
    first, second = (np.concatenate([y for _, y in batches.as_numpy_iterator()]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(900))
    assert not np.array_equal(first, second) and not np.array_equal(first, np.arange(900))


# --- distortion


def square():
    """A white square of 8×8 pixels off the centre of a black image."""
    image = np.zeros((1, 28, 28, 1), "float32")
    image[:, 8:16, 12:20] = 1
    return image


def centre_of_mass(image):
    rows, columns = np.indices((28, 28))
    return np.array([(rows * image[0, ..., 0]).sum(), (columns * image[0, ..., 0]).sum()]) / image.sum()


def test_no_distortion_is_the_identity():
    np.testing.assert_allclose(helpers.distort(square(), (0, 1)), square(), atol=1e-6)


def test_same_seed_same_distortion():
    first, again, other = (helpers.distort(square(), seed, rotation=20, shift=2) for seed in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("limits", "size", "distance"),
    [({"shift": 2}, 0, 2), ({"scale": 0.2}, 0.5, 1.5), ({"stretch": 0.2}, 0.5, 1.5), ({"rotation": 10}, 0.03, 0.6)],
    ids=["shift", "scale", "stretch", "rotation"],
)
def test_distortion_stays_within_its_limits_and_uses_them(limits, size, distance):
    images = np.repeat(square(), 200, axis=0)
    distorted = np.asarray(helpers.distort(images, (0, 0), **limits))
    areas = distorted.sum(axis=(1, 2, 3)) / square().sum() - 1
    moves = [np.abs(centre_of_mass(image[None]) - centre_of_mass(square())).max() for image in distorted]
    assert np.abs(areas).max() <= size + 0.02 and max(moves) <= distance + 0.02
    assert np.abs(areas).max() > size / 2 - 0.02 and max(moves) > 0.1


def test_last_epochs_see_the_images_as_they_are(data, monkeypatch):
    # nothing can be learned from black images
    monkeypatch.setattr(helpers, "distort", lambda images, seed, **limits: keras.ops.zeros_like(images))

    def losses(clean_epochs):
        model = helpers.build_model(build, VALUES)
        options = {"batch_size": 64, "seed": 0, "augmentation": {"shift": 1}, "clean_epochs": clean_epochs}
        return helpers.fit(model, data.x_train, data.y_train, epochs=3, **options)["loss"]

    never, finish = losses(0), losses(2)
    assert never[0] == pytest.approx(finish[0]) and finish[2] < never[2] - 0.1


def test_soft_and_one_hot_targets_train_alike(data):
    def loss(labels, name):
        model = helpers.build_model(build, VALUES)
        model.compile(keras.optimizers.Adam(0.01), name, metrics=["accuracy"])
        return helpers.fit(model, data.x_train, labels, epochs=2, batch_size=64, seed=0)["loss"]

    sparse = loss(data.y_train, "sparse_categorical_crossentropy")
    assert loss(data.y_train, "categorical_crossentropy") == pytest.approx(sparse, rel=1e-3)
    assert loss(keras.utils.to_categorical(data.y_train, 62), keras.losses.CategoricalCrossentropy()) == pytest.approx(
        sparse, rel=1e-3
    )


# --- models


def test_unknown_or_missing_hyperparameter_is_refused():
    with pytest.raises(ValueError, match="builder has"):
        helpers.build_model(build, VALUES | {"layers": 3})
    with pytest.raises(ValueError, match="builder has"):
        helpers.build_model(build, {"units": 16})


def test_macs_of_dense_and_convolution_are_counted_by_position():
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    assert results.count_macs(model) == 28 * 28 * 9 * 4 + 28 * 28 * 4 * 10


def test_layer_table_names_the_feeding_layers():
    inputs = keras.Input((4,), name="input")
    a, b = (keras.layers.Dense(3, name=name)(inputs) for name in "ab")
    table = results.layer_table(keras.Model(inputs, keras.layers.Add(name="add")([a, b]))).set_index("layer")
    assert table.loc["add", "fed by"] == "a, b" and table.loc["a", "fed by"] == "input"
    assert table.loc["a", "parameters"] == 15


# --- the fast path


def plain_fit(model, data, *, epochs, batch_size=64):
    """Keras as its documentation shows it: float32 arrays, one step per call."""
    images = (data.x_train / 255).astype("float32").reshape(len(data.x_train), -1)
    return model.fit(images, data.y_train, epochs=epochs, batch_size=batch_size, verbose=0).history


def loss_differences(data, rate):
    """Loss by epoch, fast minus plain, in units of its standard error over four pairs with the same start."""

    def difference(seed):
        fast, plain = (helpers.build_model(build, VALUES, seed=seed) for _ in range(2))
        plain.optimizer.learning_rate = 0.01 * rate
        slow = plain_fit(plain, data, epochs=2)
        quick = helpers.fit(fast, data.x_train, data.y_train, epochs=2, batch_size=64, seed=seed)  # other order of images
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
        model = helpers.build_model(build, VALUES)
        model.compile(type(optimizer).from_config(optimizer.get_config()), "sparse_categorical_crossentropy")
        prepare(model)
        batches = helpers.batches(data.x_train, data.y_train, batch_size=300, input_shape=model.input_shape)
        model.fit(batches, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()

    for fast, plain in zip(*map(weights_after_a_few_steps, (helpers.make_fast, lambda model: None)), strict=True):
        np.testing.assert_allclose(fast, plain, atol=1e-6)


def test_amsgrad_is_left_to_keras(data):
    model = helpers.build_model(build, VALUES)
    model.compile(keras.optimizers.Adam(amsgrad=True), "sparse_categorical_crossentropy")
    own = model.optimizer.update_step
    helpers.make_fast(model)
    assert model.optimizer.update_step == own


def test_epochs_never_wait_for_the_tuner_of_the_pipeline(data):
    assert helpers.batches(data.x_train, batch_size=64, input_shape=(None, 784)).options().autotune.enabled is False


# --- measures


def test_measures_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 5, 500), rng.dirichlet(np.ones(5), 500).astype("float32")
    found, predicted = helpers.measure(labels, probabilities), probabilities.argmax(1)
    assert found["accuracy"] == pytest.approx(found["recall_weighted"], abs=1e-12)
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(labels, predicted))
    assert found["f1_macro"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert found["log_loss"] == pytest.approx(-np.log(probabilities[np.arange(500), labels]).mean(), abs=1e-5)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    probabilities = np.tile([0.8, 0.2], (100, 1))
    labels = np.r_[np.zeros(60, int), np.ones(40, int)]
    assert helpers.expected_calibration_error(labels, probabilities) == pytest.approx(0.2)


# --- training


def test_training_is_stored_and_gives_the_same_model_back(data, monkeypatch):
    first = train(data)
    monkeypatch.setattr(helpers, "fit", lambda *a, **k: pytest.fail("trained again"))
    again = train(data)
    assert first == again and len(first["history"]["val_accuracy"]) == 2
    accuracy = helpers.measure(data.y_validation, helpers.predict(helpers.load_model(again), data.x_validation))["accuracy"]
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


def test_saved_model_has_no_optimizer_state(data):
    run = train(data)
    weights = sum(w.nbytes for w in helpers.load_model(run).get_weights())
    assert helpers.model_path(run).stat().st_size < 2 * weights


def test_fast_path_learns_what_plain_fit_learns(data):
    """Same model, same data, other batches order: the final losses of three seeds each must overlap."""

    def plain(seed):
        model = helpers.build_model(build, VALUES, seed=seed)
        one_hot = keras.utils.to_categorical(data.y_train, 62)
        model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
        return model.fit(data.x_train.reshape(-1, 784) / np.float32(255), one_hot, batch_size=64, epochs=4, verbose=0).history[
            "loss"
        ]

    fast = [train(data, seed=seed, epochs=4)["history"]["loss"] for seed in range(4)]
    slow = [plain(seed) for seed in range(4)]
    difference = np.mean(fast, 0) - np.mean(slow, 0)
    spread = np.sqrt(np.var(fast, 0, ddof=1) / 4 + np.var(slow, 0, ddof=1) / 4)
    assert (np.abs(difference) < 4 * spread + 0.02).all()


def test_same_seed_gives_the_same_weights(data, tmp_path, monkeypatch):
    first = helpers.load_model(train(data)).get_weights()
    monkeypatch.setattr(store, "LOCAL", tmp_path / "another")
    second = helpers.load_model(train(data)).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_diverged_training_is_an_error_and_not_stored(data):
    def bad(hp):
        return build(hp, rate=(0.01, 1e38))

    with pytest.raises(FloatingPointError, match="diverged"):
        helpers.train(bad, VALUES | {"learning_rate": 1e38}, data, name="bad", seed=0, epochs=3)
    assert not list(store.LOCAL.glob("train-*"))


# --- search


def search(data, build=build, **changes):
    return helpers.search(build, data, **({"name": "tiny", "max_trials": 3, "rows": 300, "epochs": 1} | changes))


def test_search_lists_every_trial_and_is_not_repeated(data, monkeypatch):
    found = search(data)
    assert (found["trials"], found["completed"], found["tuner"]) == (3, 3, "RandomSearch")
    assert found["space"] == {"units": [4, 8, 16], "learning_rate": [0.01, 0.003]}
    assert found["best"] == results.trial_table(found).loc[0, ["units", "learning_rate"]].to_dict()
    monkeypatch.setattr(keras_tuner.RandomSearch, "search", lambda *a, **k: pytest.fail("searched again"))
    assert search(data) == found


def test_interrupted_search_goes_on_where_it_was(data, monkeypatch):
    calls = []

    def interrupted(hp):
        calls.append(dict(hp.values))
        if len(calls) == 6:  # two corners, the tuner's look at the space, two trials; then the user's Ctrl-C
            raise KeyboardInterrupt
        return build(hp)

    with pytest.raises(KeyboardInterrupt):
        search(data, interrupted)
    ran = len(calls)
    resumed = search(data, lambda hp: (calls.append(1), build(hp))[1])
    assert resumed["completed"] == 3
    undisturbed = search(data, name="other")
    scores = [[row["val_accuracy"] for row in found["table"]] for found in (resumed, undisturbed)]
    assert scores[0] == scores[1]
    assert len(calls) - ran < 9, "finished trials were run again"


def test_failed_trials_are_counted(data):
    def fails_with_eight_units(hp):
        if hp.values.get("units") == 8:
            raise ValueError("eight is right out")
        return build(hp)

    found = search(data, fails_with_eight_units, max_trials=6)
    assert found["completed"] < found["trials"]
    assert any("eight is right out" in (row["message"] or "") for row in found["table"])


# --- records


def test_record_holds_model_and_onnx_and_is_read_back(data, tmp_path):
    run = train(data)
    path = results.record(tmp_path, "tiny", title="Tiny", build=build, values=VALUES, runs=[run], data=data)
    record = results.load_records(tmp_path)["tiny"]
    assert record == json.loads(path.read_text())
    assert record["parameters"] == 784 * 16 + 16 + 16 * 62 + 62 and record["runs"][0]["entry"] == run["entry"]
    import onnxruntime

    session = onnxruntime.InferenceSession(path.with_suffix(".onnx"))
    images = data.x_validation[:20]
    found = session.run(None, {session.get_inputs()[0].name: (images / np.float32(255))[..., None]})[0]
    assert np.allclose(found, helpers.predict(helpers.load_model(run), images), atol=1e-4)


def test_missing_records_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="execute a model chapter"):
        results.load_records(tmp_path)


def test_scores_are_kept_so_that_the_images_are_needed_once(data, monkeypatch):
    run = train(data)
    first = results.score(run, "synthetic", 200)
    monkeypatch.setattr(helpers, "load_test", lambda *a: pytest.fail("loaded the test images again"))
    again = results.score(run, "synthetic", 200)
    assert first["metrics"] == again["metrics"] and np.array_equal(first["predicted"], again["predicted"])
    assert first["metrics"]["accuracy"] == pytest.approx((first["predicted"] == first["labels"]).mean())


def test_class_names_are_those_of_the_data(data):
    assert data.class_names == emnist.CLASS_NAMES
