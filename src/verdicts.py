"""The paper's items and claims (book/claims.yml), what the chapters find out about them, and the page that judges them."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import yaml

import store

CLAIMS = store.ROOT / "book" / "claims.yml"
VERDICTS = ("reproduced", "partly", "not reproduced", "contradicts itself", "not testable", "not tested")
HALF_A_POINT = 0.005  # differences in accuracy up to this count as none
OPEN = "open"  # no full run on real data has decided it
_PARTS = {
    "R": ("Tables, figures and methods", "What the paper contains."),
    "C": ("Claims", "What the paper says, in its order."),
}
_COLOURS = {
    "reproduced": "success",
    "partly": "info",
    "not reproduced": "danger",
    "contradicts itself": "warning",
    "not testable": "secondary",
    "not tested": "light",
    OPEN: "dark",
}


def claims() -> list[dict]:
    """All items and claims: id, section, claim, paper, evidence; and verdict and note if the paper's own text decides,
    else the rule by which a chapter decides.

    Raises ValueError for an entry without these or with others, with an unknown verdict, or with an id that occurs twice.
    """
    entries = yaml.safe_load(CLAIMS.read_text())
    for entry in entries:
        decided = {"verdict", "note"} if "verdict" in entry else {"rule"}
        expected = {"id", "section", "claim", "paper", "evidence"} | decided
        if missing := expected - set(entry):
            raise ValueError(f"{entry.get('id', entry)} in {CLAIMS.name} lacks {', '.join(sorted(missing))}.")
        if unknown := set(entry) - expected:
            names = ", ".join(sorted(map(str, unknown)))
            raise ValueError(f"{entry['id']} in {CLAIMS.name} has unknown keys ({names}); quote a text that has commas in it.")
        if entry.get("verdict", VERDICTS[0]) not in VERDICTS:
            raise ValueError(f"{entry['id']} in {CLAIMS.name}: a verdict is one of {', '.join(VERDICTS)}.")
    if twice := [name for name, n in Counter(entry["id"] for entry in entries).items() if n > 1]:
        raise ValueError(f"{', '.join(twice)} occur twice in {CLAIMS.name}.")
    return entries


class Judge:
    """Collects the verdicts of one chapter and leaves them in `run_dir/verdicts/<chapter>.json`.

    Synthetic characters and reduced runs decide nothing about the paper: with `decides` False nothing is left.
    """

    def __init__(self, run_dir, chapter, *, decides):
        self.path = store.ROOT / run_dir / "verdicts" / f"{chapter}.json"
        self.decides = decides
        self.open = {entry["id"]: entry for entry in claims() if "verdict" not in entry and f"/{chapter}#" in entry["evidence"]}
        self.found = {}

    def __call__(self, name, verdict, ours, interval=None):
        """Judge one item or claim by its rule.

        Parameters
        ----------
        name : str
            Its id, e.g. "C18".
        verdict : bool or str
            Whether it holds in our run, or a word of `VERDICTS`.
        ours : str
            Our number or finding, beside the paper's.
        interval : pair of float or None
            95% interval of our number, if it has one (NaN counts as none).

        Raises ValueError for an id that this chapter does not decide, an unknown verdict or an empty finding.
        """
        if name not in self.open:
            raise ValueError(f"{name} is not decided here: expected one of {', '.join(self.open)} (see {CLAIMS.name}).")
        word = verdict if isinstance(verdict, str) else "reproduced" if verdict else "not reproduced"
        if word not in VERDICTS or not ours.strip():
            raise ValueError(f"{name}: expected a verdict out of {', '.join(VERDICTS)}, and our finding.")
        limits = None if interval is None or np.isnan(interval).any() else [float(limit) for limit in interval]
        self.found[name] = {"ours": ours, "interval": limits, "verdict": word, "note": f"{self.open[name]['rule']}."}

    def table(self):
        """Write the verdicts, and show them: id, what the paper says, our finding, the rule and the verdict.

        Raises ValueError if a claim of this chapter was not judged.
        """
        missing = set(self.open) - set(self.found)
        if self.decides and missing:
            raise ValueError(f"{', '.join(sorted(missing))} are to be judged by this chapter and were not (see {CLAIMS.name}).")
        if self.decides:
            store.write_json(self.path, self.found)
        else:
            self.path.unlink(missing_ok=True)
        columns = ["", "the paper", "here", "it holds if", "verdict"]
        rows = []
        for name, entry in self.open.items() if self.decides else ():
            found = self.found[name]
            rows.append([name, entry["claim"], found["ours"], entry["rule"], found["verdict"]])
        table = pd.DataFrame(rows, columns=columns).style.hide(axis="index")
        return table.set_table_attributes('class="dataframe verdicts"')


def parts(*conditions) -> str:
    """The verdict on a claim of several parts: "partly" if some hold."""
    return "reproduced" if all(conditions) else "partly" if any(conditions) else "not reproduced"


def equal(difference) -> bool:
    """Whether the whole interval of a difference (`results.paired_difference`) lies within half a point of 0."""
    return difference["low"] >= -HALF_A_POINT and difference["high"] <= HALF_A_POINT


def best(behind) -> str:
    """The verdict on what is called best, by how far its accuracy lies behind the best: "partly" if that is little."""
    return "reproduced" if behind <= 0 else "partly" if behind <= HALF_A_POINT else "not reproduced"


def gather(run_folder) -> list[dict]:
    """All items and claims with what the chapters of a run found, as `verdicts.json` has them.

    Each has id, claim, section, paper, ours, interval, verdict (`OPEN` if nothing decided it), evidence ("page.html#id"), note.
    """
    found = {}
    for path in sorted((run_folder / "verdicts").glob("*.json")):
        found |= json.loads(path.read_text())
    nothing = {"ours": "", "interval": None, "verdict": OPEN, "note": "Waits for the published run."}
    entries = []
    for entry in claims():
        judged = nothing | (entry if "verdict" in entry else found.get(entry["id"], {}))
        known = {name: entry[name] for name in ("id", "claim", "section", "paper")}
        entries.append(
            known
            | {name: judged[name] for name in ("ours", "interval", "verdict", "note")}
            | {"evidence": entry["evidence"].replace("#", ".html#")}
        )
    return entries


def summary(entries) -> str:
    """How many entries have which verdict, as a Markdown table."""
    counts = {part: Counter(entry["verdict"] for entry in entries if entry["id"][0] == part) for part in _PARTS}
    titles = " | ".join(title for title, _ in _PARTS.values())
    lines = [f"| Verdict | {titles} |", "|---" + "|--:" * len(_PARTS) + "|"]
    for name in (*VERDICTS, OPEN):
        if any(count[name] for count in counts.values()):
            lines.append(f"| {name} | {' | '.join(str(count[name]) for count in counts.values())} |")
    return "\n".join(lines) + "\n"


def page(entries) -> str:
    """Every entry with its verdict, as Markdown; each is a target of its own (`#c31`)."""
    lines = []
    for letter, (title, what) in _PARTS.items():
        lines += [f"## {title}", "", what, ""]
        for entry in (entry for entry in entries if entry["id"][0] == letter):
            where, label = entry["evidence"].split(".html#")
            numbered = label.startswith(("fig-", "tbl-"))
            sentences = [
                f"{{bdg-{_COLOURS[entry['verdict']]}}}`{entry['verdict']}` Paper ({entry['section']}): {entry['paper']}.",
                f"Here: {_with_interval(entry)}." if entry["ours"] else "",
                entry["note"] if entry["verdict"] != OPEN else "",
                "Evidence: " + (f"{{numref}}`{label}` in {{doc}}`/{where}`." if numbered else f"{{doc}}`/{where}`."),
            ]
            lines += [
                f"({entry['id'].lower()})=",
                f"**{entry['id']}** {entry['claim']}",
                ": " + " ".join(sentence for sentence in sentences if sentence),
                "",
            ]
    return "\n".join(lines)


def _with_interval(entry):
    if not entry["interval"]:
        return entry["ours"]
    low, high = entry["interval"]
    low, high = (f"{end:g}" if float(end).is_integer() else f"{end:#.3g}" for end in (low, high))
    return f"{entry['ours']} (95% interval {low} to {high})"
