"""Tables that compare models. `titles` holds the title of each model by key, and names the rows."""

import itertools

import numpy as np
import pandas as pd

from sixtytwo.drawing import prose


def _between(limits, digits="{:.4f}–{:.4f}"):
    return digits.format(*limits) if np.isfinite(limits).all() else ""


def _points(low, high):
    return _between((100 * low, 100 * high), "{:+.2f} to {:+.2f}")


def _p(p):
    return "below 1e-300" if p < 1e-300 else f"{p:.2g}"


def cochran_text(found) -> str:
    """Cochran's Q test (`cochran`) in words."""
    return "not defined" if found is None else f"Q = {found['statistic']:,.0f} (p: {_p(found['p'])})"


def results_table(means, titles, paper):
    """The paper's Table 5, ours and the paper's side by side.

    Parameters
    ----------
    means : DataFrame
        One row per key: accuracy, precision_weighted, recall_weighted, f1_weighted, seconds (of ten epochs).
    paper : dict
        `TABLE_5`; empty if it does not apply.
    """
    columns = {"accuracy": "accuracy", "precision_weighted": "precision", "recall_weighted": "recall"}
    columns |= {"f1_weighted": "F1", "seconds": "seconds"}
    ours = means[list(columns)].rename(columns=columns)
    theirs = pd.DataFrame(paper).T.reindex(index=means.index, columns=list(columns)).rename(columns=columns)
    side_by_side = list(itertools.product(columns.values(), ("ours", "paper")))
    table = pd.concat({"ours": ours, "paper": theirs}, axis=1).swaplevel(axis=1)[side_by_side]
    digits = {column: "{:.2f}" if column[1] == "paper" else "{:.3f}" for column in table}
    digits |= {("seconds", who): "{:.0f}" for who in ("ours", "paper")}
    return table.rename(index=titles).style.format(digits, na_rep="")


def interval_table(means, intervals, titles):
    """Accuracy with its intervals, and the metrics in which every class counts the same.

    Parameters
    ----------
    means : DataFrame
        One row per key: seeds (their number), accuracy, f1_macro, balanced_accuracy, log_loss, ece.
    intervals : dict
        "images", "seeds" and "macro F1": the interval (low, high) by key.
    """
    images, seeds, f1 = ({key: found[key] for key in means.index} for found in intervals.values())
    columns = {
        "accuracy": means["accuracy"].map("{:.4f}".format),
        "over images": {key: _between(found) for key, found in images.items()},
        "seeds": means["seeds"],
        "over seeds": {key: _between(found) for key, found in seeds.items()},
        "macro F1": {key: f"{means.loc[key, 'f1_macro']:.3f} ({_between(f1[key], '{:.3f}–{:.3f}')})" for key in f1},
        "balanced": means["balanced_accuracy"].map("{:.3f}".format),
        "log loss": means["log_loss"].map("{:.3f}".format),
        "ECE": means["ece"].map("{:.3f}".format),
    }
    return pd.DataFrame(columns).loc[means.index].rename(index=titles).style


def mcnemar_table(found, titles):
    """McNemar's test for pairs of models (`mcnemar_of_pairs`)."""
    columns = ["first", "second", "only 1st right", "only 2nd right", "p (Holm)"]
    table = found.assign(p=found["p"].map(_p)).replace({"first": titles, "second": titles})
    return table.set_axis(columns, axis=1).style.hide(axis="index")


def ranking_table(compared, titles):
    """Pairs of models (`compare`): the difference in percentage points and what chance has to do with it."""
    rows = [
        {
            "first": titles[a],
            "second": titles[b],
            "difference": f"{100 * one['mean']:+.2f}",
            "over seeds": _points(one["low"], one["high"]),
            "over images": _points(*one["images"]),
            "together": _points(one["all"]["low"], one["all"]["high"]) if one["seeds"] > 1 else "",
            "p (Holm)": f"{one['p']:.2g}" if one["seeds"] > 1 else "",
            "seeds": f"{one['ahead']} of {one['seeds']}",
        }
        for (a, b), one in compared.items()
    ]
    return pd.DataFrame(rows).style.hide(axis="index")


def difference_text(one) -> str:
    """A difference of two models (`compare`) in words: points, and its interval with what it covers; of a single one, images."""
    low, high, luck = one["all"]["low"], one["all"]["high"], one["covers"]
    if one["seeds"] == 1:
        (low, high), luck = one["images"], ["test images"]
    covers = " and ".join(filter(None, [", ".join(luck[:-1]), luck[-1]]))
    return f"{100 * one['mean']:+.2f} points ({_points(low, high)} over {covers})"


def loss_table(losses, differences, titles):
    """Mean losses of each model, and below them the differences with their intervals (`loss_differences`)."""
    rows = {titles[key]: {name: f"{np.mean(values):.4f}" for name, values in found.items()} for key, found in losses.items()}
    for (graph, rival, name), found in differences.items():
        text = prose.with_interval(found["mean"], (found["low"], found["high"]), "{:+.4f}")
        rows.setdefault(f"{titles[graph]} minus {titles[rival]}", {})[name] = text
    return pd.DataFrame(rows).T.style


def scatter_table(found, titles):
    """How much the trials of each search differ (`scatter_of_trials`, by key)."""
    columns = ["best", "median", "worst", "sd", "close"]
    table = pd.DataFrame(found, index=columns).T.rename(index=titles, columns={"close": "close to the best"})
    return table.style.format("{:.3f}").format("{:.0%}", subset=["close to the best"])


def winner_table(accuracies, winners, titles):
    """Test accuracy of the seeds of each model, and of the winner of its search (by key)."""
    rows = {
        titles[key]: {
            "configuration": f"{np.mean(accuracies[key]):.4f}",
            "lowest to highest seed": _between((min(accuracies[key]), max(accuracies[key]))),
            "winner of the search": f"{winner:.4f}",
        }
        for key, winner in winners.items()
    }
    return pd.DataFrame(rows).T.style


def pair_table(pairs, networks=None):
    """Pairs of classes (`worst_pairs`): errors of one network, or their mean over several, and the share of all errors."""
    errors = "errors" if networks is None else "errors of one network"
    table = pairs[["pair", "errors", "share"]].assign(errors=pairs["errors"] / (networks or 1))
    table = table.rename(columns={"errors": errors, "share": "share of all errors"})
    formats = {errors: "{:.0f}", "share of all errors": "{:.1%}"}
    return table.style.format(formats, escape="html").hide(axis="index")
