"""What the full run takes (`notebooks/profiles/paper.yaml`): the sizes that the texts of rules name and that a verdict needs."""

from sixtytwo.findings import paper

FULL_RUN = {  # numbers of images, trainings, epochs and repeats, named as the parameters of the chapters
    "n_train": paper.IMAGES["training"],
    "n_test": paper.IMAGES["test"],
    "epochs": paper.EPOCHS,
    "max_trials": 10,
    "search_rows": 30_000,
    "search_epochs": 5,
    "grid_free": 4,
    "grid_rows": 20_000,
    "grid_epochs": 4,
    "study_epochs": 10,
    "ablation_rows": 30_000,
    "ablation_epochs": 8,
    "long_epochs": 30,
    "timing_repeats": 3,
}
TIMED_EPOCHS = 2 * FULL_RUN["timing_repeats"]  # of each network (`experiments.timing`)


def is_full_run(**sizes) -> bool:
    """Whether a chapter was executed with the sizes of the full run, for which its rules are written.

    Parameters
    ----------
    **sizes
        Parameters of the chapter: those of `FULL_RUN` must be equal to it; of a list of seeds, several are needed.

    Raises KeyError for a size that `FULL_RUN` does not have.
    """
    seeds = [size for name, size in sizes.items() if name.endswith("seeds")]
    numbers = {name: size for name, size in sizes.items() if not name.endswith("seeds")}
    return numbers == {name: FULL_RUN[name] for name in numbers} and all(len(several) > 1 for several in seeds)


def are_full_records(records) -> bool:
    """Whether all networks of the paper are among these records by key, with several seeds and the sizes of the full run."""
    if not set(paper.NETWORKS) <= set(records):
        return False
    return all(
        is_full_run(n_train=record["data"]["n_train"] + record["data"]["n_validation"], seeds=record["runs"])
        and all(is_full_run(epochs=run["training"]["epochs"]) for run in record["runs"])
        for record in map(records.get, paper.NETWORKS)
    )


def short_training(kind) -> str:
    """The images and epochs of a short training of the full run: "search" or "grid"."""
    return f"{FULL_RUN[f'{kind}_rows']:,} images, {FULL_RUN[f'{kind}_epochs']} epochs"


def full_training() -> str:
    """The images and epochs of a training of the full run."""
    return f"{9 * FULL_RUN['n_train'] // 10:,} images, {FULL_RUN['epochs']} epochs"


def in_words(number) -> str:
    """A small number as the texts of rules write it; KeyError for one that none of them names."""
    return {6: "six", 10: "ten"}[number]
