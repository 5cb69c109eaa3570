"""Tables that compare models, as the page shows them."""

import math

import pandas as pd

from sixtytwo.drawing import comparison_tables as tables

TITLES = {"mlp": "MLP", "cnn": "CNN", "ens": "Ensemble"}


def cells(styler):
    """What the page shows, row by row."""
    return [line.split("|") for line in styler.to_string(delimiter="|").splitlines()]


def one(**changes):
    found = {"mean": 0.0425, "low": 0.0385, "high": 0.0465, "p": 1.2e-6, "images": (0.04, 0.045), "seeds": 5, "ahead": 4}
    found |= {"all": {"low": 0.0375, "high": 0.0475}, "covers": ["seeds", "test images"]}
    return found | changes


SINGLE = one(low=math.nan, high=math.nan, p=1, seeds=1, ahead=1)


def test_results_stand_beside_the_papers_where_it_has_any():
    columns = {"accuracy": 0.81357, "precision_weighted": 0.8, "recall_weighted": 0.81357, "f1_weighted": 0.8, "seconds": 28.4}
    means = pd.DataFrame({"mlp": columns, "ens": columns | {"seconds": math.nan}}).T
    paper = {
        "mlp": {"accuracy": 0.81, "precision_weighted": 0.79, "recall_weighted": 0.81, "f1_weighted": 0.79, "seconds": 265}
    }
    *_, mlp, ensemble = cells(tables.results_table(means, TITLES, paper))
    assert mlp == ["MLP", "0.814", "0.81", "0.800", "0.79", "0.814", "0.81", "0.800", "0.79", "28", "265"]
    assert ensemble == ["Ensemble", "0.814", "", "0.800", "", "0.814", "", "0.800", "", "", ""]
    *_, mlp, _ = cells(tables.results_table(means, TITLES, {}))
    assert mlp[1:3] == ["0.814", ""]


def test_intervals_of_a_single_seed_are_left_out():
    values = {"seeds": 5, "accuracy": 0.8, "f1_macro": 0.7, "balanced_accuracy": 0.6, "log_loss": 0.5, "ece": 0.01}
    means = pd.DataFrame([values, values | {"seeds": 1}], index=["mlp", "ens"])
    seeds = {"mlp": (0.79, 0.81), "ens": (math.nan, math.nan), "linear": (0, 0)}
    images = dict.fromkeys(seeds, (0.795, 0.805))
    table = tables.interval_table(means, {"images": images, "seeds": seeds, "macro F1": images}, TITLES)
    _, mlp, ensemble = cells(table)
    assert mlp == ["MLP", "0.8000", "0.7950–0.8050", "5", "0.7900–0.8100", "0.700 (0.795–0.805)", "0.600", "0.500", "0.010"]
    assert ensemble[3:5] == ["1", ""]


def test_pairs_are_ranked_in_points_with_both_intervals():
    _, seeds, single = cells(tables.ranking_table({("mlp", "cnn"): one(), ("cnn", "ens"): SINGLE}, TITLES))
    assert seeds == ["MLP", "CNN", "+4.25", "+3.85 to +4.65", "+4.00 to +4.50", "+3.75 to +4.75", "1.2e-06", "4 of 5"]
    assert single == ["CNN", "Ensemble", "+4.25", "", "+4.00 to +4.50", "", "", "1 of 1"]


def test_difference_in_words_names_the_luck_that_its_interval_covers():
    assert tables.difference_text(one()) == "+4.25 points (+3.75 to +4.75 over seeds and test images)"
    assert tables.difference_text(SINGLE) == "+4.25 points (+4.00 to +4.50 over test images)"
    three = one() | {"covers": ["seeds", "test images", "choices of the training images"]}
    assert tables.difference_text(three).endswith("over seeds, test images and choices of the training images)")


def test_mcnemars_test_is_shown_with_titles_and_small_p_values_in_words():
    found = pd.DataFrame({"first": ["mlp"], "second": ["cnn"], "only_first": [3], "only_second": [90], "p": [0.0]})
    assert cells(tables.mcnemar_table(found, TITLES))[1] == ["MLP", "CNN", "3", "90", "below 1e-300"]


def test_losses_stand_above_their_differences():
    losses = {"mlp": {"training": [0.5, 0.6], "test": [0.5, 0.5]}, "cnn": {"training": [0.4, 0.4], "test": [0.3, 0.3]}}
    difference = {"mean": -0.15, "low": -0.2, "high": -0.1}
    known = {("cnn", "mlp", "training"): difference, ("cnn", "mlp", "test"): difference | {"low": math.nan}}
    rows = {name: rest for name, *rest in cells(tables.loss_table(losses, known, TITLES))[1:]}
    assert rows["MLP"] == ["0.5500", "0.5000"]
    assert rows["CNN minus MLP"] == ["-0.1500 (-0.2000 to -0.1000)", "-0.1500"]


def test_winners_stand_beside_the_range_of_the_seeds():
    rows = cells(tables.winner_table({"mlp": [0.80, 0.82], "cnn": [0.9]}, {"mlp": 0.8123}, TITLES))
    assert rows[1:] == [["MLP", "0.8100", "0.8000–0.8200", "0.8123"]]


def test_scatter_of_trials_and_of_no_search_at_all():
    found = {"mlp": {"best": 0.8, "median": 0.7, "worst": 0.6, "sd": 0.1, "close": 0.25}}
    assert cells(tables.scatter_table(found, TITLES))[1] == ["MLP", "0.800", "0.700", "0.600", "0.100", "25%"]
    assert len(cells(tables.scatter_table({}, TITLES))) == 1


def test_pairs_of_classes_are_counted_for_one_network_or_averaged_over_several():
    pairs = pd.DataFrame({"pair": ["O / 0"], "errors": [300], "share": [0.2346]})
    assert cells(tables.pair_table(pairs))[1] == ["O / 0", "300", "23.5%"]
    assert cells(tables.pair_table(pairs, networks=15)) == [
        ["pair", "errors of one network", "share of all errors"],
        ["O / 0", "20", "23.5%"],
    ]


def test_cochrans_test_in_words():
    assert tables.cochran_text({"statistic": 4011.4, "p": 0.0}) == "Q = 4,011 (p: below 1e-300)"
    assert tables.cochran_text(None) == "not defined"
