"""Linear probes: how well a linear classifier does with what a layer of a network answers (Alain and Bengio 2017)."""

import keras
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline

from sixtytwo.base import files, store
from sixtytwo.experiments import engine, keys, models

IMAGES = 10_000, 5_000  # training images that a probe learns from, validation images that it is judged on, at most
STORED_LAYERS = ["input", "pool1", "add", "pool4", "dense"]  # what the stored steps read, whose specs do not name it


def probe_layers(runs, data, layers) -> dict[str, list[float]]:
    """Validation accuracy of a linear classifier that reads one layer of a trained network, for each layer and run.

    Parameters
    ----------
    runs : list of run
        Finished trainings of one network (`training.train`), e.g. of several seeds.
    data : Data
        Its first 10,000 training images teach the classifiers, its first 5,000 validation images judge them.
    layers : list of str
        Names of the layers that are read, each reduced to its first 128 principal components, if it has more.

    Returns
    -------
    dict of list of float
        By layer, one accuracy per run.

    Raises FileNotFoundError if the weights of a run are gone, ValueError if the network has no layer of that name.
    """
    seen = {files.digest(_spec_of(run)["data"]) for run in runs}
    others = {} if seen == {files.digest(data.digest())} else {"data": data.digest()}  # the runs name their own
    spec = _probing(runs, data, layers) | others
    return store.cached(
        "probes", spec, lambda folder: _probe([{"trained": models.packed(run)} for run in runs], data, layers)
    ).result


def probe_untrained(build, values, runs, data, layers) -> dict[str, list[float]]:
    """What `probe_layers` finds in the networks of these runs before their training.

    `build` and `values` are those that the runs were trained with. Raises ValueError if they are others.
    """
    networks = [models.build_model(build, values, seed=run["seed"]) for run in runs]
    for network, run in zip(networks, runs, strict=True):
        if files.digest(network.get_config()) != files.digest(_spec_of(run)["model"]):
            raise ValueError(f"{run['entry']} trained another network than this builder makes of {values}: expected the same.")
    spec = _probing(runs, data, layers) | {"data": data.digest()}
    fresh = [
        {"blueprint": models.blueprint(network, build, values), "seed": run["seed"]}
        for network, run in zip(networks, runs, strict=True)
    ]
    return store.cached("probes-untrained", spec, lambda folder: _probe(fresh, data, layers)).result


def _probing(runs, data, layers):
    """The part of the spec that both kinds of probes share."""
    n = [min(most, len(part)) for most, part in zip(IMAGES, (data.x_train, data.x_validation), strict=True)]
    spec = {"runs": [run["entry"] for run in runs], "n": n} | keys.version("probes")
    return spec | keys.unless(layers=(list(layers), STORED_LAYERS))


def _spec_of(run):
    """What a finished training was given."""
    if (entry := store.entry(run["entry"])) is None:
        raise FileNotFoundError(f"{run['entry']} is not in the store: execute its chapter again.")
    return entry.spec


def _probe(networks, data, layers):
    """The accuracies of the probes by layer, for networks as they travel to a worker."""
    part = data.first(IMAGES[0])
    tasks = [
        engine.Task(f"probes of network {i + 1}", _probe_one, {"network": network, "data": part, "layers": layers})
        for i, network in enumerate(networks)
    ]
    found = engine.compute(tasks)
    return {layer: [accuracies[layer] for accuracies in found] for layer in layers}


def _probe_one(network, data, layers):
    if "trained" in network:
        model = models.unpacked(network["trained"])
    else:
        model = models.from_blueprint(network["blueprint"], seed=network["seed"])
    return {layer: probe(model, layer, data) for layer in layers}


def probe(network, layer, data) -> float:
    """Validation accuracy of a linear classifier that reads a layer of a network."""
    n_train, n_validation = IMAGES
    tap = keras.Model(network.inputs, network.get_layer(layer).output)
    x_train, x_validation = (
        models.predict(tap, images).reshape(len(images), -1)
        for images in (data.x_train[:n_train], data.x_validation[:n_validation])
    )
    options = {"whiten": True, "svd_solver": "randomized", "random_state": 0}
    reduced = PCA(min(128, *x_train.shape), **options)
    linear = make_pipeline(reduced, RidgeClassifierCV((1, 10, 100, 1000)))
    linear.fit(x_train, data.y_train[:n_train])
    return float(linear.score(x_validation, data.y_validation[:n_validation]))
