"""Figures 7 and 8: time, parameters, multiply-adds; and how hard the networks are to tune."""

import numpy as np
from scipy import stats

from sixtytwo.findings import budget as budgets
from sixtytwo.findings import comparison, paper, searches
from sixtytwo.findings.rules import HALF_A_POINT, SIGNIFICANT, Verdict, correlates, holds, joined, parts, rule


def _order(seconds):
    return comparison.is_fastest(seconds, "mlp"), comparison.is_slowest(seconds, "cnn")


def _medians(seconds):
    return [float(np.median(seconds[key])) for key in paper.TABLE_5]


def _ratio(seconds):
    return max(_medians(seconds)) / min(_medians(seconds))


def _times(seconds):
    return f"{joined(_medians(seconds), '{:.0f}')} s"


@rule(
    "C57",
    text=f"{budgets.in_words(budgets.TIMED_EPOCHS).capitalize()} timed epochs of each network on random images, taking turns: "
    "every one of the MLP's is faster than every one of the others', and every one of the CNN's slower; one of them counts as "
    "partly. Only the order can be tested, and on our machine",
)
def order_of_times(seconds):
    return Verdict(parts(*_order(seconds)), _times(seconds))


@rule("C56", text="Not testable: the paper names no hardware. Ours are the medians of the timed epochs")
def equal_times(seconds):
    return Verdict("not testable", f"{_times(seconds)}; slowest and fastest differ {_ratio(seconds):.1f} times")


@rule("R30", text="Counted in the networks that were built")
def bars_of_figure_8(records):
    found = {key: records[key]["parameters"] for key in paper.TABLE_5}
    return Verdict(holds(found == paper.PARAMETERS), joined(found.values(), "{:,}"))


@rule("C36", text="Fewer parameters, and fewer multiply-adds; one of them counts as partly")
def cnn_is_smaller(records):
    parameters, macs = (records["cnn"][name] / records["mlp"][name] for name in ("parameters", "macs"))
    ours = f"{parameters:.2f} times the parameters, {macs:.1f} times the multiply-adds"
    return Verdict(parts(parameters < 1, macs < 1), ours)


@rule("C47", text="More multiply-adds than the CNN, which has more than the MLP")
def residual_costs_more(records):
    macs = [records[key]["macs"] for key in paper.TABLE_5]
    return Verdict(holds(macs[0] < macs[1] < macs[2]), f"{joined((n / 1e6 for n in macs), '{:.2f}')} million")


@rule("C59", text="The fastest, the fewest multiply-adds and the fewest parameters of the three; some of them count as partly")
def limited_resources(records, seconds):
    mlp, medians = records["mlp"], _medians(seconds)
    fewest = [mlp[name] == min(records[key][name] for key in paper.TABLE_5) for name in ("macs", "parameters")]
    ours = f"{medians[0]:.0f} s (others up to {max(medians):.0f}), {mlp['macs'] / 1e6:.2f} million multiply-adds"
    return Verdict(parts(_order(seconds)[0], *fewest), f"{ours}, {mlp['parameters']:,} parameters")


@rule(
    "C68",
    text=f"The accuracies of its trials scatter more than those of the MLP's (Levene's test, p below {SIGNIFICANT:g}); "
    "undecided above that",
)
def harder_to_tune(records):
    trials = {key: comparison.accuracies_of_trials(records[key]["search"]) for key in paper.TABLE_5}
    spread = {key: found.std() for key, found in trials.items()}
    p = stats.levene(trials["mlp"], trials["residual_cnn"]).pvalue
    ours = f"standard deviations {joined(spread.values(), '{:.3f}')}, p = {p:.2g}"
    return Verdict(correlates(spread["residual_cnn"] - spread["mlp"], p), ours)


@rule(
    "C39",
    text="On the MLP's grid and on the CNN's, random search with our budget is more likely than not to draw one of the points "
    "within half a point of the best (scores that differ less are not told apart by one training each); one of the two counts "
    "as partly",
)
def chance_of_the_best(grids, budget):
    chances = {title: searches.chance_of_best(len(one), searches.count_close(one), budget) for title, one in grids.items()}
    ours = ", ".join(f"{title} {chance:.0%} ({len(grids[title])} points)" for title, chance in chances.items())
    return Verdict(
        parts(*(chance > 0.5 for chance in chances.values())), f"chance of {budget} random trials to come close: {ours}"
    )


@rule(
    "C75",
    text="On the MLP's grid and on the CNN's, the median random search of our budget ends more than half a point below the "
    "best; one of the two counts as partly",
)
def little_computing(grids, budget):
    lost = {title: max(one) - searches.median_best(one, budget) for title, one in grids.items()}
    ours = ", ".join(f"{title} {100 * points:.1f}" for title, points in lost.items())
    return Verdict(parts(*(points > HALF_A_POINT for points in lost.values())), f"points lost by {budget} trials: {ours}")
