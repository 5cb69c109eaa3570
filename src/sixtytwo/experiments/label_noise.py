"""Labels that are probably wrong: confident learning on networks that have not seen them (Northcutt et al. 2021)."""

import cleanlab
import numpy as np

from sixtytwo.base import store
from sixtytwo.experiments import cost, engine, fitting, keys, models, records

_METHOD = "confident_learning"  # of cleanlab


def find_label_noise(record, data, *, folds) -> tuple[np.ndarray, np.ndarray]:
    """Training images whose labels are suspect, the most suspect first; a stored step.

    Each part of the training images is judged by a network that was trained on the others.

    Parameters
    ----------
    record : dict
        One of `records.load_records`; its first run says how its network is trained.
    data : Data
    folds : int
        Parts: image i belongs to part i modulo `folds`.

    Returns
    -------
    rows : int array (suspects,)
        Numbers of the images in `data.x_train`.
    read_as : int array (suspects,)
        The class that the network prefers.

    Raises
    ------
    ValueError
        Fewer than two parts, or more than there are images.
    """
    if not 2 <= folds <= len(data.x_train):
        raise ValueError(f"{folds} folds of {len(data.x_train):,} training images: expected from 2 to one for each image.")
    spec = {"model": record["runs"][0]["entry"], "data": data.digest(), "folds": folds}
    spec |= {"cleanlab": [cleanlab.__version__, _METHOD]} | keys.version("label_noise")

    def compute(folder):
        p = _out_of_fold(record, data, folds)
        suspects = cleanlab.filter.find_label_issues(
            data.y_train, p, filter_by=_METHOD, return_indices_ranked_by="self_confidence"
        )
        np.savez_compressed(folder / "suspects.npz", rows=suspects, read_as=p[suspects].argmax(1))
        return {"suspects": len(suspects), "images": len(p)}

    entry = store.cached("label-noise", spec, compute)
    with np.load(entry.path("suspects.npz"), allow_pickle=False) as arrays:
        return arrays["rows"], arrays["read_as"]


def _out_of_fold(record, data, folds):
    """Probabilities, float32 (n, classes), for all training images, from networks that were not trained on them."""
    build, options = records.rebuild(record), record["runs"][0]["training"]
    model = models.build_model(build, {})
    arguments = {"network": models.blueprint(model, build, {}), "data": data, "folds": folds} | options
    seconds = cost.of_training(model, images=len(data.x_train) * options["epochs"])
    p = np.zeros((len(data.x_train), len(data.class_names)), np.float32)
    answers = engine.compute(
        [
            engine.Task(f"label noise, part {part + 1} of {folds}", _answer_part, arguments | {"part": part}, seconds)
            for part in range(folds)
        ]
    )
    for part, answer in enumerate(answers):
        p[part::folds] = answer
    return p


def _answer_part(network, data, *, part, folds, **options):
    """What a network says about a part of the training images after it was trained on the others."""
    model, others = models.from_blueprint(network, seed=part), data.without_part(part, folds)
    fitting.fit(model, others.x_train, others.y_train, seed=part, **options)
    return models.predict(model, data.x_train[part::folds])
