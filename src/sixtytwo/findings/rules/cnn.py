"""What the chapter on the convolutional network decides.

Facts
-----
layers : DataFrame
    `experiments.models.layer_table` of the paper's network.
search : dict
    `experiments.tuning.search`.
winner : dict
    The run of its best point.
runs : list of dict
    `experiments.training.train` of the paper's network, one per seed.
grid : DataFrame
    `experiments.tuning.grid` of the whole space.
point : dict
    The paper's point of it.
budget : int
    Trials of our search.
replayed : dict of str to array
    `experiments.replay.replay` on the grid.
lost : dict
    (network, version of the images) -> `statistics.paired_difference` of upright against that version.
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
    best,
    best_of_grid,
    holds,
    is_equal,
    offers_what_is_printed,
    parts,
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


@rule("R19", text="The best point of the whole grid, each point trained once; within half a point of the best counts as partly")
def best_of_search(grid, point):
    return best_of_grid(searches.place_in_grid(grid, point), len(grid))


@rule(
    "C38",
    text=f"The best filters of the grid at the paper's rate ({GRID_BUDGET}, each once); within "
    "half a point of the best counts as partly",
)
def best_filters(grid, point):
    same_rate = _at_rate(grid, point)
    rank, behind = searches.place_in_grid(same_rate, point)
    return Verdict(best(behind), f"rank {rank} of {len(same_rate)} at the paper's rate, {100 * behind:.1f} points behind")


@rule(
    "C67",
    text="Positive rank correlation between parameters and validation accuracy over the CNNs at the paper's rate "
    f"({GRID_BUDGET}), p below {SIGNIFICANT}; and fully trained, the winner of our search has "
    "more parameters and is more than half a point better than the paper's network; one of them counts as partly",
)
def size_pays(grid, point, layers, search, winner, runs):
    correlation, p = searches.size_correlation(_at_rate(grid, point))
    ours = layers["parameters"].sum()
    larger = next(row["parameters"] for row in search["table"] if row["hyperparameters"] == search["best"])
    mean = np.mean([run["validation"]["accuracy"] for run in runs])
    gain = winner["validation"]["accuracy"] - mean
    return Verdict(
        parts(p < SIGNIFICANT and correlation > 0, larger > ours and gain > HALF_A_POINT),
        f"rank correlation {correlation:.2f} in short trainings; "
        f"fully trained, {larger:,} parameters against {ours:,}: {100 * gain:+.1f} points",
    )


@rule(
    "C39",
    text="Random search with our budget is more likely than not to draw the best point of the CNN's grid; to draw one within "
    "half a point of it counts as partly (the MLP's grid, which may say otherwise, is in the chapter on the MLP)",
)
def chance_of_the_best(grid, budget):
    n = len(grid)
    chances = [searches.chance_of_best(n, k, budget) for k in (1, searches.count_close(grid["val_accuracy"]))]
    likely = [chance > 0.5 for chance in chances]
    return Verdict(
        parts(*likely),
        f"chance of {budget} random trials: {chances[0]:.0%} to draw the best of {n} points, "
        f"{chances[1]:.0%} one within half a point of it",
    )


@rule(
    "C24",
    text="On the stored grid of the CNN, the median random search ends more than half a point above the median grid of equally "
    "many points, the largest that our budget allows",
)
def random_against_grid(grid, point, budget):
    n, of_grids = searches.small_grids(grid, point, budget)
    ahead = searches.median_best(grid["val_accuracy"], n) - np.median(of_grids)
    return Verdict(
        holds(ahead > HALF_A_POINT),
        f"the median random search of {n} trials ends {100 * ahead:+.1f} points against the median grid of {n} points",
    )


@rule(
    "C75",
    text="On the stored grid of the CNN, the median random search of our budget ends more than half a point below the best "
    "(the MLP's grid, which may say otherwise, is in the chapter on the MLP)",
)
def little_computing(grid, budget):
    lost = grid["val_accuracy"].max() - searches.median_best(grid["val_accuracy"], budget)
    return Verdict(holds(lost > HALF_A_POINT), f"{100 * lost:.1f} points lost by the median search of {budget} trials")


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
    conditions = is_equal(lost["MLP", "shuffled"]), lost["CNN", "shuffled"]["low"] > HALF_A_POINT
    return Verdict(parts(*conditions), f"shuffled pixels {_cost(lost, 'shuffled')}")


@rule(
    "C04",
    text=f"It would not matter: trained on {STUDY_ROWS:,} images as the files hold them, both the MLP and the CNN come within "
    "half a point of upright training (the whole interval, paired over seeds)",
)
def transposed_files(lost):
    equal = all(is_equal(lost[network, "transposed"]) for network in ("MLP", "CNN"))
    return Verdict(holds(equal), f"transposed files {_cost(lost, 'transposed')}")


@rule(
    "C76",
    text=f"Trained on {STUDY_ROWS:,} images, dropout 0.5 and augmentation each improve on the paper's setting (paired over "
    f"seeds, Holm-corrected p below {SIGNIFICANT}); one of them counts as partly",
)
def regularisation(gains, corrected):
    dropout, augmented = (statistics.points(gains[name])[0] for name in ("dropout 0.5", "augmentation"))
    better = (gains[name]["mean"] > 0 and p < SIGNIFICANT for name, p in corrected.items())
    return Verdict(parts(*better), f"dropout 0.5: {dropout:+.2f} points, augmentation: {augmented:+.2f}")
