"""Lay out everything that Jupyter Book reads for the site of a run: pages, executed chapters, generated parts, settings."""

import base64
import json
import shutil

import nbformat
import yaml

from sixtytwo.base import contracts, paths
from sixtytwo.findings import claims
from sixtytwo.report import (
    answer,
    book,
    configuration,
    cost,
    fingerprint,
    gate,
    merge,
    sources,
    steps,
    tables,
    typeface,
    verdict_page,
)
from sixtytwo.report.sphinx import charts

SHOWN_AGAIN = ("fig-answer", "fig-pareto")  # figures of chapters that other pages include

NO_FINDINGS = "A reduced run or other data decide nothing about the paper: the findings come with the full run.\n"


def stage(run_folder, folder) -> None:
    """Lay out what Jupyter Book reads in `folder`, from the pages of this checkout and the run in `run_folder`.

    Raises RunError if the run is not finished, or a chapter of it is missing, failed, or was executed from other code.
    """
    _copy_sources(folder)
    _write(folder / "_toc.yml", yaml.safe_dump(book.contents(run_folder), sort_keys=False))
    pictures = _stage_chapters(run_folder, folder)
    if not (run_folder / "provenance.json").exists():
        raise book.RunError(f"the run in {run_folder} was not finished: execute it again.")
    results, provenance = (contracts.read(run_folder / name) for name in ("results.json", "provenance.json"))
    generated = folder / "book" / "_generated"
    generated.mkdir()
    for name, text in _generated_parts(run_folder, results, provenance).items():
        _write(generated / f"{name}.md", text)
    for name in SHOWN_AGAIN:
        (generated / f"{name}.png").write_bytes(pictures[name])
    typeface.write_files(folder / "book" / "_static" / "typeface")
    settings = configuration.configuration(provenance)
    _write(folder / "_config.yml", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _copy_sources(folder):
    """The pages, and the package: chapters show parts of it, and the HTML depends on its extensions of Sphinx."""
    shutil.rmtree(folder, ignore_errors=True)
    kept_out = shutil.ignore_patterns("reference", ".reference-*", "unfinished", "*.egg-info", "__pycache__", "*.npz")
    for name in ("book", "src"):
        shutil.copytree(paths.ROOT / name, folder / name, ignore=kept_out)


def _stage_chapters(run_folder, folder) -> dict[str, bytes]:
    """Write the executed chapters; returns their figures as PNG, by name."""
    (folder / "notebooks").mkdir()
    pictures, listed = {}, book.pages(folder)
    for path in (path for path in book.chapters() if f"notebooks/{path.stem}.html" in listed):
        executed = run_folder / "notebooks" / path.name
        if not executed.exists():
            raise book.RunError(f"{paths.shown(executed)} is missing: execute {path.stem} first.")
        done = sources.read(executed)
        if found := gate.problems(done):
            raise book.RunError(f"{paths.shown(executed)} must not be published: {'; '.join(found)}.")
        page = merge.merge(sources.read(path), done, path.name)
        _stage_charts(merge.take_charts(page), folder / charts.FOLDER)
        nbformat.write(page, folder / "notebooks" / path.name)
        pictures |= merge.figures(page)
    return pictures


def _stage_charts(drawn, folder):
    """Write the narrow picture and the values of each chart."""
    folder.mkdir(exist_ok=True)
    for name, chart in drawn.items():
        (folder / f"{name}.png").write_bytes(base64.b64decode(chart["narrow"]))
        _write(folder / f"{name}.json", json.dumps(chart["values"], ensure_ascii=False))


def _generated_parts(run_folder, results, provenance) -> dict[str, str]:
    """The Markdown that pages include, by name."""
    judged = claims.gather(run_folder)
    limits = json.loads((run_folder / "07_limits.json").read_text(encoding="utf-8"))
    then, now = provenance["sources"], fingerprint.source_digests()
    changed = sorted(name for name in then | now if then.get(name) != now.get(name))
    found = (paths.ROOT / "book" / "findings.md").read_text(encoding="utf-8")
    return {
        "answer": answer.answer(results, decides=configuration.banner(provenance) is None),
        "headline": tables.headline(results),
        "comparison": tables.comparison(results, limits),
        "findings": found if configuration.banner(provenance) is None else NO_FINDINGS,
        "verdict_headline": verdict_page.headline(judged),
        "verdict_counts": verdict_page.summary(judged),
        "verdicts": verdict_page.page(judged),
        "status": tables.status(provenance, changed, steps.computed_by(steps.used(run_folder))),
        "scale_out": steps.published(),
        **{f"cost_{name}": table for name, table in cost.tables().items()},
    }


def _write(path, text):
    path.write_text(text, encoding="utf-8")
