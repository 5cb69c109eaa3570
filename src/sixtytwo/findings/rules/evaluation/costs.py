"""Figures 7 and 8: time, parameters, multiply-adds; and how hard the networks are to tune."""

import numpy as np
from scipy import stats

from sixtytwo.findings import budget, comparison, paper
from sixtytwo.findings.rules import SIGNIFICANT, Verdict, holds, joined, parts, rule

EQUAL_TIMES = 1.05  # the paper's three times differ by less than this factor


def _order(seconds):
    return comparison.is_fastest(seconds, "mlp"), comparison.is_slowest(seconds, "cnn")


def _medians(seconds):
    return [float(np.median(seconds[key])) for key in paper.TABLE_5]


def _ratio(seconds):
    return max(_medians(seconds)) / min(_medians(seconds))


def _times(seconds):
    return f"{joined(_medians(seconds), '{:.0f}')} s"


@rule("R29", text="The order of the bars, and that they are equal to within five per cent")
def bars_of_figure_7(seconds):
    return Verdict(holds(all(_order(seconds)) and _ratio(seconds) < EQUAL_TIMES), _times(seconds))


@rule("R32", text="As C57")
@rule(
    "C57",
    text=f"{budget.in_words(budget.TIMED_EPOCHS).capitalize()} timed epochs of each network on random images, taking turns: every one of the MLP's is faster than every one of the "
    "others', and every one of the CNN's slower; one of them counts as partly",
)
def order_of_times(seconds):
    return Verdict(parts(*_order(seconds)), _times(seconds))


@rule(
    "C56",
    text="The three medians of the timed epochs differ by less than five per cent, as printed; the paper names no hardware",
)
def equal_times(seconds):
    ratio = _ratio(seconds)
    return Verdict(holds(ratio < EQUAL_TIMES), f"{_times(seconds)}; slowest and fastest differ {ratio:.1f} times")


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


@rule("C68", text=f"The accuracies of its trials scatter more than those of the MLP's (Levene's test, p below {SIGNIFICANT:g})")
def harder_to_tune(records):
    trials = {key: comparison.accuracies_of_trials(records[key]["search"]) for key in paper.TABLE_5}
    spread = {key: found.std() for key, found in trials.items()}
    p = stats.levene(trials["mlp"], trials["residual_cnn"]).pvalue
    ours = f"standard deviations {joined(spread.values(), '{:.3f}')}, p = {p:.2g}"
    return Verdict(holds(spread["residual_cnn"] > spread["mlp"] and p < SIGNIFICANT), ours)
