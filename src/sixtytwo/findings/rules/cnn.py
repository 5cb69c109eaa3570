"""What the chapter on the convolutional network decides.

Facts
-----
layers : DataFrame
    `experiments.models.layer_table` of the paper's network.
search : dict
    `experiments.tuning.search`.
grid : DataFrame
    `experiments.tuning.grid` of the whole space.
point, budget : dict, int
    The paper's point of it; trials of our search.
rivals : dict of list
    val_accuracy of the seeds of the best points of the space, trained in full, by point.
rivals_at_rate : dict of list
    Those of them that have the paper's rate.
own : list of float
    val_accuracy of the seeds of the paper's point.
by_size : dict of list
    The smallest network of the space, the paper's and the largest, trained in full: dicts with accuracy (on training images,
    last epoch), val_accuracy and cpu_minutes, one per seed.
replayed : dict of str to array
    `experiments.replay.replay` on the grid.
lost : dict
    (network, version of the images) -> `statistics.paired_difference` of upright against that version.
lost_of_both : dict
    Network -> `comparison.difference_of_answers` of upright against transposed.
gains : dict
    Variant of the network -> `statistics.paired_difference` of it against the paper's setting.
corrected : dict
    Variant that the paper wishes for -> p value of its gain after Holm's correction.
"""

import numpy as np

from sixtytwo.findings import budget as budgets
from sixtytwo.findings import paper, searches, statistics
from sixtytwo.findings.rules import (
    HALF_A_POINT,
    SIGNIFICANT,
    Verdict,
    above,
    all_of,
    correlates,
    every,
    holds,
    is_best,
    is_none,
    offers_what_is_printed,
    rule,
    total,
)

STUDY_ROWS = budgets.FULL_RUN["search_rows"]  # training images of the experiments with shuffled pixels, dropout, augmentation
GRID_BUDGET = budgets.short_training("grid")  # of each point of the grid


def _has_printed_rows(layers):
    rows = zip(layers["layer"], layers["output shape"].str[1:], layers["parameters"], strict=True)
    return list(rows)[1:] == paper.TABLES_2_AND_3


def _kernels(layers):
    return sorted(set(layers["kernel"]) - {""})


def _at_rate(grid, point):
    return grid[grid["learning_rate"] == point["learning_rate"]]


def _cost(lost, version):
    mlp, cnn = (statistics.in_points(lost[network, version]) for network in ("MLP", "CNN"))
    return f"cost the MLP {mlp} and the CNN {cnn} points"


@rule("R11", text="Every row of Tables 2 and 3, the kernels, the order and the total")
def tables_2_and_3(layers):
    is_chain = layers["fed by"].to_list()[1:] == layers["layer"].to_list()[:-1]
    as_printed = _has_printed_rows(layers) and paper.is_printed_total(layers, "cnn")
    return Verdict(holds(as_printed and is_chain and _kernels(layers) == ["3x3"]), total(layers))


@rule("C33", text="The printed number of parameters")
def parameters(layers):
    return Verdict(holds(paper.is_printed_total(layers, "cnn")), total(layers))


@rule("C34", text="Dense, dropout, output in this order; the output layer is the second fully connected one")
def last_layers(layers):
    last = layers["layer"].to_list()[-3:]
    return Verdict(holds(last == ["dense", "dropout", "output"]), ", ".join(last))


@rule(
    "C35",
    text="All convolutions of the CNN are 3 × 3 and give the printed parameters of every row; the only other kernel is the "
    "1 × 1 that Table 4 needs (C41)",
)
def kernels(layers):
    found = _kernels(layers)
    sizes = " and ".join(size.replace("x", " × ") for size in found)
    return Verdict(holds(found == ["3x3"] and _has_printed_rows(layers)), f"{sizes} throughout")


@rule("R16", text=f"The printed values are all there, with the rate {paper.REPORTED_RATE} added")
def space_of_search(search):
    return offers_what_is_printed(search["space"], "cnn")


@rule(
    "R19",
    text=f"Of the ten best points of the grid ({GRID_BUDGET}), trained in full, none is more than half a point better than "
    "the paper's point (95% intervals over seeds that hold for all ten together; one seed of each, five of the paper's)",
)
def best_of_search(rivals, own):
    return is_best(searches.leads(rivals, own))


@rule("C38", text="As R19, for those of the ten that have the paper's rate")
def best_filters(rivals_at_rate, own):
    return is_best(searches.leads(rivals_at_rate, own))


@rule(
    "C67",
    text="Positive rank correlation between parameters and validation accuracy over the CNNs at the paper's rate "
    f"({GRID_BUDGET}), p below {SIGNIFICANT}; and fully trained, the largest network of the space is better than the paper's "
    "(interval of the difference over seeds above 0); one of them counts as partly",
)
def size_pays(grid, point, by_size):
    correlation, p = searches.size_correlation(_at_rate(grid, point))
    gain = statistics.difference(*(_all(by_size[size], "val_accuracy") for size in ("largest", "paper")))
    mean, *interval = statistics.points(gain)
    return Verdict(
        all_of(correlates(correlation, p), above(gain)),
        f"rank correlation {correlation:.2f} in short trainings; "
        f"largest against the paper's, fully trained: {mean:+.2f} points",
        tuple(interval),
    )


@rule(
    "C84",
    text=f"Over the CNNs at the paper's rate ({GRID_BUDGET}) training accuracy, validation accuracy and processor time rise "
    f"with the parameters (rank correlations, p below {SIGNIFICANT}), and fully trained the smallest network of the space is "
    "behind the paper's in training and in validation accuracy (intervals over seeds); some of them count as partly",
)
def filters_capture_more(grid, point, by_size):
    same_rate = _at_rate(grid, point)
    rises = {name: searches.size_correlation(same_rate, name) for name in ("accuracy", "val_accuracy", "cpu_seconds")}
    lost = {
        name: statistics.difference(*(_all(by_size[size], name) for size in ("paper", "smallest")))
        for name in ("accuracy", "val_accuracy")
    }
    found = ", ".join(f"{name} {correlation:+.2f}" for name, (correlation, _) in rises.items())
    mean, *interval = statistics.points(lost["val_accuracy"])
    return Verdict(
        all_of(*(correlates(*one) for one in rises.values()), *map(above, lost.values())),
        f"rank correlations with the parameters: {found}; smallest behind the paper's, fully trained: {mean:.2f} points",
        tuple(interval),
    )


def _all(runs, name):
    return [run[name] for run in runs]


@rule(
    "C24",
    text="On the stored grid of the CNN, the median random search ends more than half a point above the median grid of "
    "equally many points, the largest that our budget allows",
)
def random_against_grid(grid, point, budget):
    n, of_grids = searches.small_grids(grid, point, budget)
    ahead = searches.median_best(grid["val_accuracy"], n) - np.median(of_grids)
    return Verdict(
        holds(ahead > HALF_A_POINT),
        f"the median random search of {n} trials ends {100 * ahead:+.1f} points against the median grid of {n} points",
    )


@rule("R39", text="Bayesian optimisation and Hyperband were replayed against random search")
def better_search(grid, replayed):
    medians = ", ".join(f"{name} {np.median(curves[:, -1]):.3f}" for name, curves in replayed.items())
    full = len(grid["history"].iloc[0])
    trials = max(curves.shape[1] // full for curves in replayed.values())
    return Verdict(
        holds({"Bayesian optimisation", "Hyperband", "random search"} <= set(replayed)),
        f"median best after {trials} trials: {medians}",
    )


@rule(
    "C32",
    text=f"Trained on {STUDY_ROWS:,} images, shuffling the pixels changes the MLP by less than half a point and costs the CNN "
    "more than that (the whole intervals, paired over seeds); one of them counts as partly",
)
def shuffled_pixels(lost):
    words = is_none(lost["MLP", "shuffled"]), above(lost["CNN", "shuffled"], HALF_A_POINT)
    return Verdict(all_of(*words), f"shuffled pixels {_cost(lost, 'shuffled')}")


@rule(
    "C04",
    text=f"It would not matter: trained on {STUDY_ROWS:,} images as the files hold them, both the MLP and the CNN come within "
    "half a point of upright training (the whole interval, over seeds and over validation images)",
)
def transposed_files(lost_of_both):
    words = [is_none(lost_of_both[network]) for network in ("MLP", "CNN")]
    ours = " and ".join(f"the {network} {statistics.in_points(one)}" for network, one in lost_of_both.items())
    return Verdict(every(*words), f"transposed files cost {ours} points")


@rule(
    "C76",
    text=f"Trained on {STUDY_ROWS:,} images, dropout 0.5 and augmentation each improve on the paper's setting (paired over "
    f"seeds, Holm-corrected p below {SIGNIFICANT}); one of them counts as partly",
)
def regularisation(gains, corrected):
    dropout, augmented = (statistics.points(gains[name])[0] for name in ("dropout 0.5", "augmentation"))
    decided = {name: p < SIGNIFICANT or gains[name]["high"] <= 0 for name, p in corrected.items()}
    words = [above(gains[name]) if known else "undecided" for name, known in decided.items()]
    return Verdict(all_of(*words), f"dropout 0.5: {dropout:+.2f} points, augmentation: {augmented:+.2f}")
