"""What people put into notebooks is shown properly on a page, which is built strictly; what is wrong with it is told."""

import base64
import copy
import io
import subprocess
import sys

import nbformat
import PIL.Image
import pytest
import yaml

from sixtytwo.report import build, merge, outputs
from sixtytwo.report.sources import RunError

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


FAULTS = {
    "## Begins deep": "Document headings start at H2",
    "# One\n\n### Jumps": "Non-consecutive header level increase; H1 to H3",
    "![lost](lost.png)": "image file not readable: notebooks/lost.png",
    "[there](nowhere.md)": "cross-reference target not found: 'nowhere.md'",
    "```{nonsense}\nx\n```": "Unknown directive type: 'nonsense'",
    "```nonsense\nx\n```": "Pygments lexer name 'nonsense' is not known",
    "{numref}`fig-lost`": "undefined label: 'fig-lost'",
}


@pytest.fixture
def staged(tmp_path):
    """A book with a page and a chapter of faulty prose, as it is handed to Jupyter Book."""
    for name in ("book", "notebooks"):
        (tmp_path / "stage" / name).mkdir(parents=True)
    (tmp_path / "stage" / "book" / "index.md").write_text("# Book\n", encoding="utf-8")
    toc = {"format": "jb-book", "root": "book/index", "chapters": [{"file": "notebooks/09_mine"}]}
    settings = {"title": "Book", "execute": {"execute_notebooks": "off"}}
    for name, content in (("_toc", toc), ("_config", settings)):
        (tmp_path / "stage" / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose) for prose in FAULTS])
    nbformat.write(notebook, tmp_path / "stage" / "notebooks" / "09_mine.ipynb")
    return tmp_path / "stage"


def test_faults_in_the_prose_of_a_chapter_are_told_where_they_are_and_the_page_is_there(staged, tmp_path, capsys):
    built = build.run_jupyter_book(staged, tmp_path / "html", strict=False)
    page = (built / "notebooks" / "09_mine.html").read_text(encoding="utf-8")
    assert all(text in page for text in ("Begins deep", "Jumps"))
    told = capsys.readouterr().out
    for prose, fault in FAULTS.items():
        line = next(line for line in prose.splitlines() if line not in ("", "# One"))
        assert any(fault in one for one in told.splitlines() if one.startswith(f'notebooks/09_mine.ipynb, at "{line}": '))


def test_faults_in_chapters_fail_the_published_site_and_those_in_other_pages_every_site(staged, tmp_path):
    with pytest.raises(RunError, match="H1 to H3"):
        build.run_jupyter_book(staged, tmp_path / "html", strict=True)
    (staged / "notebooks" / "09_mine.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()), encoding="utf-8")
    (staged / "book" / "index.md").write_text("# Book\n\n### Jumps\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"index\.md.*H1 to H3"):
        build.run_jupyter_book(staged, tmp_path / "html", strict=False)
