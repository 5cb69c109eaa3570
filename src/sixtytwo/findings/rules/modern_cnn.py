"""What the chapter on modern networks decides.

Of a wish of the paper, "reproduced" means that it was tried, and "not tested" that none of its changes is in this run; a change
that was tried counts only with a result.

Facts
-----
changes : dict of dict
    What each recipe that was trained changes: blocks (residual blocks per stage), width, units, smoothing, weight_decay,
    average, augmentation (limits of `experiments.pipeline.distort`), clean_epochs, ...
parameters : dict of int
    Of each of these networks; the unchanged one is called "the recipe".
ablation : DataFrame
    `ablation.compare_changes` of the changes.
"""

from collections import defaultdict

import numpy as np

from sixtytwo.findings.rules import Verdict, parts, rule

RECIPE = "the recipe"
SAME_SIZE = 0.01  # of the parameters
NOT_TESTED = "not tested"


@rule("R38", text="Networks without and with more residual blocks were trained, at equal parameters as well")
def depth_is_varied(changes, parameters, ablation):
    tried = [name for name, change in changes.items() if "blocks" in change]
    measured = _measured(ablation, tried)
    blocks = [changes[name]["blocks"] for name in measured]
    is_as_large = [abs(parameters[name] / parameters[RECIPE] - 1) < SAME_SIZE for name in measured]
    return _varied(ablation, tried, min(blocks, default=1) < 1, max(blocks, default=1) > 1, any(is_as_large))


@rule("R40", text="Label smoothing, weight decay and weight averaging were varied; dropout is varied with C76")
def regularisation_is_varied(changes, ablation):
    wished = ("smoothing", "weight_decay", "average")
    tried = [name for name, change in changes.items() if set(wished) & set(change)]
    measured = _measured(ablation, tried)
    return _varied(ablation, tried, *(any(part in changes[name] for name in measured) for part in wished))


@rule("R42", text="Several kinds and strengths of distortion were tried")
def augmentation_is_varied(changes, ablation):
    tried = [name for name, change in changes.items() if {"augmentation", "clean_epochs"} & set(change)]
    measured = _measured(ablation, tried)
    limits = defaultdict(set)
    for name in measured:
        for kind, limit in (changes[name].get("augmentation") or {}).items():
            limits[kind].add(limit)
    several_strengths = any(len(found) > 1 for found in limits.values())
    return _varied(ablation, tried, bool(measured), len(limits) > 1, several_strengths)


def _measured(ablation, tried):
    return [name for name in tried if name in ablation.index and np.isfinite(ablation.loc[name, "mean"])]


def _varied(ablation, tried, *conditions):
    return Verdict(parts(*conditions) if tried else NOT_TESTED, _gains(ablation, tried))


def _gains(ablation, names):
    gains = (f"{name}: {100 * ablation.loc[name, 'mean']:+.2f} points" for name in names if name in ablation.index)
    return "; ".join(gains) or "not in this run"
