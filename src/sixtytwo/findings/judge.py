"""Judge the items and claims that a chapter decides, by the rules of `rules`; the page of verdicts shows them."""

import inspect

import numpy as np

from sixtytwo.base import files, paths
from sixtytwo.findings import claims, rules


def judge(run_dir, chapter, *, decides, **facts):
    """Judge what a chapter decides, and leave it in `run_dir/verdicts/<chapter>.json` for the page of verdicts.

    Synthetic characters and reduced runs decide nothing about the paper: with `decides` False nothing is judged or left.

    Parameters
    ----------
    run_dir : str
        Folder of the run, from the root of the checkout.
    chapter : str
        e.g. "03_mlp".
    decides : bool
        Whether this is a full run on the paper's data.
    **facts
        What the chapter measured, named as the parameters of its rules. What asks for a fact that is None stays open: its
        experiment is not part of this run.

    Raises ValueError, in any run, if a rule asks for a fact that is not given, or a fact is given that no rule asks for.
    """
    _check_names(chapter, facts)
    path = paths.ROOT / run_dir / "verdicts" / f"{chapter}.json"
    if decides:
        files.write_json(path, decide(chapter, facts))
    else:
        path.unlink(missing_ok=True)


def decide(chapter, facts) -> dict[str, dict]:
    """What the rules of a chapter say about these facts, by id: ours, interval, verdict and note."""
    found = {}
    for name, rule in rules.rules_of(chapter.partition("_")[2]).items():
        asked = {fact: facts[fact] for fact in _asks_for(rule)}
        if any(fact is None for fact in asked.values()):
            continue
        verdict = rule.decide(**asked)
        if verdict.word not in claims.VERDICTS or not verdict.ours.strip():
            words = ", ".join(claims.VERDICTS)
            raise ValueError(f"{name}: expected a verdict out of {words}, and our finding; its rule gave {verdict}.")
        limits = verdict.interval
        limits = None if limits is None or np.isnan(limits).any() else [float(limit) for limit in limits]
        found[name] = {"ours": verdict.ours, "interval": limits, "verdict": verdict.word, "note": f"{rule.text}."}
    return found


def _check_names(chapter, facts):
    asked = {name: _asks_for(rule) for name, rule in rules.rules_of(chapter.partition("_")[2]).items()}
    for name, wanted in asked.items():
        if missing := wanted - set(facts):
            raise ValueError(f"{name} needs the facts {', '.join(sorted(missing))}: hand them to `judge` in {chapter}.")
    expected = set().union(*asked.values())
    if unknown := set(facts) - expected:
        raise ValueError(f"no rule of {chapter} asks for {', '.join(sorted(unknown))}: expected {', '.join(sorted(expected))}.")


def _asks_for(rule):
    return set(inspect.signature(rule.decide).parameters)
