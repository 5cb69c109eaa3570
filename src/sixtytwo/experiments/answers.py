"""What recorded networks say about images that they were not trained on, and about some that they were."""

import numpy as np

from sixtytwo.experiments import models


def validation_answers(record, data) -> list[np.ndarray]:
    """Probabilities, float32 (n, classes), that each run of a recorded network gives the validation images.

    Raises ValueError if it was trained on other classes than those of the data.
    """
    known = record["data"]["class_names"]
    if known != list(data.class_names):
        raise ValueError(
            f"{record['key']} was trained on the {len(known)} classes of {record['data']['dataset']}, and {data.dataset} has "
            f"{'others' if len(known) == len(data.class_names) else len(data.class_names)}: expected the same; choose that "
            "dataset, or the results_dir of networks that were trained on this one."
        )
    return [models.predict(models.load_model(run), data.x_validation) for run in record["runs"]]


def training_gaps(record, data, answers) -> list[float]:
    """Accuracy of each run of a recorded network on training images, as many as for validation, minus that on the latter.

    `answers` are its `validation_answers`. NaN if the data hold no image that it was trained on.
    """
    n, trained, same = len(data.y_validation), record["data"], record["data"]["sha256"] == data.digest()
    # Of EMNIST any number of images are the first ones, of which a tenth is for validation; other data are drawn anew.
    begins_alike = trained["dataset"] == data.dataset and data.dataset.startswith("emnist-")
    first = max(n, trained["n_validation"])
    rows = slice(first - n, min(first + n, trained["n_validation"] + trained["n_train"]) - n)
    images, labels = data.x_train[rows], data.y_train[rows]
    if not (same or begins_alike) or not len(labels):
        return [float("nan")] * len(answers)
    gaps = []
    for run, p in zip(record["runs"], answers, strict=True):
        known = models.predict(models.load_model(run), images).argmax(1) == labels
        gaps.append(float(np.mean(known) - np.mean(p.argmax(1) == data.y_validation)))
    return gaps
