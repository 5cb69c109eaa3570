"""The published results in README.md."""

from sixtytwo.base import contracts, files, paths
from sixtytwo.report import book, tables

MARKS = ("<!-- results: written by `python -m sixtytwo.report.command readme` -->", "<!-- end of results -->")


def write_readme() -> None:
    """Put the published results between the marks in README.md. Raises RunError if it has not each of them once."""
    path = paths.ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    if not all(text.count(mark) == 1 for mark in MARKS):
        raise book.RunError(f"README.md must have each of the lines {' and '.join(MARKS)} once.")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    table = tables.headline(contracts.read(paths.REFERENCE / "results.json"))
    files.write_text(path, f"{before}{MARKS[0]}\n\n{table}\n{MARKS[1]}{after}")
