"""How the error of a network falls as it gets more training images."""

import math

from sixtytwo.experiments import records, training


def learning_curves(recorded, data, sizes, *, seeds, fewest_steps) -> dict[str, dict[int, list[float]]]:
    """Errors on the validation images of recorded networks, trained again on the first n training images.

    Parameters
    ----------
    recorded : dict of str to record
        From `records.load_records`, by key.
    data : Data
    sizes : list of int
        Values of n; those that the data have not are left out.
    seeds : dict of str to list of int
        For each network.
    fewest_steps : int
        Every training takes at least so many steps, in more epochs than were recorded if need be.

    Returns
    -------
    By key of the network: errors of the seeds by n; last, those of the recorded runs, by the number of images that they were
    trained on.
    """
    wanted = {}
    for key, record in recorded.items():
        options = record["runs"][0]["training"]
        for n in (n for n in sizes if n <= len(data.x_train)):
            enough = math.ceil(fewest_steps / math.ceil(n / options["batch_size"]))
            how = {"name": "learning", "epochs": max(options["epochs"], enough), "keep": "metrics"}
            wanted[key, n] = [records.retraining(record, data.first(n), seed=seed, **how) for seed in seeds[key]]
    runs = {key: {} for key in recorded}
    for (key, n), found in training.train(wanted).items():
        runs[key][n] = found
    for key, record in recorded.items():
        runs[key][record["data"]["n_train"]] = record["runs"]
    return {key: {n: [1 - run["validation"]["accuracy"] for run in of] for n, of in by_n.items()} for key, by_n in runs.items()}
