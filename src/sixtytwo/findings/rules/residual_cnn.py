"""What the chapter on the residual network decides.

Facts
-----
layers : dict of DataFrame
    `experiments.models.layer_table` of the paper's network, read as graph "T" and as graph "X".
search : dict
    `experiments.tuning.search` on graph T.
winner : dict
    The run of its best point.
runs : list of dict
    `experiments.training.train` of graph T, one per seed.
point : dict
    The paper's point of the search space.
merged : list of DataFrame
    Layer tables of graph T for every number of filters that the space offers for the residual branch.
flow, speed : dict of list
    For the networks of the short trainings, an entry per seed: gradient of the first layer in units of that of the last
    (`gradients.first_to_last`), and the mean validation accuracy over the epochs.
probed, untrained : dict of list
    `experiments.probes.probe_layers` and `probe_untrained` of graph T, first layer first.
"""

import itertools

import numpy as np

from sixtytwo.findings import budget, paper, statistics
from sixtytwo.findings.rules import (
    HALF_A_POINT,
    Verdict,
    at_most_partly,
    holds,
    offers_what_is_printed,
    parts,
    rule,
    total,
)

VANISHED = 0.1  # a tenth
PLAIN = "X without the shortcut"

_BUDGET = f"({budget.short_training('search')})"


# --- the network that was built


@rule("R12", text="Shapes, parameters, kernels and wiring of every row of Table 4, and the total")
def table_4(layers):
    rows = layers["T"].assign(**{"output shape": layers["T"]["output shape"].str[1:]})
    as_printed = sorted(map(tuple, rows.to_numpy()[1:])) == sorted(paper.TABLE_4)  # the branches have no order
    return Verdict(holds(as_printed and paper.is_printed_total(layers["T"], "residual_cnn")), total(layers["T"]))


@rule("C40", text="The printed number of parameters, true of both graphs")
def parameters(layers):
    ours = " and ".join(dict.fromkeys(f"{table['parameters'].sum():,}" for table in layers.values()))
    as_printed = all(paper.is_printed_total(table, "residual_cnn") for table in layers.values())
    return Verdict(holds(as_printed), f"{ours} parameters")


@rule("C49", text="Equal for every point of the space; otherwise Add could not be built")
def filters_that_are_added(merged):
    channels = [
        tuple(table.set_index("layer").loc[name, "output shape"][-1] for name in ("residual", "conv3")) for table in merged
    ]
    are_equal = all(residual == conv3 for residual, conv3 in channels)
    return Verdict(holds(are_equal), "equal for every point of the space" if are_equal else f"{channels}")


# --- the search


@rule("R17", text=f"The printed values are all there, with the rate {paper.REPORTED_RATE} added")
def space_of_search(search):
    return offers_what_is_printed(search["space"], "residual_cnn")


@rule(
    "R20",
    text="The winner of our search; a mean over the seeds within half a point of our winner, which is fully trained once, "
    "counts as partly",
)
def best_of_search(search, winner, runs, point):
    ahead = winner["validation"]["accuracy"] - np.mean([run["validation"]["accuracy"] for run in runs])
    drawn = "" if point in [row["hyperparameters"] for row in search["table"]] else "not "
    return Verdict(
        "reproduced" if search["best"] == point else at_most_partly(ahead <= HALF_A_POINT),
        f"our winner (one seed) against the mean: {100 * ahead:+.1f} points; the paper's point was {drawn}drawn",
    )


# --- the shortcut


@rule(
    "C45",
    text=f"Short trainings {_BUDGET}: in X without its shortcut the gradient of the first layer falls below a tenth of the last one's, and "
    "with the shortcut it is larger (interval of the ratio above 1, paired over seeds)",
)
def vanishing_gradients(flow):
    helped = statistics.paired_difference(np.log(flow["X"]), np.log(flow[PLAIN]))
    with_it, without = np.mean(flow["X"]), np.mean(flow[PLAIN])
    return Verdict(
        holds(without < VANISHED and helped["low"] > 0),
        f"first/output gradient {with_it:.2f} with the shortcut, {without:.2f} without; ratio {np.exp(helped['mean']):.2f}",
        tuple(np.exp([helped["low"], helped["high"]])),
    )


@rule(
    "C46",
    text=f"Short trainings {_BUDGET}: T and X each have a higher mean accuracy over the epochs than X without its shortcut, at equal "
    "parameters, paired over seeds; one of them counts as partly",
)
def convergence(speed):
    faster = {name: statistics.paired_difference(speed[name], speed[PLAIN]) for name in ("T", "X")}
    (t, *_), (x, *interval) = map(statistics.points, faster.values())
    return Verdict(
        parts(*(found["low"] > 0 for found in faster.values())),
        f"mean accuracy over the epochs: T {t:+.2f}, X {x:+.2f} points (interval: X)",
        tuple(interval),
    )


@rule(
    "C50",
    text=f"The paper states none, so there is nothing to compare with; ReLU everywhere was tried in short trainings {_BUDGET}",
)
def activations(speed):
    mean, *interval = statistics.points(statistics.paired_difference(speed["T, ReLU everywhere"], speed["T"]))
    return Verdict(
        "not testable",
        f"ReLU also after the 1 × 1 and after Add: mean accuracy over the epochs {mean:+.2f} points",
        tuple(interval),
    )


# --- what its layers learn


@rule(
    "C73",
    text="Linear probes get better at every step from the input to the last hidden layer, for every seed, and at the last one "
    "they are better than before training; what the levels stand for is not shown by that, so it then counts as partly",
)
def levels(probed, untrained):
    *_, last = probed
    steps = [np.subtract(after, before) for before, after in itertools.pairwise(probed.values())]
    rises = all(min(step) > 0 for step in [*steps, np.subtract(probed[last], untrained[last])])
    by_layer = ", ".join(f"{layer} {np.mean(found):.3f}" for layer, found in probed.items())
    return Verdict(at_most_partly(rises), f"{by_layer}; {last}, untrained, {np.mean(untrained[last]):.3f}")
