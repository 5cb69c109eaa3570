"""Table 5, the curves of Figures 3 to 6, and which network is better."""

import numpy as np

from sixtytwo.findings import comparison, paper, statistics
from sixtytwo.findings.rules import Verdict, at_most_partly, holds, joined, parts, rule

ROW = ("accuracy", "precision_weighted", "recall_weighted", "f1_weighted")  # of Table 5
BELOW, ABOVE = 0.015, 0.025  # a band around a printed accuracy
LEAD = 0.05  # in accuracy, of a good baseline over a linear classifier


def _means(tested, *columns):
    return tested.groupby("key")[list(columns)].mean().loc[list(paper.TABLE_5)]


# --- the metrics and Table 5


@rule(
    "R21",
    text="All of them but interpretability, which nobody can measure, so it counts as partly; and balanced accuracy, macro F1, "
    "log loss and calibration error",
)
def metrics(tested, seconds, records):
    columns = dict(zip(ROW, ("accuracy", "precision", "recall", "F1"), strict=True))
    measured = set(tested.columns[tested.notna().all()])
    found = [name for column, name in columns.items() if column in measured]
    found += ["time"] if set(paper.TABLE_5) <= set(seconds) else []
    found += ["parameters"] if all(records[key].get("parameters") for key in paper.TABLE_5) else []
    added = {"balanced_accuracy", "f1_macro", "log_loss", "ece"} <= measured
    return Verdict(at_most_partly(added and len(found) == 6), ", ".join(found) or "none")


def band(key) -> tuple[float, float]:
    """Where the accuracy of one of the paper's networks must lie."""
    printed = paper.TABLE_5[key]["accuracy"]
    return round(printed - BELOW, 3), round(printed + ABOVE, 3)


def _is_inside(tested, key):
    low, high = band(key)
    return low <= _means(tested, "accuracy").loc[key, "accuracy"] <= high


def _row_of_table_5(key):
    def decide(tested):
        row = _means(tested, *ROW).loc[key]
        _, precision, recall, f1 = row
        as_printed = precision < recall and round(f1, 2) <= round(precision, 2)
        word = parts(_is_inside(tested, key), as_printed) if _is_inside(tested, key) else "not reproduced"
        interval = statistics.interval_over_seeds(tested.loc[tested["key"] == key, "accuracy"])
        return Verdict(word, joined(row, "{:.3f}"), interval)

    return decide


for _name, _key in zip(("R22", "R23", "R24"), paper.TABLE_5, strict=True):
    rule(
        _name,
        text="Accuracy from {:g} to {:g}, and the printed pattern (precision below recall, F1 not above precision); accuracy "
        "alone counts as partly. The interval is the accuracy's, over seeds; the seconds are C56".format(*band(_key)),
    )(_row_of_table_5(_key))


@rule("C51", text="Each mean over the seeds lies in its band (R22 to R24); some of them count as partly")
def accuracies(tested):
    ours = joined(_means(tested, "accuracy")["accuracy"], "{:.3f}")
    return Verdict(parts(*(_is_inside(tested, key) for key in paper.TABLE_5)), ours)


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
    text="Weighted precision of graph T above the MLP's and the CNN's (interval above 0, paired over seeds); one of them counts "
    "as partly. If accuracy is meant, see C60",
)
def highest_precision(tested):
    of = tested.groupby("key")["precision_weighted"].agg(list)
    ahead = {rival: statistics.paired_difference(of["residual_cnn"], of[rival]) for rival in ("mlp", "cnn")}
    word = parts(*(found["low"] > 0 for found in ahead.values()))
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
    text="More accurate than the MLP: paired over seeds with Holm's correction, and by McNemar's test for every seed",
)
def cnn_beats_mlp(compared):
    found = compared["mlp", "cnn"]
    return Verdict(holds(comparison.is_better(found) and found["ahead"] == found["seeds"]), _points(found), _interval(found))


@rule(
    "C60",
    text="Graph T and graph X each above the CNN: paired over seeds with Holm's correction, and with the bootstrap interval over "
    "test images above 0; one of them counts as partly",
)
def residual_beats_cnn(compared):
    t, x = (compared["cnn", key] for key in ("residual_cnn", "residual_cnn_x"))
    agrees = f"(interval: T; McNemar agrees for {t['ahead']} of its {t['seeds']} seeds)"
    return Verdict(
        parts(comparison.is_better(t), comparison.is_better(x)), f"T {_points(t)}; X {_points(x)} {agrees}", _interval(t)
    )


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
    below = [found["high"] < 0 for (_, rival, _), found in losses.items() if rival == "mlp"]
    return Verdict(
        parts(*comparison.lowest_losses(losses)), f"minus CNN: {ours}; minus MLP: {sum(below)} of {len(below)} below 0"
    )


@rule(
    "R31",
    text="Best accuracy (graph T, as in C60) and lowest loss (C61) for the residual network, shortest time for the MLP (C57); some "
    "of them count as partly. That the CNN overfits is C62",
)
def accuracy_and_loss(compared, losses, seconds):
    best = comparison.is_better(compared["cnn", "residual_cnn"])
    return Verdict(
        parts(best, all(comparison.lowest_losses(losses)), comparison.is_fastest(seconds, "mlp")), "see C57, C60 and C61"
    )


@rule(
    "R35",
    text="The best network is the residual one (graph T, as in C60), or the MLP is a good baseline (C74); because the other parts "
    "of the conclusion are judged in C45, C62 and C73, it then counts as partly",
)
def conclusion(compared, over_linear):
    best = comparison.is_better(compared["cnn", "residual_cnn"])
    return Verdict(at_most_partly(best or _is_good_baseline(over_linear)), "see C60 and C74")


# --- the course of training


def _mlp_ends_behind(metric):
    def decide(records):
        ends = {key: np.array([run["history"][metric][-1] for run in records[key]["runs"]]) for key in paper.TABLE_5}
        better = np.less if "loss" in metric else np.greater
        behind = [better(ends[key], ends["mlp"]).all() for key in paper.TABLE_5 if key != "mlp"]
        return Verdict(holds(all(behind)), joined(map(np.mean, ends.values()), "{:.3f}"))

    return decide


for _name, _metric in zip(("R25", "R26", "R27", "R28"), ("accuracy", "val_accuracy", "loss", "val_loss"), strict=True):
    rule(_name, text="No numbers are printed to compare with; the MLP must end behind both other networks for every seed")(
        _mlp_ends_behind(_metric)
    )
