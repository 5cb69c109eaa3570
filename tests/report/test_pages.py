"""What people put into notebooks is shown properly on a page, which is built strictly."""

import base64
import copy
import io
import subprocess
import sys

import nbformat
import PIL.Image
import pytest

from sixtytwo.report import merge, outputs

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"><circle r="2"/></svg>'


def png():
    stream = io.BytesIO()
    PIL.Image.new("RGB", (3, 3), "red").save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The HTML of a chapter without title, kernel and tidy habits."""
    folder = tmp_path_factory.mktemp("page")
    prose = nbformat.v4.new_markdown_cell(
        'One ![one "is"](attachment:my%20picture.png), two <img src="attachment:b.png" width="3">.\n\n![three](attachment:c.svg)'
    )
    prose["attachments"] = {
        "my picture.png": {"image/png": png()},
        "b.png": {"image/png": png()},
        "c.svg": {"image/svg+xml": SVG},
    }
    raw = {"": "a plain note", "text/latex": "of LaTeX", "text/x-python": "of Python", "text/html": '<b id="raw">bold</b>'}
    cells = [nbformat.v4.new_raw_cell(text, metadata={"format": kind} if kind else {}) for kind, text in raw.items()]
    source = nbformat.v4.new_notebook(cells=[prose, *cells, nbformat.v4.new_code_cell("show()")])
    executed = copy.deepcopy(source)
    shown = [
        nbformat.v4.new_output("display_data", {"application/json": {"answer": 42}, "text/plain": "<JSON object>"}),
        nbformat.v4.new_output("display_data", {"application/vnd.x+json": {}, "image/png": png(), "text/plain": "<Figure>"}),
        nbformat.v4.new_output("stream", name="stdout", text="begins\n" + "x" * 10_000_000 + "\nends"),
    ]
    executed.cells[-1] |= {"outputs": shown, "execution_count": 1}
    executed.metadata["book"] = {}
    nbformat.write(merge.merge(source, outputs.tidied(executed), "09_mine.ipynb"), folder / "09_mine.ipynb")
    settings = 'extensions = ["myst_nb"]\nnb_execution_mode = "off"\nroot_doc = "09_mine"\nhtml_theme = "basic"\n'
    (folder / "conf.py").write_text(f'{settings}exclude_patterns = ["jupyter_execute"]')
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-b", "html", folder, folder / "html"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "html" / "09_mine.html").read_text(encoding="utf-8")


def test_pictures_pasted_into_markdown_are_there(page):
    assert page.count("data:image/png;base64,") == 2 and 'width="3"' in page
    assert page.count("data:image/svg+xml;base64,") == 1
    assert 'alt="one &quot;is&quot;"' in page and "attachment:" not in page


def test_raw_cells_are_left_out_unless_they_are_for_pages(page):
    assert '<b id="raw">bold</b>' in page
    assert not any(text in page for text in ("a plain note", "of LaTeX", "of Python"))


def test_json_is_shown_as_text_and_other_kinds_by_what_a_page_knows_of_them(page):
    assert "answer" in page and "42" in page and "JSON object" not in page
    assert "_images/" in page and "&lt;Figure&gt;" not in page


def test_endless_text_is_cut_in_its_middle(page):
    assert "begins" in page and "ends" in page and "9,900,012 characters are left out" in page and len(page) < 1_000_000


def test_page_without_a_title_is_called_as_its_file(page):
    assert "<h1>09_mine<" in page
