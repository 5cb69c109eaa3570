"""Score trained networks on the test images."""

import numpy as np

from sixtytwo.base import store
from sixtytwo.data import loading, registry, synthetic
from sixtytwo.experiments import keys, metrics, models


def score(run, dataset, n_test) -> dict:
    """Score the trained model of a run on the first `n_test` test images. Only the evaluation chapter does this.

    Returns metrics (`measure`), and per image predicted (class), confidence (its probability) and the true labels. The
    scores are stored, so that a published run can be evaluated where the images are not.
    """
    spec = _spec(run, dataset, n_test)

    def compute(folder):
        images, labels = loading.load_test(dataset, n_test)
        probabilities = models.predict(models.load_model(run), images)
        predicted = probabilities.argmax(1).astype(np.uint8)
        confidence = probabilities.max(1).astype(np.float16)
        np.savez_compressed(folder / "scores.npz", predicted=predicted, confidence=confidence, labels=labels)
        return metrics.measure(labels, probabilities)

    entry = store.cached(f"test-{_name(run)}", spec, compute)
    with np.load(entry.path("scores.npz"), allow_pickle=False) as arrays:
        return {"metrics": entry.result, **{name: arrays[name] for name in arrays.files}}


def score_scaled(run, dataset, n_test, temperature) -> dict:
    """Metrics (`measure`) of a trained model on the test images if its probabilities are scaled by a temperature.

    The answers stay those of `score`; only how sure they are changes. Stored like scores.
    """
    temperature = round(temperature, 3)  # so that rounding of the fit asks for no new step

    def compute(folder):
        images, labels = loading.load_test(dataset, n_test)
        probabilities = np.maximum(models.predict(models.load_model(run), images).astype("float64"), 1e-12)
        scaled = probabilities ** (1 / temperature)
        return metrics.measure(labels, scaled / scaled.sum(axis=1, keepdims=True))

    spec = _spec(run, dataset, n_test) | {"temperature": temperature}
    return store.cached(f"scaled-{_name(run)}", spec, compute).result


def _name(run):
    return run["entry"].removeprefix("train-").rsplit("-", 1)[0]


def _spec(run, dataset, n_test):
    digests = models.model_digests(run)
    spec = keys.version("scoring") | {"model": digests[0], "dataset": dataset, "n_test": n_test}
    spec |= {"synthetic": synthetic.VERSION} | registry.digests(dataset)
    return spec | ({"model": digests, "shifts": run["shifts"]} if "members" in run else {})
