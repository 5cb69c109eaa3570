"""Notebooks as people have them: each is read, or refused in one sentence before anything is executed."""

import json
import warnings

import nbformat
import pytest

from sixtytwo.report import book, sources

OPENING = 'import helpers\nhelpers.open_chapter(run_dir, "01_first")'


def text(*cells, **changes):
    """The text of a notebook with a cell of parameters and some cells of code."""
    parameters = nbformat.v4.new_code_cell('dataset = "auto"\nrun_dir = "x"\nn = 1', metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[parameters, *map(nbformat.v4.new_code_cell, cells)])
    return json.dumps(json.loads(nbformat.writes(notebook)) | changes)


@pytest.fixture
def refused(project, capsys):
    """Puts a text (or bytes) in the place of the first chapter of a run; gives what it is refused with."""

    def give(content):
        project.chapter("print(n)", name="00_before")
        project.chapter("print(n)")
        path = project.folder / "notebooks" / "01_first.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert project.run() == 1
        message = capsys.readouterr().err
        assert message.startswith("Error: notebooks/01_first.ipynb ") and message.count("\n") == 1
        assert not project.smoke.exists(), "nothing was executed"
        return message

    return give


NO_NOTEBOOKS = {
    "": "is empty",
    " \n": "is empty",
    '{"cells": [\n<<<<<<< HEAD\n': "markers of a merge",
    "<!DOCTYPE html><html></html>": "web page",
    "\n<html lang='en'>": "web page",
    "{": "not JSON",
    "[]": "no notebook of format 4",
    json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}): "open it in JupyterLab and save it",
    text(nbformat=5): "no notebook of format 4",
    text(cells=3): "no whole notebook",
    text(cells=[3]): "no whole notebook",
    text(cells=[{"cell_type": "what"}]): "no whole notebook",
    b"\xff\xfe\x00": "no text in UTF-8",
}


@pytest.mark.parametrize(("content", "words"), NO_NOTEBOOKS.items())
def test_file_that_holds_no_notebook_is_named(content, words, refused):
    assert words in refused(content)


NO_CHAPTERS = {
    text(OPENING, metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}): "is written in R",
    text(OPENING, metadata={"language_info": {"name": "julia"}}): "is written in julia",
    text(OPENING, "1 +"): "no Python (cell 3, line 1",
    text(OPENING, "<<<<<<< local\n1\n=======\n2\n>>>>>>> remote"): "markers of a merge (<<<<<<<) in cell 3",
    text("import helpers"): 'add helpers.open_chapter(run_dir, "01_first")',
    text('import helpers\nhelpers.open_chapter(run_dir, "03_mlp")'): "opens the journal of another chapter",
    text(
        'from helpers import open_chapter\nopen_chapter(run_dir, chapter="03_mlp")'
    ): "take it out of its folder if it is a copy",
    text(OPENING, "epochs = int(input('epochs? '))"): "waits for input (cell 3)",
    text(OPENING, "%pip install plotly"): "installs packages (cell 3)",
    text(OPENING, "!python -m pip -q install 'plotly>5'"): "installs packages (cell 3)",
    text(OPENING, "if True:\n    %conda install plotly"): "installs packages (cell 3)",
    text(OPENING, "import no_such_package.part as px"): "imports no_such_package (cell 3), which is not installed",
}


@pytest.mark.parametrize(("content", "words"), NO_CHAPTERS.items())
def test_notebook_that_cannot_be_a_chapter_is_refused_before_anything_runs(content, words, refused):
    assert words in refused(content)


def test_copy_that_papermill_executed_is_refused(refused):
    injected = nbformat.v4.new_code_cell("# Parameters\nn = 1\n", metadata={"tags": ["injected-parameters"]})
    assert "papermill injected (cell 1)" in refused(nbformat.writes(nbformat.v4.new_notebook(cells=[injected])))


def test_pasted_picture_that_was_lost_is_named(refused):
    prose = nbformat.v4.new_markdown_cell("![a](attachment:my%20picture.png)")
    assert "pasted picture my picture.png in cell 1" in refused(nbformat.writes(nbformat.v4.new_notebook(cells=[prose])))


GOOD = {
    "byte-order mark": "\ufeff" + text(OPENING),
    "name in a variable": text("import helpers\nname = '01_first'\nhelpers.open_chapter(run_dir, name)"),
    "shell": text(OPENING, "!ls\nfiles = !ls"),
    "timed": text(f"%%time\n{OPENING}"),
    "other languages": text(OPENING, "%%bash\ncd /tmp && ls", "%%html\n<b>", "%%writefile x.py\nimport no_such_package"),
    "await": text(OPENING, "import asyncio\nawait asyncio.sleep(0)"),
    "optional import": text(OPENING, "try:\n    import no_such_package\nexcept ImportError:\n    pass"),
    "Colab": text("import sys\nif 'google.colab' in sys.modules:\n    %pip install x", OPENING),
    "no kernel named": text(OPENING, metadata={}),
}


@pytest.mark.parametrize("name", GOOD)
def test_unusual_notebook_is_taken(name, project):
    project.chapter("print(n)")
    (project.folder / "notebooks" / "01_first.ipynb").write_text(GOOD[name], encoding="utf-8")
    assert len(book.plan("smoke", "synthetic")) == 1


def test_cells_without_ids_get_the_same_ones_whenever_they_are_read(tmp_path):
    found = json.loads(text(OPENING, "1", nbformat_minor=2))
    for cell in found["cells"]:
        del cell["id"]
    found["cells"][1]["source"] = ["a = 1\r\n", "b = 2"]
    (tmp_path / "a.ipynb").write_text(json.dumps(found), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (sources.read(tmp_path / "a.ipynb") for _ in range(2))
    assert first == second and first.cells[1].source == "a = 1\nb = 2" and len({cell.id for cell in first.cells}) == 3


def test_module_beside_the_notebook_may_be_imported(project):
    project.chapter("import my_networks")
    (project.folder / "notebooks" / "my_networks.py").touch()
    assert len(book.plan("smoke", "synthetic")) == 1
