"""The rules that decide the paper's items and claims, one module (or package) per chapter: facts in, verdict out.

Each rule stands under its text, and the numbers in it exist once. A rule is a function of facts, numbers and tables that its
chapter measured, named as its parameters; it returns a `Verdict`. `judge.judge` calls those of a chapter.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

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
    """The verdict on a claim that holds or does not."""
    return "reproduced" if condition else "not reproduced"


def parts(*conditions) -> str:
    """The verdict on a claim of several parts: "partly" if some hold."""
    return "reproduced" if all(conditions) else "partly" if any(conditions) else "not reproduced"


def at_most_partly(condition) -> str:
    """The verdict on a claim of which only the part that is measured can hold."""
    return "partly" if condition else "not reproduced"


def best(behind) -> str:
    """The verdict on what is called best, by how far its accuracy lies behind the best: "partly" if that is little."""
    return "reproduced" if behind <= 0 else "partly" if behind <= HALF_A_POINT else "not reproduced"


def best_of_grid(place, n) -> Verdict:
    """The verdict on the point that is called the best of a grid of n points, by its rank and distance (`place_in_grid`)."""
    rank, behind = place
    return Verdict(best(behind), f"rank {rank} of {n}, {100 * behind:.1f} points behind the best")


def offers_what_is_printed(space, network) -> Verdict:
    """The verdict on a search space: the printed values of a network, and the rate that the paper reports without offering."""
    found = {name: sorted(values) for name, values in space.items()}
    printed = paper.SEARCH_SPACES[network] | {"learning_rate": sorted([*paper.RATES, paper.REPORTED_RATE])}
    offered = "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in space.items())
    return Verdict(holds(found == printed), f"the same, and the rate {paper.REPORTED_RATE}" if found == printed else offered)


def total(layers) -> str:
    """The parameters of a network by its layer table, as our finding."""
    return f"{layers['parameters'].sum():,} parameters"


def is_equal(difference) -> bool:
    """Whether the whole interval of a difference (`statistics.paired_difference`) lies within half a point of 0."""
    return difference["low"] >= -HALF_A_POINT and difference["high"] <= HALF_A_POINT


def joined(values, form) -> str:
    """Our numbers side by side, each in this form, as the paper prints them."""
    return " / ".join(form.format(value) for value in values)
