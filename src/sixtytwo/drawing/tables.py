"""Tables as chapters show them."""

import math

import numpy as np
import pandas as pd

METRIC_TITLES = {"balanced_accuracy": "balanced", "f1_macro": "macro F1", "log_loss": "log loss", "ece": "ECE"}  # in tables
_PLAIN = {"val_accuracy": "validation accuracy", "accuracy": "training accuracy"}
_DIGITS = {"val_accuracy": "{:.4f}", "accuracy": "{:.4f}", "seconds": "{:.0f}", "parameters": "{:,.0f}"}
_DIGITS |= {"learning_rate": "{:g}", "dropout": "{:g}"}


def styled(table):
    """A table of trials or of layers for the page: plain names, and numbers at the precision that they have."""
    table = table.drop(columns="status", errors="ignore")
    if "output shape" in table:
        shapes = ["×".join(map(str, shape[1:])) for shape in table["output shape"]]  # without the number of images
        table = table.assign(**{"output shape": shapes})
    if "kernel" in table:
        kernels = " " + table["kernel"].str.replace("x", "×")
        table = table.assign(layer=(table["layer"] + kernels).str.strip()).drop(columns="kernel")
    plain = {name: _PLAIN.get(name, name.replace("_", " ")) for name in table}
    digits = {plain[name]: _DIGITS[name] for name in table if name in _DIGITS}
    shown = table.rename(columns=plain).style.format(digits, na_rep="").hide(axis="index")
    return shown.set_table_attributes('class="dataframe trials"') if "seconds" in table else shown


def trial_table(search) -> pd.DataFrame:
    """The trials of a search, best first: hyperparameters, val_accuracy, parameters, accuracy, seconds, status.

    A hyperparameter that the network of a trial does not have is None there.
    """
    trials = search["table"]
    offered = dict.fromkeys(name for row in trials for name in row["hyperparameters"])
    table = {name: [row["hyperparameters"].get(name) for row in trials] for name in offered}
    table = {name: pd.Series(values, dtype=object if None in values else None) for name, values in table.items()}
    for name in ("val_accuracy", "parameters", "accuracy", "seconds", "status"):
        table[name] = [row.get(name) for row in trials]
    return pd.DataFrame(table).sort_values("val_accuracy", ascending=False, ignore_index=True)


def edge_table(search, paper) -> pd.DataFrame:
    """The paper's point beside the best point of a search, and whether the latter lies at the edge of the space."""
    space, best = search["space"], search["best"]

    def at_edge(name):
        values = space[name]
        if isinstance(values[0], str):
            return ""  # names have no order
        return "yes" if best[name] in (values[0], values[-1]) else "no"

    table = {"paper": paper, "our search": best, "ours at an edge": {name: at_edge(name) for name in space}}
    columns = {title: pd.Series(values, dtype=object) for title, values in table.items()}  # whole numbers stay whole
    return pd.DataFrame(columns).loc[list(space)]


def budget_table(search, rows, epochs) -> pd.DataFrame:
    """What a search cost: the size of its space, its trials, and the training images and epochs of each."""
    budget = {
        "configurations in the space": math.prod(map(len, search["space"].values())),
        "trials run": search["trials"],
        "failed trials": search["trials"] - search["completed"],
        "training images per trial": f"{rows:,}",
        "epochs per trial": epochs,
    }
    return pd.Series(budget, dtype=object).to_frame("search")


def validation_table(runs, metrics=("accuracy", "f1_macro", "log_loss")):
    """Metrics on the validation images, to four digits, one row per label.

    Parameters
    ----------
    runs : dict
        Label -> a run, or several runs of which the mean is shown.
    metrics : sequence of str
        The columns, by their names in `run["validation"]`.
    """
    several = {label: found if isinstance(found, list) else [found] for label, found in runs.items()}
    rows = {label: pd.DataFrame([run["validation"] for run in found]).mean() for label, found in several.items()}
    return pd.DataFrame(rows).T[list(metrics)].rename(columns=METRIC_TITLES).style.format("{:.4f}")


def difference_table(values, differences, column, p=None):
    """Mean accuracy of each variant, and how it differs from another, in percentage points with the 95% interval.

    Parameters
    ----------
    values : dict
        Name of a variant -> its accuracies, one per seed.
    differences : dict
        Name -> its difference (`statistics.paired_difference`); what all are compared with has none.
    column : str
        What the difference is called, e.g. "points lost".
    p : dict or None
        Name -> p value after Holm's correction.
    """
    rows = {name: {"accuracy": np.mean(found)} for name, found in values.items()}
    for name, found in differences.items():
        low, high = 100 * found["low"], 100 * found["high"]
        interval = "" if math.isnan(low) else f"{low:+.2f} to {high:+.2f}"
        rows[name] |= {column: 100 * found["mean"], "95% interval": interval}
        rows[name] |= {} if p is None else {"p (Holm)": p.get(name, np.nan)}
    formats = {column: "{:+.2f}", "accuracy": "{:.4f}"}
    formats |= {} if p is None else {"p (Holm)": "{:.2g}"}
    return pd.DataFrame.from_dict(rows, orient="index").style.format(formats, na_rep="")
