"""Names that notebooks give: two of a kind are noticed from their text."""

import nbformat
import pytest

from sixtytwo.base import chapters, files, journal, paths


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a notebook of cells, and of labels, to the book."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "REFERENCE", tmp_path / "book" / "reference")
    monkeypatch.setattr(journal, "_journal", None)
    (tmp_path / "notebooks").mkdir()

    def write(name, *cells, labels=()):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        figures = [{"mystnb": {"figure": {"name": label, "caption": "x"}}} for label in labels]
        notebook.cells += [nbformat.v4.new_code_cell("", metadata=metadata) for metadata in figures]
        nbformat.write(notebook, tmp_path / "notebooks" / f"{name}.ipynb")

    return write


RECORD = 'helpers.record(run_dir, "{}", title="{}", runs=runs, data=data)'
CNN = RECORD.format("cnn", "CNN")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (CNN, "the key 'cnn' belongs to 04_cnn.ipynb; give the model another key"),
        (RECORD.format("mine", "CNN"), "the title 'CNN' belongs to 04_cnn.ipynb; give the model another title"),
        ('KEY = "cnn"\npath = helpers.record(run_dir, KEY, runs=runs)', "the key 'cnn' belongs to"),
        ('helpers.record(run_dir, key="cnn", title="Mine", runs=runs)', "the key 'cnn' belongs to"),
        ('%%time\n!ls\nhelpers.record(run_dir, "cnn", title="Mine", runs=runs)', "the key 'cnn' belongs to"),
    ],
)
def test_key_or_title_of_another_chapter_is_refused_when_the_chapter_is_opened(code, sentence, write):
    write("04_cnn", "import helpers", CNN, labels=["fig-curves"])
    write("09_mine", code)
    with pytest.raises(ValueError, match=sentence):
        journal.open_chapter("_build/smoke", "09_mine")
    assert not (paths.ROOT / "_build").exists()


def test_label_of_another_chapter_or_given_twice_is_refused(write):
    write("04_cnn", CNN, labels=["fig-curves"])
    write("09_mine", labels=["fig-curves", "tbl-own", "tbl-own"])
    other, twice = chapters.clashes_of("09_mine")
    assert "the label 'fig-curves' belongs to 04_cnn.ipynb; give the figure or table another name in the metadata" in other
    assert "the label 'tbl-own' is given twice" in twice


def test_model_that_a_published_chapter_records_in_a_loop_is_known(write):
    write("06_modern", "for key in keys:\n    helpers.record(run_dir, key, title=key)")
    metadata = {"metadata": {"book": {"models": ["modern_small"]}}}
    files.write_json(paths.REFERENCE / "notebooks" / "06_modern.ipynb", metadata)
    write("09_mine", RECORD.format("modern_small", "Mine"))
    assert ["06_modern.ipynb" in clash for clash in chapters.clashes_of("09_mine")] == [True]


def test_names_of_its_own_and_broken_neighbours_are_no_clash(write):
    write("04_cnn", CNN, labels=["fig-curves"])
    write("09_mine", RECORD.format("mine", "Mine"), RECORD.format("mine", "Mine"), "x =", labels=["fig-mine"])
    (paths.ROOT / "notebooks" / "10_empty.ipynb").write_text("")
    (paths.ROOT / "notebooks" / "11_list.ipynb").write_text("[]")
    assert chapters.clashes_of("09_mine") == chapters.clashes_of("10_empty") == chapters.clashes_of("not there") == []
    journal.open_chapter("_build/smoke", "09_mine")


def test_changed_notebook_is_read_again(write):
    write("04_cnn", CNN)
    write("09_mine", CNN)
    assert chapters.clashes_of("09_mine")
    write("09_mine", RECORD.format("mine", "My own model"))
    assert not chapters.clashes_of("09_mine")


def test_owner_of_a_recorded_model_is_another_chapter_that_is_still_there(write):
    write("04_cnn")
    write("09_mine")
    journal.open_chapter("_build/smoke", "04_cnn")
    journal.note("model", "cnn")
    assert journal.owner_of("_build/smoke", "cnn") is None, "a chapter may record its model again"
    journal.open_chapter("_build/smoke", "09_mine")
    assert journal.owner_of("_build/smoke", "cnn") == "04_cnn" and journal.owner_of("_build/smoke", "mine") is None
    chapters.notebook("04_cnn").unlink()
    assert journal.owner_of("_build/smoke", "cnn") is None
