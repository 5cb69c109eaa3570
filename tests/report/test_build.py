"""Building the site of a run: what must not be published is refused, and the old site stays."""

import json
import shutil

import pytest

from sixtytwo.base import paths
from sixtytwo.report import book, build, stage

YESTERDAY = "the site of yesterday"


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the book, with a site built before; the published run is read where it is."""
    for name in ("book", "notebooks", "src"):
        ignored = shutil.ignore_patterns("reference", "unfinished", "__pycache__", ".*")
        shutil.copytree(paths.ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("_config.yml", "_toc.yml", "requirements.lock"):
        shutil.copy(paths.ROOT / name, tmp_path)
    (tmp_path / "benchmarks").symlink_to(paths.ROOT / "benchmarks")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    old = tmp_path / "_build" / "site" / "html"
    old.mkdir(parents=True)
    (old / "index.html").write_text(YESTERDAY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(copy):
    """A copy of the published run."""
    return shutil.copytree(paths.REFERENCE, copy / "run", ignore=shutil.ignore_patterns("store"))


def test_broken_reference_fails_the_build_and_keeps_the_old_site(copy):
    with open(copy / "book" / "rerun.md", "a", encoding="utf-8") as stream:
        stream.write("\nSee {doc}`no_such_page`.\n")
    with pytest.raises(book.RunError, match="no_such_page"):
        build.build(paths.REFERENCE, copy / "_build" / "site")
    assert (copy / "_build" / "site" / "html" / "index.html").read_text(encoding="utf-8") == YESTERDAY


def test_stored_traceback_is_never_published(copy, run):
    path = run / "notebooks" / "02_preprocessing.ipynb"
    bad = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in bad["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": ["boom"]}]
    path.write_text(json.dumps(bad), encoding="utf-8")
    with pytest.raises(book.RunError, match="must not be published: code cell 1 has an error output"):
        build.build(run, paths.ROOT / "_build" / "site")


def test_missing_chapter_is_named(copy):
    with pytest.raises(book.RunError, match=r"01_data_exploration\.ipynb is missing"):
        build.build(copy / "_build" / "smoke", copy / "_build" / "smoke")


def test_run_that_was_not_finished_is_refused(run):
    (run / "provenance.json").unlink()
    with pytest.raises(book.RunError, match="was not finished"):
        build.build(run, paths.ROOT / "_build" / "site")


def test_reduced_run_shows_no_findings(copy, run):
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    (run / "provenance.json").write_text(json.dumps(provenance | {"profile": "draft"}), encoding="utf-8")
    stage.stage(run, copy / "stage")
    findings = (copy / "stage" / "book" / "_generated" / "findings.md").read_text(encoding="utf-8")
    assert findings == stage.NO_FINDINGS


def test_status_names_the_code_that_has_changed_since(copy, run):
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    name = sorted(provenance["sources"])[-1]
    provenance["sources"][name] = "another digest"
    (run / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    stage.stage(run, copy / "stage")
    status = (copy / "stage" / "book" / "_generated" / "status.md").read_text(encoding="utf-8")
    assert f"`{name}`" in status.partition("## Code")[2]


def test_output_of_jupyter_book_in_another_encoding_is_shown(tmp_path, monkeypatch):
    (tmp_path / "python").write_bytes(b"#!/bin/sh\nprintf 'na\\357ve'\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(build.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(book.RunError, match="Jupyter Book failed:\nna\N{REPLACEMENT CHARACTER}ve"):
        build.run_jupyter_book(tmp_path, tmp_path / "output", strict=True)
