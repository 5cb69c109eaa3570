"""What chapter 07 decides: overfitting, and the future work on rare classes and other labels."""

import numpy as np

from sixtytwo.findings import budget, statistics
from sixtytwo.findings.rules import (
    HALF_A_POINT,
    PROBES,
    Verdict,
    above,
    all_of,
    any_of,
    at_most_partly,
    below,
    holds,
    rises_by_layer,
    rule,
)

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
    """`merging`: `findings.merging.merging_table` of all models."""
    merged = merging.loc["cnn", "cases merged"]
    return Verdict(at_most_partly(holds(np.isfinite(merged))), f"CNN, cases merged: {merged:.3f}")


# One rule for both: overfitting, as seen in epochs 6 to 10 and at their end.


def _overfits(slope, wider) -> str:
    """The verdict on "it overfits more than another", by the slope of its validation loss and by how much wider its gap is."""
    return any_of(above(slope), above(wider, HALF_A_POINT))


_OVERFITTING = (
    f"validation loss that rises in the second half of the {budget.in_words(budget.FULL_RUN['epochs'])} epochs (interval of "
    "the slope over seeds above 0), or a gap between training and validation accuracy that is more than half a point wider "
    "(interval, paired over seeds)"
)


@rule("C62", text=f"It overfits more than the residual CNN (T): a {_OVERFITTING}; refuted if both are excluded")
def cnn_overfits(gaps, slopes):
    """`gaps`, `slopes`: training accuracy minus validation accuracy, slope of the validation loss, by network and seed."""
    slope = _over_seeds(slopes["cnn"])
    wider = statistics.paired_difference(gaps["cnn"], gaps["residual_cnn"])
    gap = {key: f"{100 * np.mean(gaps[key]):.1f}" for key in ("cnn", "mlp", "residual_cnn")}
    ours = f"slope {np.mean(slopes['cnn']):+.4f} per epoch; gap against T {statistics.in_points(wider)} points "
    ours += f"(CNN {gap['cnn']}, MLP {gap['mlp']}, T {gap['residual_cnn']}; interval: the slope)"
    return Verdict(_overfits(slope, wider), ours, (slope["low"], slope["high"]))


@rule(
    "C63",
    text=f"The opposite, by the same rule, of T and of X against the CNN: neither has a {_OVERFITTING}; one of the two counts "
    "as partly",
)
def residual_cnn_generalises(gaps, slopes, titles):
    """`gaps` and `slopes` as for C62; `titles`: what each network is called."""
    keys = ("residual_cnn", "residual_cnn_x")
    wider = {key: statistics.paired_difference(gaps[key], gaps["cnn"]) for key in keys}
    words = [_opposite(_overfits(_over_seeds(slopes[key]), wider[key])) for key in keys]
    slope = {key: f"slope {np.mean(slopes[key]):+.4f}" for key in keys}
    gap = {key: f"gap against the CNN {statistics.in_points(wider[key])} points" for key in keys}
    return Verdict(all_of(*words), "; ".join(f"{titles[key]}: {slope[key]}, {gap[key]}" for key in keys))


def _over_seeds(values):
    low, high = statistics.interval_over_seeds(values)
    return {"low": low, "high": high}


def _opposite(word):
    return {"reproduced": "refuted", "refuted": "reproduced"}.get(word, word)


@rule(
    "C85",
    text="The validation accuracy and the validation loss of the CNN scatter more about their straight trend over epochs 6 to "
    "10 than those of T and than those of X (intervals of the ratios above 1, paired over seeds); some of the four count as "
    "partly",
)
def cnn_fluctuates(scatter):
    """`scatter`: "accuracy" and "loss" -> network -> `learning.late_scatter` of its validation curve, by seed."""
    wider = {
        (name, key): statistics.paired_difference(np.log(of["cnn"]), np.log(of[key]))
        for name, of in scatter.items()
        for key in ("residual_cnn", "residual_cnn_x")
    }
    ratios = {pair: np.exp(one["mean"]) for pair, one in wider.items()}
    t, x = ({name: f"{ratios[name, key]:.2f} times that of" for name in scatter} for key in ("residual_cnn", "residual_cnn_x"))
    ours = "; ".join(f"{name}: {t[name]} T, {x[name]} X" for name in scatter)
    first = next(iter(wider.values()))
    interval = tuple(np.exp([first["low"], first["high"]]))
    return Verdict(all_of(*map(above, wider.values())), f"{ours} (interval: the first)", interval)


@rule(
    "C88",
    text="The paper's CNN, fully trained with distorted images and without (nothing else changed): more accurate on the "
    "validation images, and on average over the corruptions of them (intervals above 0, paired over seeds); one of them "
    "counts as partly. Other data sets are not tried",
)
def augmentation_helps(augmented):
    """`augmented`: "as they are" and "corrupted" -> `statistics.paired_difference` of the accuracies with it and without."""
    mean, *interval = statistics.points(augmented["corrupted"])
    ours = f"on images as they are {statistics.in_points(augmented['as they are'])} points, corrupted {mean:+.2f}"
    return Verdict(all_of(*map(above, augmented.values())), ours, tuple(interval))


@rule("C89", text=PROBES)
def levels_of_the_cnn(probed_cnn, untrained_cnn):
    """`experiments.probes.probe_layers` and `probe_untrained` of the paper's CNN, first layer first."""
    return rises_by_layer(probed_cnn, untrained_cnn)


@rule(
    "C83",
    text="MLP, CNN and residual CNN (T), fully trained without dropout and with it, paired over seeds: without it the gap "
    "between training and validation accuracy is larger, and the validation accuracy lower (intervals); some of the six count "
    "as partly",
)
def dropout_prevents_overfitting(without_dropout):
    """Network -> "gap" and "accuracy": `statistics.paired_difference` of training without dropout minus with it.

    The gap is training accuracy minus validation accuracy, both measured without dropout.
    """
    words = [word for one in without_dropout.values() for word in (above(one["gap"]), below(one["accuracy"]))]
    ours = "; ".join(
        f"{network}: gap {statistics.in_points(one['gap'])}, validation {statistics.in_points(one['accuracy'])}"
        for network, one in without_dropout.items()
    )
    return Verdict(all_of(*words), f"without dropout, points: {ours}")
