"""What chapter 03 decides: the multilayer perceptron, its search, and its settings.

Facts
-----
layers : DataFrame
    `experiments.models.layer_table` of the paper's network.
settings : dict
    How it is trained: batch_size, epochs, dropout, activation (of the output), loss, optimizer.
search : dict
    `experiments.tuning.search`.
grid, full_grid : DataFrame
    `experiments.tuning.grid` of the whole space, each point trained as in a trial, and in full.
rivals, beyond : dict of list
    val_accuracy of the seeds of the best points of the space and of networks beyond it, trained in full, by point.
own : list of float
    val_accuracy of the seeds of the paper's point.
activations : DataFrame
    val_accuracy of the paper's network with each hidden activation (columns), fully trained, a row per seed.
classical : dict of float
    Accuracy of nearest "neighbours" and of a support vector "machine" on the raw pixels.
"""

from sixtytwo.findings import budget, grids, paper, searches, statistics
from sixtytwo.findings.rules import (
    HALF_A_POINT,
    Verdict,
    above,
    all_of,
    any_of,
    at_most_partly,
    holds,
    is_best,
    offers_what_is_printed,
    parts,
    rule,
    total,
)

BUDGET = budget.short_training("search")  # of each point of the grid, as of a trial
HIGH, USUAL, LOW = 0.01, 0.001, 0.0001  # learning rates
RISES = 0.2  # a rank correlation above it counts
FIVE_POINTS = 0.05


# --- the network that was built


@rule("R10", text="Every row of Table 1, and the total")
def table_1(layers):
    rows = list(zip(layers["layer"], _units(layers), layers["parameters"], strict=True))
    return Verdict(holds(rows == paper.TABLE_1 and paper.is_printed_total(layers, "mlp")), total(layers))


@rule(
    "C15",
    text="The network that the paper calls best has three layers of 200 units and the printed number of parameters; whether "
    "it is best is R18 and C21",
)
def three_layers_of_200(layers):
    hidden = _units(layers)[layers["layer"].str.startswith("dense")]
    return Verdict(holds(hidden.to_list() == 3 * [200] and paper.is_printed_total(layers, "mlp")), total(layers))


@rule("C16", text="It follows the last hidden layer, as Table 1 has it")
def place_of_the_dropout(layers):
    before = layers["layer"].shift()[layers["layer"] == "dropout"].item()
    return Verdict(holds(before == "dense3"), "after the last hidden layer" if before == "dense3" else f"after {before}")


@rule("R13", text="Read from the compiled network and from the parameters of the run")
def fixed_settings(settings):
    is_fixed = _is_fixed(settings) and _is_classifier(settings) and settings["optimizer"] == "Adam"
    return Verdict(holds(is_fixed), _settings(settings))


@rule("C22", text="Fixed here as there; other dropouts are tried with C76")
def batch_size_dropout_epochs(settings):
    return Verdict(holds(_is_fixed(settings)), _settings(settings))


@rule("C23", text="Read from the compiled network")
def cross_entropy_after_softmax(settings):
    loss = "cross-entropy" if "crossentropy" in settings["loss"] else settings["loss"]
    return Verdict(holds(_is_classifier(settings)), f"{settings['activation']}, {loss}")


def _units(layers):
    return layers["output shape"].str[-1]


def _settings(settings):
    return f"batch {settings['batch_size']}, {settings['epochs']} epochs, dropout {settings['dropout']}"


def _is_fixed(settings):
    found = (settings["batch_size"], settings["epochs"], settings["dropout"])
    return found == (paper.BATCH_SIZE, paper.EPOCHS, paper.DROPOUT)


def _is_classifier(settings):
    return settings["activation"] == "softmax" and "crossentropy" in settings["loss"]


# --- the search


@rule("R14", text="KerasTuner's RandomSearch, without a failed trial")
def random_search(search):
    failed = search["trials"] - search["completed"]
    is_random = search["tuner"] == "RandomSearch"
    return Verdict(holds(is_random and not failed), f"{search['trials']} trials, {failed} failed")


@rule(
    "R15",
    text=f"The printed values are all there; the rate {paper.REPORTED_RATE}, which the paper reports but does not list, was "
    "added",
)
def search_space(search):
    return offers_what_is_printed(search["space"], "mlp")


@rule("C20", text="The four values, one width for all layers as in Table 1")
def units(search):
    found = search["space"]["units"]
    return Verdict(holds(found == paper.SEARCH_SPACES["mlp"]["units"]), ", ".join(map(str, found)))


_ALL_IN_FULL = f"every point of the grid is trained in full ({budget.full_training()}), seed 0"


@rule(
    "R18",
    text=f"Of the ten best of the space ({_ALL_IN_FULL}) none is more than half a point better than the paper's "
    "point, over five seeds of each, other seeds than the one that chose them (95% intervals that hold for all ten together)",
)
def best_of_the_space(rivals, own):
    return is_best(searches.leads(rivals, own))


@rule(
    "C21",
    text="As R18, for the ten best of the space and for networks beyond it, which are trained in full over three seeds; one "
    "of the two counts as partly",
)
def the_search_found_the_best(rivals, beyond, own):
    inside, outside = (is_best(searches.leads(found, own)) for found in (rivals, beyond))
    ours = f"inside: {inside.ours}; beyond: {outside.ours} (interval: beyond)"
    return Verdict(all_of(inside.word, outside.word), ours, outside.interval)


# --- what the hyperparameters do


@rule(
    "C18",
    text="Three layers of 200 units fully trained, paired over seeds: sigmoid above both others (intervals above 0); above "
    "one counts as partly",
)
def sigmoid_is_best(activations):
    lead = {name: _lead_of_sigmoid(activations, name) for name in activations if name != "sigmoid"}
    rival = min(lead, key=lambda name: lead[name]["mean"])
    mean, *interval = statistics.points(lead[rival])
    ours = f"{activations.mean().idxmax()} is best; sigmoid against {rival} {mean:+.2f} points"
    return Verdict(all_of(*map(above, lead.values())), ours, tuple(interval))


@rule(
    "C19",
    text="Another activation is as good as ReLU at one depth at least: at three layers over seeds (less than half a point "
    f"behind, by the whole interval), or at any depth by the best point of the grid ({_ALL_IN_FULL}). The reason, "
    "that the network is simple, is not tested",
)
def relu_need_not_win(full_grid, activations):
    by_depth = full_grid.pivot_table("val_accuracy", "layers", "activation", "max")
    level = (by_depth.drop(columns="relu").max(axis=1) >= by_depth["relu"]).any()
    relu, names = activations["relu"], activations.columns.drop("relu")
    others = {name: statistics.paired_difference(activations[name], relu) for name in names}
    rival = max(others, key=lambda name: others[name]["mean"])
    words = holds(level), *(above(found, -HALF_A_POINT) for found in others.values())
    best = ", ".join(f"{name} ({depth})" for depth, name in by_depth.idxmax(axis=1).items())
    mean, *interval = statistics.points(others[rival])
    ours = f"best by number of layers: {best}; {rival} against ReLU, three layers: {mean:+.2f} points"
    return Verdict(any_of(*words), ours, tuple(interval))


def _lead_of_sigmoid(activations, name):
    return statistics.paired_difference(activations["sigmoid"], activations[name])


@rule(
    "C29",
    text="Over the grid, training accuracy or processor seconds rise with the parameters (rank correlation above "
    f"{RISES}); because the third part, overfitting, cannot be judged there, it then counts as partly",
)
def size(grid):
    by_size = grids.effect_of_size(grid)
    ours = ", ".join(f"{name} {value:+.2f}" for name, value in by_size.items())
    rises = any(by_size[name] > RISES for name in ("accuracy", "cpu_seconds"))
    return Verdict(at_most_partly(holds(rises)), ours)


@rule(
    "C30",
    text=f"Over the grid, {HIGH} falls back between epochs (by more than half a point) more often than {USUAL}, and {LOW} is "
    "behind after the first epoch; one of them counts as partly",
)
def learning_rates(grid):
    rates = grids.learning_rates(grid)
    first, falls_back = rates["first epoch"], rates["falls back"]
    word = parts(falls_back[HIGH] > falls_back[USUAL], first[LOW] < first[USUAL])
    ours = f"falling back: {falls_back[HIGH]:.0%} of the points at {HIGH}, {falls_back[USUAL]:.0%} at {USUAL}"
    return Verdict(word, ours)


@rule(
    "C79",
    text=f"Each of the two falls more than five points below the best MLP of the grid ({BUDGET}) on the same raw "
    "pixels; one of them counts as partly. The support vector machine sees a third of the images",
)
def classical_methods(classical, grid):
    best_mlp = grid["val_accuracy"].max()
    word = parts(*(accuracy < best_mlp - FIVE_POINTS for accuracy in classical.values()))
    ours = "nearest neighbours {neighbours:.3f}, support vector machine {machine:.3f}, ".format(**classical)
    return Verdict(word, f"{ours}MLP {best_mlp:.3f}")
