"""Charts that several chapters share."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sixtytwo.drawing import charts, palette


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_search_is_drawn_without_its_failed_trials_and_with_its_best():
    trials = [({"units": units}, "COMPLETED", score) for units, score in ((4, 0.5), (8, 0.7))] + [
        ({"units": 4}, "FAILED", None)
    ]
    table = [{"hyperparameters": values, "status": status, "val_accuracy": score} for values, status, score in trials]
    [axis] = charts.draw_search({"space": {"units": [4, 8]}, "table": table, "best": {"units": 8}}).wide.axes
    assert axis.collections[0].get_offsets().tolist() == [[0, 0.5], [1, 0.7]]
    assert axis.lines[0].get_xdata() == [1, 1] and axis.lines[0].get_color() == palette.BEST


def test_a_grid_is_drawn_with_a_ring_around_marked_points():
    table = pd.DataFrame({"units": [4, 8], "rate": [0.1, 0.1], "parameters": [100, 200], "val_accuracy": [0.5, 0.7]})
    [axis] = charts.draw_grid(table, hue="units", marker="rate", ring=table["units"] == 8).wide.axes
    points, ring = axis.collections[:2]
    assert points.get_offsets().tolist() == [[100, 0.5], [200, 0.7]] and ring.get_offsets().tolist() == [[200, 0.7]]


def test_replays_are_drawn_from_where_all_searches_have_found_something():
    scores = np.array([[np.nan, 0.5, 0.7], [0.4, 0.4, 0.9]])
    found = dict.fromkeys(("random search", "Bayesian optimisation", "Hyperband"), scores)
    [axis] = charts.draw_replays(found, images=1_000_000, epochs=1, best=0.9, budget=2).wide.axes
    assert axis.lines[0].get_xydata() == pytest.approx(np.array([[2, 0.45], [3, 0.8]]))


def test_curves_show_the_mean_and_the_range_of_the_seeds_in_the_colour_of_the_model():
    runs = [{"loss": [3.0, 2.0]}, {"loss": [5.0, 2.0]}]
    [axis] = charts.draw_curves({("mlp", "MLP"): runs, ("cnn", "CNN"): runs[:1]}, "loss", ylabel="loss").wide.axes
    assert axis.lines[0].get_ydata().tolist() == [4, 2] and axis.lines[0].get_color() == palette.colour("mlp")
    assert axis.collections[0].get_datalim(axis.transData).intervaly.tolist() == [2, 5]
    assert axis.lines[1].get_linestyle() == "--"


def test_front_joins_the_models_that_no_other_beats_in_both():
    axis = plt.subplots()[1]
    costs, scores = {"small": 1, "worse": 2, "large": 3}, {"small": 0.5, "worse": 0.4, "large": 0.6}
    charts.draw_pareto(axis, costs, scores, {key: key for key in costs})
    assert axis.lines[-1].get_xydata().tolist() == [[1, 0.5], [3, 0.6]]


def test_reliability_leaves_out_tenths_with_few_images():
    axis = plt.subplots()[1]
    confidence = np.r_[np.full(40, 0.95), np.full(5, 0.75)]
    charts.draw_reliability(axis, np.r_[np.zeros(30, int), np.ones(15, int)], np.stack([confidence, 1 - confidence], axis=1))
    assert axis.lines[-1].get_xydata() == pytest.approx(np.array([[0.95, 0.75]]))
