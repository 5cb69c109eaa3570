"""Tables of chapters."""

import math

import pandas as pd

from sixtytwo.drawing import tables

SEARCH = {
    "space": {"conv1": [16, 32], "activation": ["relu", "tanh"], "learning_rate": [0.01, 0.005, 0.001]},
    "best": {"conv1": 32, "activation": "relu", "learning_rate": 0.005},
    "trials": 3,
    "completed": 2,
    "table": [
        {"hyperparameters": {"conv1": 16}, "parameters": 100, "val_accuracy": 0.7, "accuracy": 0.6, "seconds": 1.4},
        {"hyperparameters": {"conv1": 32}, "status": "FAILED"},
        {"hyperparameters": {"conv1": 32}, "parameters": 12_345, "val_accuracy": 0.81234, "accuracy": 0.7, "seconds": 2.0},
    ],
}


def cells(styler):
    """What the page shows: the label of each row, and its cells."""
    rows = [line.split("|") for line in styler.to_string(delimiter="|").splitlines()[1:]]
    return {label: row for label, *row in rows}


def test_edges_show_whole_numbers_as_they_are_and_names_without_order():
    edges = tables.edge_table(SEARCH, {"conv1": 16, "activation": "tanh", "learning_rate": 0.001})
    assert [str(value) for value in edges["our search"]] == ["32", "relu", "0.005"]
    assert edges["ours at an edge"].to_list() == ["yes", "", "no"]


def test_trials_are_shown_best_first_and_failed_ones_last():
    page = tables.styled(tables.trial_table(SEARCH)).to_html()
    assert page.index("0.8123") < page.index("12,345") < page.index("0.7000") and "nan" not in page
    assert "row_heading" not in page and "status" not in page


def test_layers_are_shown_by_shapes_without_the_number_of_images():
    layers = pd.DataFrame([("conv1", (None, 28, 28, 16), 160, "3x3", "input")])
    layers.columns = ["layer", "output shape", "parameters", "kernel", "fed by"]
    page = tables.styled(layers).to_html()
    assert "28×28×16" in page and "conv1 3×3" in page


def test_budget_counts_the_space_and_the_failed_trials():
    budget = tables.budget_table(SEARCH, 30_000, 5)["search"].to_dict()
    assert list(budget.values()) == [12, 3, 1, "30,000", 5]


def test_validation_is_shown_to_four_digits_and_several_runs_by_their_mean():
    runs = [{"validation": {"accuracy": accuracy, "f1_macro": 0.7, "log_loss": 0.5, "ece": 0.1}} for accuracy in (0.8, 0.9)]
    table = tables.validation_table({"first": runs[0], "both": runs}, ("accuracy", "log_loss"))
    assert table.columns.to_list() == ["accuracy", "log loss"]
    assert cells(table) == {"first": ["0.8000", "0.5000"], "both": ["0.8500", "0.5000"]}
    assert tables.validation_table({"first": runs[0]}).columns.to_list() == ["accuracy", "macro F1", "log loss"]


def test_differences_are_in_points_and_what_all_are_compared_with_has_none():
    found = {"relu": {"mean": 0.01, "low": -0.002, "high": 0.022, "p": 0.04}}
    values = {"sigmoid": [0.8, 0.9], "relu": [0.83, 0.85]}
    table = tables.difference_table(values, found, "sigmoid ahead by")
    assert table.columns.to_list() == ["accuracy", "sigmoid ahead by", "95% interval"]
    assert cells(table) == {"sigmoid": ["0.8500", "", ""], "relu": ["0.8400", "+1.00", "-0.20 to +2.20"]}


def test_differences_are_shown_with_corrected_p_values_where_there_are_any():
    found = {name: {"mean": 0.01, "low": math.nan, "high": math.nan} for name in ("b", "c")}
    table = tables.difference_table({"a": [0.8], "b": [0.81], "c": [0.81]}, found, "gain", {"b": 0.0123})
    assert cells(table)["b"] == ["0.8100", "+1.00", "", "0.012"] and cells(table)["c"][-1] == ""
