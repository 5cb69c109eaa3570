"""The gate sees what papermill does not tell."""

import nbformat
import pytest
from projects import FIGURE_METADATA, GOOD_FIGURE

from sixtytwo.report import gate


def test_figure_that_draws_nothing_or_two_things_is_refused(project, capsys):
    project.chapter("x = 1", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "draws no image for the figure fig-line" in capsys.readouterr().err
    project.chapter(GOOD_FIGURE + "\naxis.get_title()", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "shows 2 outputs" in capsys.readouterr().err


def test_figure_of_an_experiment_that_the_run_left_out_may_draw_nothing(project):
    project.chapter("x = 1", metadata=FIGURE_METADATA | {"tags": ["needs-n"]})
    assert project.run() == 0


def test_chart_stands_where_its_place_was_kept_not_where_it_was_made(project):
    project.chapter(
        "place = helpers.reserve()", "place.update(helpers.draw_seeds({'a': {'b': [1]}}, 'c'))", metadata=FIGURE_METADATA
    )
    path = project.folder / "notebooks" / "01_first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata = {}
    nbformat.write(notebook, path)
    assert project.run() == 0
    kept, made = nbformat.read(project.output(), as_version=4).cells[-2:]
    assert ["image/png" in output.data for output in kept.outputs] == [True] and not made.outputs


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


def shown(data, *tags):
    output = nbformat.v4.new_output("display_data", data)
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=[output], metadata={"tags": [*tags]})
    return gate.problems(nbformat.v4.new_notebook(cells=[cell]))


NOT_SHOWN = {
    "a widget": {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "IntSlider(value=0)"},
    "a figure of plotly": {"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<div></div>"},
    "a figure of Vega": {"application/vnd.vegalite.v5+json": {}, "text/plain": "alt.Chart(...)"},
    "from another host": {"text/html": '<script\nsrc="https://cdn.example/x.js"></script>', "text/plain": "x"},
    "another host, which": {"text/html": '<script type="module">import "https://cdn.example/x"</script>'},
    "application/javascript, which no page can": {"application/javascript": "alert(1)"},
    "6 MB, more than 5": {"text/html": "x" * 6_000_000},
}


@pytest.mark.parametrize("words", NOT_SHOWN)
def test_output_that_a_page_would_not_show_is_refused_unless_it_is_left_out(words):
    [problem] = shown(NOT_SHOWN[words])
    assert problem.startswith("code cell 1 shows ") and words in problem and "tag the cell remove-output" in problem
    assert shown(NOT_SHOWN[words], "remove-output") == []


def test_outputs_that_pages_show_pass():
    for data in (
        {"text/plain": "x" * 6_000_000},
        {"application/json": {"a": 1}, "text/plain": "<IPython.core.display.JSON object>"},
        {"text/html": '<a href="https://example.org">paper</a>'},
        {"image/svg+xml": "<svg/>"},
        {"application/papermill.record/text/plain": "a glued value"},
    ):
        assert shown(data) == []
