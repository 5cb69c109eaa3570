"""What chapter 07 decides: overfitting, and the future work on rare classes and other labels."""

import numpy as np

from sixtytwo.findings import budget, statistics
from sixtytwo.findings.rules import HALF_A_POINT, Verdict, at_most_partly, holds, parts, rule

REMEDIES = ("logit adjustment", "class weights", "balanced sampling")  # for rare classes


@rule("R37", text="Logit adjustment, class weights and balanced sampling were tried")
def class_imbalance(as_it_is, remedied):
    """`as_it_is` and each remedy of `remedied`: accuracy and balanced accuracy of the CNN."""
    tried = [name for name in REMEDIES if np.isfinite(remedied.get(name, np.nan)).all()]
    (plain, balanced), (plain_1, balanced_1) = as_it_is, remedied.get(REMEDIES[0], (np.nan, np.nan))
    found = f"CNN: balanced accuracy {balanced:.3f} as it is, {balanced_1:.3f} with the dial at 1"
    return Verdict(holds(len(tried) == len(REMEDIES)), f"{found} (accuracy {plain:.3f}, {plain_1:.3f}; all seeds)")


@rule(
    "R41",
    text="Labels with merged cases were tried, on the same images, and drawn characters on the drawing page, which are not "
    "scored; so it counts as partly",
)
def other_data(merging):
    merged = merging.loc["cnn", "cases merged"]
    return Verdict(at_most_partly(np.isfinite(merged)), f"CNN, cases merged: {merged:.3f}")


@rule(
    "C62",
    text=f"Its validation loss rises in the second half of the {budget.in_words(budget.FULL_RUN['epochs'])} epochs (interval of the slope over seeds above 0), and its "
    "gap between training and validation accuracy is larger than the residual CNN's (T; interval above 0, paired over "
    "seeds); one of them, or a loss that rises in a longer training on fewer images (interval above 0), counts as partly",
)
def cnn_overfits(gaps, slopes, slopes_later):
    """By network and seed: training accuracy minus validation accuracy, slope of the validation loss, the same later."""
    low, high = statistics.interval_over_seeds(slopes["cnn"])
    later, _ = statistics.interval_over_seeds(slopes_later["cnn"])
    rises, rises_later = low > 0, later > 0
    wider = statistics.paired_difference(gaps["cnn"], gaps["residual_cnn"])["low"] > 0
    word = "partly" if rises_later and not (rises or wider) else parts(rises, wider)
    gap = {key: f"{100 * np.mean(gaps[key]):.1f}" for key in ("cnn", "mlp", "residual_cnn")}
    ours = f"CNN: slope {np.mean(slopes['cnn']):+.4f}, in longer training {np.mean(slopes_later['cnn']):+.4f}; "
    ours += f"gap {gap['cnn']} points, MLP {gap['mlp']}, residual CNN {gap['residual_cnn']} (interval: the first slope)"
    return Verdict(word, ours, (low, high))


@rule(
    "C63",
    text="For T and X: the validation loss still falls in the second half of the training (interval of the slope below 0), "
    "and the gap between training and validation accuracy is at most half a point larger than the CNN's (upper end of the "
    "interval, paired over seeds); some of them count as partly",
)
def residual_cnn_generalises(gaps, slopes, titles):
    keys = ("residual_cnn", "residual_cnn_x")
    falls = [statistics.interval_over_seeds(slopes[key])[1] < 0 for key in keys]
    beside_cnn = {key: statistics.paired_difference(gaps[key], gaps["cnn"]) for key in keys}
    as_small = [found["high"] <= HALF_A_POINT for found in beside_cnn.values()]
    differences = ", ".join(f"{titles[key]} {statistics.in_points(found, digits=1)}" for key, found in beside_cnn.items())
    ours = f"gap against the CNN's: {differences} points; the validation loss falls: {sum(falls)} of {len(falls)}"
    return Verdict(parts(*falls, *as_small), ours)
