"""Table 5, the curves of Figures 3 to 6, and which network is better."""

import numpy as np

from sixtytwo.findings import comparison, paper, statistics
from sixtytwo.findings.rules import (
    SIGNIFICANT,
    Verdict,
    above,
    all_of,
    at_most_partly,
    below,
    every,
    holds,
    joined,
    rule,
)

ROW = ("accuracy", "precision_weighted", "recall_weighted", "f1_weighted")  # of Table 5
ROUNDING = 0.005  # of a printed accuracy
TOO_WIDE = 0.02  # for an interval that is to decide something
LEAD = 0.05  # in accuracy, of a good baseline over a linear classifier


def _means(tested, *columns):
    return tested.groupby("key")[list(columns)].mean().loc[list(paper.TABLE_5)]


# --- the metrics and Table 5


@rule(
    "R21",
    text="All of them but interpretability, which nobody can measure, so it counts as partly; and balanced accuracy, macro "
    "F1, log loss and calibration error",
)
def metrics(tested, seconds, records):
    columns = dict(zip(ROW, ("accuracy", "precision", "recall", "F1"), strict=True))
    measured = set(tested.columns[tested.notna().all()])
    found = [name for column, name in columns.items() if column in measured]
    found += ["time"] if set(paper.TABLE_5) <= set(seconds) else []
    found += ["parameters"] if all(records[key].get("parameters") for key in paper.TABLE_5) else []
    added = {"balanced_accuracy", "f1_macro", "log_loss", "ece"} <= measured
    return Verdict(at_most_partly(holds(added and len(found) == 6)), ", ".join(found) or "none")


def rounding_range(key) -> tuple[float, float]:
    """What is printed as the accuracy of one of the paper's networks."""
    printed = paper.TABLE_5[key]["accuracy"]
    return round(printed - ROUNDING, 3), round(printed + ROUNDING, 3)


def _is_printed(accuracy, key) -> str:
    """The verdict on a printed accuracy: whether our interval meets it; undecided without one, or if it is too wide."""
    low, high = rounding_range(key)
    if not accuracy["high"] - accuracy["low"] <= TOO_WIDE:
        return "undecided"
    return holds(accuracy["low"] < high and accuracy["high"] >= low)


def _row_of_table_5(key):
    def decide(tested, accuracies):
        row = _means(tested, *ROW).loc[key]
        _, precision, recall, f1 = row
        pattern = holds(precision < recall and round(f1, 2) <= round(precision, 2))
        word = _is_printed(accuracies[key], key)
        interval = accuracies[key]["low"], accuracies[key]["high"]
        return Verdict(all_of(word, pattern) if word == "reproduced" else word, joined(row, "{:.3f}"), interval)

    return decide


for _name, _key in zip(("R22", "R23", "R24"), paper.TABLE_5, strict=True):
    rule(
        _name,
        text="The 95% interval of our accuracy (over seeds, test images and, if it was measured, choices of the training "
        "images together) meets what is printed as {:.2f}, from {:g} to {:g}; and the printed pattern (precision below "
        "recall, F1 not above precision); the accuracy alone counts as partly; an interval wider than two points leaves it "
        "undecided".format(paper.TABLE_5[_key]["accuracy"], *rounding_range(_key)),
    )(_row_of_table_5(_key))


@rule("C51", text="The interval of each accuracy meets what is printed (R22 to R24); some of them count as partly")
def accuracies(tested, accuracies):
    ours = joined(_means(tested, "accuracy")["accuracy"], "{:.3f}")
    return Verdict(all_of(*(_is_printed(accuracies[key], key) for key in paper.TABLE_5)), ours)


@rule("C52", text="To twelve decimals; true by definition of the average weighted by support")
def recall_is_accuracy(tested):
    equal = (tested["accuracy"] - tested["recall_weighted"]).abs().max()
    return Verdict(holds(equal < 1e-12), f"largest difference {equal:.1g}")


@rule(
    "C53",
    text="For the residual network; possible because F1 is averaged over classes, some of which are hardly ever found",
)
def f1_is_lowest(tested):
    _, precision, recall, f1 = _means(tested, *ROW).loc["residual_cnn"]
    return Verdict(holds(f1 < min(precision, recall)), f"F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}")


@rule(
    "C55",
    text="Weighted precision of graph T above the MLP's and the CNN's (interval above 0, paired over seeds); one of them "
    "counts as partly. If accuracy is meant, see C60",
)
def highest_precision(tested):
    of = tested.groupby("key")["precision_weighted"].agg(list)
    ahead = {rival: statistics.paired_difference(of["residual_cnn"], of[rival]) for rival in ("mlp", "cnn")}
    word = all_of(*map(above, ahead.values()))
    return Verdict(word, f"T against the CNN {_points(ahead['cnn'])}", _interval(ahead["cnn"]))


@rule("C74", text="More than five points above a linear classifier, and better by McNemar's test")
def good_baseline(over_linear, tested):
    means = tested.groupby("key")["accuracy"].mean()
    ours = "{:.3f}, linear {:.3f}, commonest class {:.3f}".format(*means[["mlp", "linear", "majority"]])
    return Verdict(holds(_is_good_baseline(over_linear)), ours)


def _is_good_baseline(over_linear):
    found = over_linear["linear", "mlp"]
    return found["mean"] > LEAD and found["ahead"] == found["seeds"]


# --- which network is better


def _points(found):
    return f"{statistics.points(found)[0]:+.2f} points"


def _interval(found):
    return statistics.points(found)[1:]


@rule(
    "C37",
    text="More accurate than the MLP: by the interval over seeds, test images and, if it was measured, choices of the "
    "training images together, paired over seeds with Holm's correction, and by McNemar's test for every seed; refuted if "
    "that interval lies below 0",
)
def cnn_beats_mlp(compared):
    found = compared["mlp", "cnn"]
    agrees = found["ahead"] == found["seeds"]
    word = every(_is_better(found), "reproduced" if agrees else "undecided")  # that a test does not tell refutes nothing
    return Verdict(word, _points(found), _interval(found["all"]))


@rule(
    "C60",
    text="Graph T and graph X each above the CNN: by the interval over seeds, test images and, if it was measured, choices of "
    "the training images together, and paired over seeds with Holm's correction; one of them counts as partly; refuted if "
    "that interval lies below 0",
)
def residual_beats_cnn(compared):
    t, x = (compared["cnn", key] for key in ("residual_cnn", "residual_cnn_x"))
    agrees = f"(interval: T; McNemar agrees for {t['ahead']} of its {t['seeds']} seeds)"
    return Verdict(all_of(_is_better(t), _is_better(x)), f"T {_points(t)}; X {_points(x)} {agrees}", _interval(t["all"]))


def _is_better(found):
    """The verdict on "the second of a compared pair is better": by its whole interval, and significantly over the seeds."""
    word = above(found["all"])
    return "undecided" if word == "reproduced" and not found["p"] < SIGNIFICANT else word


@rule(
    "C61",
    text="Graph T and graph X each lower than both the MLP and the CNN in training, validation and test loss (interval of the "
    "difference below 0, paired over seeds); lower than both in some of them counts as partly",
)
def lowest_loss(losses, records):
    against_cnn = {}
    for (graph, rival, name), found in losses.items():
        if rival == "cnn":
            against_cnn.setdefault(records[graph]["title"], []).append(f"{name} {found['mean']:+.4f}")
    ours = "; ".join(f"{title} {', '.join(found)}" for title, found in against_cnn.items())
    from_mlp = [found["high"] < 0 for (_, rival, _), found in losses.items() if rival == "mlp"]
    return Verdict(_lowest(losses), f"minus CNN: {ours}; minus MLP: {sum(from_mlp)} of {len(from_mlp)} below 0")


def _lowest(losses):
    """The verdict on "the residual networks have the lowest losses": each graph and each loss against both rivals."""
    words = {}
    for (graph, _, name), found in losses.items():
        words.setdefault((graph, name), []).append(below(found))
    return all_of(*(every(*both) for both in words.values()))


@rule(
    "R31",
    text="By what it says that tells the networks apart: the residual network has the best accuracy (graph T, as in C60), the "
    "lowest losses (as in C61), and the MLP the shortest time (as in C57); some of them count as partly. That the CNN "
    "overfits is C62",
)
def accuracy_and_loss(compared, losses, seconds):
    fastest = holds(comparison.is_fastest(seconds, "mlp"))
    return Verdict(all_of(_is_better(compared["cnn", "residual_cnn"]), _lowest(losses), fastest), "see C57, C60 and C61")


@rule(
    "R35",
    text="By what it says that tells the networks apart: the residual network is the most accurate (graph T, as in C60). The "
    "other parts of the conclusion are judged in C45, C62, C73 and C74",
)
def conclusion(compared):
    return Verdict(_is_better(compared["cnn", "residual_cnn"]), "see C60")


# --- the course of training


def _residual_ends_ahead(metric):
    def decide(records):
        ends = {key: [run["history"][metric][-1] for run in records[key]["runs"]] for key in paper.TABLE_5}
        ahead = {key: statistics.paired_difference(ends["residual_cnn"], ends[key]) for key in ("cnn", "mlp")}
        words = [(below if "loss" in metric else above)(found) for found in ahead.values()]
        ours = joined(map(np.mean, ends.values()), "{:.4f}")
        return Verdict(every(*words), f"{ours} (interval: T minus CNN)", (ahead["cnn"]["low"], ahead["cnn"]["high"]))

    return decide


for _name, _metric in zip(("R25", "R26", "R27", "R28"), ("accuracy", "val_accuracy", "loss", "val_loss"), strict=True):
    rule(
        _name,
        text="No numbers are printed to compare with; the text puts the residual network first, so its curve (T) must end "
        "ahead of the CNN's and of the MLP's (intervals, paired over seeds)",
    )(_residual_ends_ahead(_metric))
