"""The gate sees what papermill does not tell."""

import nbformat
from projects import FIGURE_METADATA, GOOD_FIGURE

from sixtytwo.report import gate


def test_figure_that_draws_nothing_or_two_things_is_refused(project, capsys):
    project.chapter("x = 1", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "draws no image for the figure fig-line" in capsys.readouterr().err
    project.chapter(GOOD_FIGURE + "\naxis.get_title()", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "shows 2 outputs" in capsys.readouterr().err


def test_failed_trial_stops_the_run(project, capsys):
    record = '{"search": {"trials": 10, "completed": 9}}'
    cell = "import pathlib\nfrom sixtytwo.base import journal\nfolder = pathlib.Path('../_build/smoke/models')\n"
    cell += "folder.mkdir(exist_ok=True)\njournal.note('model', 'cnn')\n"  # as `records.record` does
    project.chapter(cell + f"written = (folder / 'cnn.json').write_text('{record}')")
    assert project.run() == 1
    assert "1 of 10 trials of the cnn search failed" in capsys.readouterr().err


def test_gate_sees_cells_that_never_ran(project):
    project.chapter("print(1)", "print(2)")
    project.run()
    notebook = nbformat.read(project.output(), as_version=4)
    assert gate.problems(notebook) == []
    notebook.cells[-1].execution_count = None
    assert gate.problems(notebook) == ["code cell 5 has execution count None"]
    notebook.cells[-1].execution_count = 5
    notebook.cells[-1].outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    assert gate.problems(notebook) == ["code cell 5 has an error output"]
