"""What the chapter on the residual network decides.

Facts
-----
layers : dict of DataFrame
    `experiments.models.layer_table` of the paper's network, read as graph "T" and as graph "X".
search : dict
    `experiments.tuning.search` on graph T.
rivals : dict of list
    val_accuracy of the seeds of the points of our search, trained in full, by point.
own : list of float
    val_accuracy of the seeds of the paper's point (graph T).
merged : list of DataFrame
    Layer tables of graph T for every number of filters that the space offers for the residual branch.
flow, speed, reached : dict of list
    For networks trained in full, an entry per seed: gradient of the first layer in units of that of the last
    (`gradients.first_to_last`), the mean validation accuracy over the epochs, and that of the last epoch.
probed, untrained : dict of list
    `experiments.probes.probe_layers` and `probe_untrained` of graph T, first layer first.
"""

import numpy as np

from sixtytwo.findings import budget, paper, searches, statistics
from sixtytwo.findings.rules import (
    PROBES,
    Verdict,
    above,
    holds,
    is_best,
    offers_what_is_printed,
    rises_by_layer,
    rule,
    total,
)

PLAIN, EQUAL = "X without the shortcut", "X without it, equal parameters"
EVERYWHERE = "T, ReLU after every convolution"


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
    text="Of the points of our search, trained in full, none is more than half a point better than the paper's (95% intervals "
    "over seeds that hold for all of them together; one seed of each, five of the paper's)",
)
def best_of_search(rivals, own):
    return is_best(searches.leads(rivals, own))


# --- the shortcut


@rule(
    "C45",
    text=f"Fully trained ({budget.full_training()}): beside X without its shortcut, at equal parameters, the first layer of X "
    "gets a larger part of the gradient of the output layer (interval of the ratio above 1, paired over seeds). Whether it "
    "vanishes without the shortcut is not asked",
)
def vanishing_gradients(flow):
    helped = statistics.paired_difference(np.log(flow["X"]), np.log(flow[EQUAL]))
    with_it, without = np.mean(flow["X"]), np.mean(flow[EQUAL])
    return Verdict(
        above(helped),
        f"first/output gradient {with_it:.2f} with the shortcut, {without:.2f} without; ratio {np.exp(helped['mean']):.2f}",
        tuple(np.exp([helped["low"], helped["high"]])),
    )


@rule(
    "C46",
    text=f"Fully trained ({budget.full_training()}): X has a higher mean accuracy over the epochs than X without its "
    "shortcut, at equal parameters (interval above 0, paired over seeds)",
)
def convergence(speed):
    faster = statistics.paired_difference(speed["X"], speed[EQUAL])
    mean, *interval = statistics.points(faster)
    return Verdict(above(faster), f"mean accuracy over the epochs {mean:+.2f} points", tuple(interval))


@rule(
    "C86",
    text=f"Fully trained ({budget.full_training()}): X ends with a higher validation accuracy than X without its shortcut, at "
    "equal parameters (interval above 0, paired over seeds)",
)
def shortcut_raises_accuracy(reached):
    gain = statistics.paired_difference(reached["X"], reached[EQUAL])
    mean, *interval = statistics.points(gain)
    plain, *_ = statistics.points(statistics.paired_difference(reached["X"], reached[PLAIN]))
    return Verdict(above(gain), f"{mean:+.2f} points at equal parameters, {plain:+.2f} with the same filters", tuple(interval))


@rule(
    "C50",
    text=f"The paper states none, so there is nothing to compare with; T was fully trained ({budget.full_training()}) with "
    "ReLU after every convolution as well",
)
def activations(reached):
    mean, *interval = statistics.points(statistics.paired_difference(reached[EVERYWHERE], reached["T"]))
    return Verdict(
        "not testable",
        f"ReLU after every convolution: validation accuracy {mean:+.2f} points",
        tuple(interval),
    )


# --- what its layers learn


@rule("C73", text=PROBES)
def levels(probed, untrained):
    return rises_by_layer(probed, untrained)
