"""A page of the book: prose of the source, outputs of the run, and only if both have the same code."""

import base64

import nbformat
import pytest

from sixtytwo.report import book, merge

JUDGING = 'helpers.judge(run_dir, "03_mlp", decides=True, n=n)'


def notebook(*sources, executed=False):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# prose")])
    made.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    made.cells[1].metadata["tags"] = ["parameters"]
    if executed:
        made.metadata["book"] = {"profile": "smoke"}
        made.cells.insert(2, nbformat.v4.new_code_cell("n = 2", metadata={"tags": ["injected-parameters"]}))
        for number, cell in enumerate(made.cells[1:], start=1):
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text=str(number))]
    return made


def test_page_has_prose_of_the_source_and_outputs_of_the_run():
    source = notebook("n = 1", "print(n)")
    source.cells[0].source = "# better prose"
    page = merge.merge(source, notebook("n = 1", "print(n)", executed=True), "x")
    assert page.cells[0].source == "# better prose"
    assert [cell.source for cell in page.cells[1:]] == ["n = 2", "print(n)"]
    assert page.cells[2].outputs[0].text == "3"
    assert "hide-input" in page.cells[1].metadata.tags and source.cells[1].metadata.tags == ["parameters"]


def test_folded_code_says_what_it_is():
    source, executed = notebook("n = 1", JUDGING, "n"), notebook("n = 1", JUDGING, "n", executed=True)
    for cell in source.cells[2:]:
        cell.metadata["tags"] = ["hide-input"]
    executed.cells[4].outputs = [nbformat.v4.new_output("display_data", {"text/html": "<table></table>"})]
    page = merge.merge(source, executed, "x")
    prompts = [cell.metadata.get("mystnb", {}).get("code_prompt_show") for cell in page.cells]
    parameters = "Parameters, to change when you run it yourself"
    assert prompts == [None, parameters, "The facts that decide the verdicts", "The code of this table"]
    assert "mystnb" not in source.cells[2].metadata


def test_an_experiment_that_a_run_leaves_out_is_not_on_its_page():
    source = notebook("n = 1", "print(n)", "n")
    source.cells += [nbformat.v4.new_markdown_cell("what it found", metadata={"tags": ["needs-n"]})]
    source.cells[2].metadata["tags"] = ["needs-n"]
    executed = notebook("n = 1", "print(n)", "n", executed=True)
    assert len(merge.merge(source, executed, "x").cells) == 5
    executed.cells[2].source = "n = 0"
    assert [cell.source for cell in merge.merge(source, executed, "x").cells] == ["# prose", "n = 0", "n"]


def test_changed_code_is_never_published_with_old_outputs():
    with pytest.raises(book.RunError, match=r"01\.ipynb has changed since it was executed"):
        merge.merge(notebook("n = 1", "print(n + 1)"), notebook("n = 1", "print(n)", executed=True), "01.ipynb")


def test_figures_of_a_page_are_found_by_their_names():
    page = notebook("n = 1", "draw(n)", executed=True)
    page.cells[3].metadata["mystnb"] = {"figure": {"name": "fig-answer"}}
    encoded = base64.b64encode(b"a picture").decode()
    page.cells[3].outputs = [nbformat.v4.new_output("display_data", {"image/png": encoded})]
    assert merge.figures(page) == {"fig-answer": b"a picture"}
