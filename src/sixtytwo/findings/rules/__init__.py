"""The rules that decide the paper's items and claims, one module (or package) per chapter: facts in, verdict out.

Each rule stands under its text, and the numbers in it exist once. A rule is a function of facts, numbers and tables that its
chapter measured, named as its parameters; it returns a `Verdict`. `judge.judge` calls those of a chapter.
"""

import importlib
import itertools
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sixtytwo.findings import paper

HALF_A_POINT = 0.005  # differences in accuracy up to this count as none
SIGNIFICANT = 0.05  # p values below it, after Holm's correction where several are tested


@dataclass(frozen=True)
class Verdict:
    """A word of `claims.VERDICTS`, our number or finding, and its 95% interval if it has one."""

    word: str
    ours: str
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Rule:
    """How one item or claim is decided: the text that the pages show, and the function of facts that does it."""

    id: str
    text: str
    decide: Callable[..., Verdict]


_RULES = {}


def rule(*ids, text):
    """Register a function as the rule that decides these items or claims; `text` completes "It holds if …"."""

    def register(decide):
        chapter = chapter_of(decide)
        for name in ids:
            if name in _RULES.setdefault(chapter, {}):
                raise ValueError(f"{name} has two rules in {decide.__module__}: expected one.")
            _RULES[chapter][name] = Rule(name, text, decide)
        return decide

    return register


def chapter_of(decide) -> str:
    """The chapter, without its number, whose module or package holds a rule."""
    return decide.__module__.removeprefix(f"{__name__}.").partition(".")[0]


def rules_of(module) -> dict[str, Rule]:
    """The rules of a module of this package, e.g. "mlp", by id; none for a chapter of a reader's own."""
    if module in modules():
        importlib.import_module(f"{__name__}.{module}")
    return _RULES.get(module, {})


def every_rule() -> dict[str, Rule]:
    """The rules of all chapters, by id."""
    return {name: rule for module in modules() for name, rule in rules_of(module).items()}


def modules() -> list[str]:
    """The chapters that have rules, without their numbers."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def holds(condition) -> str:
    """The verdict on what is counted or calculated, and so either holds or does not."""
    return "reproduced" if condition else "refuted"


def above(difference, than=0.0) -> str:
    """The verdict on "this lies above `than`", by its interval (dict with low and high)."""
    return "reproduced" if difference["low"] > than else "refuted" if difference["high"] <= than else "undecided"


def below(difference, than=0.0) -> str:
    """The verdict on "this lies below `than`", by its interval (dict with low and high)."""
    return "reproduced" if difference["high"] < than else "refuted" if difference["low"] >= than else "undecided"


def is_none(difference) -> str:
    """The verdict on "there is no difference": the whole interval lies within half a point of 0, or wholly beyond."""
    return every(above(difference, -HALF_A_POINT), below(difference, HALF_A_POINT))


def correlates(correlation, p) -> str:
    """The verdict on "the one rises with the other", by a rank correlation and its p value."""
    return "undecided" if not p < SIGNIFICANT else holds(correlation > 0)


def every(*words) -> str:
    """The verdict on a claim that holds only as a whole: refuted if one of its parts is."""
    return "refuted" if "refuted" in words else "undecided" if "undecided" in words else "reproduced"


def any_of(*words) -> str:
    """The verdict on a claim that holds if one of its parts does: refuted if all of them are."""
    return "reproduced" if "reproduced" in words else "refuted" if set(words) == {"refuted"} else "undecided"


def all_of(*words) -> str:
    """The verdict on a claim of several parts: "partly" if some of them hold; else refuted if one of them is."""
    if set(words) == {"reproduced"}:
        return "reproduced"
    if {"reproduced", "partly"} & set(words):
        return "partly"
    return "refuted" if "refuted" in words else "undecided"


def parts(*conditions) -> str:
    """The verdict on a claim of several parts, each of which is counted or calculated."""
    return all_of(*map(holds, conditions))


def at_most_partly(word) -> str:
    """The verdict on a claim of which one part only is measured, where `word` is the verdict on that part."""
    return "partly" if word == "reproduced" else word


def is_best(leads) -> Verdict:
    """The verdict on what is called the best of a space, by what its rivals lead it by when all are fully trained.

    `leads` is a table of `searches.leads`: reproduced if no rival can be more than half a point better, refuted if one is.
    """
    if leads.empty:
        return Verdict("undecided", "no rival was trained in full")
    best = leads.iloc[0]
    word = below({"low": leads["low"].max(), "high": leads["high"].max()}, HALF_A_POINT)
    mean, low, high = (100 * float(best[name]) for name in ("mean", "low", "high"))
    return Verdict(word, f"the best of {len(leads)} rivals ({leads.index[0]}): {mean:+.2f} points", (low, high))


PROBES = (
    "Linear probes get better at every step from the input to the last hidden layer, for every seed, and at the last one they "
    "are better than before training; what the levels stand for is not shown by that, so it then counts as partly"
)


def rises_by_layer(probed, untrained) -> Verdict:
    """The verdict on layers that are said to build on each other, by `PROBES` (`experiments.probes`)."""
    *_, last = probed
    steps = [np.subtract(after, before) for before, after in itertools.pairwise(probed.values())]
    rises = all(min(step) > 0 for step in [*steps, np.subtract(probed[last], untrained[last])])
    by_layer = ", ".join(f"{layer} {np.mean(found):.3f}" for layer, found in probed.items())
    return Verdict(at_most_partly(holds(rises)), f"{by_layer}; {last}, untrained, {np.mean(untrained[last]):.3f}")


def offers_what_is_printed(space, network) -> Verdict:
    """The verdict on a search space: the printed values of a network, and the rate that the paper reports without offering."""
    found = {name: sorted(values) for name, values in space.items()}
    printed = paper.SEARCH_SPACES[network] | {"learning_rate": sorted([*paper.RATES, paper.REPORTED_RATE])}
    offered = "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in space.items())
    return Verdict(holds(found == printed), f"the same, and the rate {paper.REPORTED_RATE}" if found == printed else offered)


def total(layers) -> str:
    """The parameters of a network by its layer table, as our finding."""
    return f"{layers['parameters'].sum():,} parameters"


def joined(values, form) -> str:
    """Our numbers side by side, each in this form, as the paper prints them."""
    return " / ".join(form.format(value) for value in values)
