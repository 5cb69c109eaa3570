"""How the error of a network falls as it gets more training images."""

import math

from sixtytwo.experiments import records


def learning_curve(record, data, sizes, *, seeds, fewest_steps) -> dict[int, list[float]]:
    """Errors on the validation images of a recorded network, trained again on the first n training images.

    Parameters
    ----------
    record : dict
        One of `records.load_records`.
    data : Data
    sizes : list of int
        Values of n; those that the data have not are left out.
    seeds : list of int
    fewest_steps : int
        Every training takes at least so many steps, in more epochs than were recorded if need be.

    Returns
    -------
    Errors of the seeds by n; last, those of the recorded runs, by the number of images that they were trained on.
    """
    options = record["runs"][0]["training"]
    found = {}
    for n in sizes:
        if n > len(data.x_train):
            continue
        enough = math.ceil(fewest_steps / math.ceil(n / options["batch_size"]))
        epochs = max(options["epochs"], enough)
        runs = [
            records.retrain(record, data.first(n), name="learning", seed=seed, epochs=epochs, keep="metrics") for seed in seeds
        ]
        found[n] = [1 - run["validation"]["accuracy"] for run in runs]
    return found | {record["data"]["n_train"]: [1 - run["validation"]["accuracy"] for run in record["runs"]]}
