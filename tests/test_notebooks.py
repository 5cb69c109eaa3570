"""The sources of the chapters keep the book's form, and the published outputs belong to their code."""

import ast
import re
import statistics

import nbformat
import numpy as np
import onnxruntime
import pytest
from conftest import ROOT

from sixtytwo.base import contracts, paths
from sixtytwo.data import loading
from sixtytwo.findings import rules
from sixtytwo.report import book, gate, merge, promote

CHAPTERS = [path for path in book.chapters() if f"notebooks/{path.stem}.html" in book.pages()]
STUDY = {
    "01_data_exploration",
    "02_preprocessing",
    "03_mlp",
    "04_cnn",
    "05_residual_cnn",
    "06_modern_cnn",
    "07_limits",
    "08_evaluation",
}


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def chapter(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def tags(cell):
    return cell.metadata.get("tags", [])


def nodes(*cells):
    """The syntax of some cells, without the magic lines of notebooks."""
    for cell in cells:
        lines = (line for line in cell.source.splitlines(True) if line.lstrip()[:1] not in ("!", "%"))
        yield from ast.walk(ast.parse("".join(lines)))


def calls(cell, function):
    """The arguments of each call of a function of the door, as source."""
    found = [node for node in nodes(cell) if isinstance(node, ast.Call) and ast.unparse(node.func) == f"helpers.{function}"]
    return [[ast.unparse(argument) for argument in node.args] for node in found]


def test_the_table_of_contents_holds_the_study_in_order():
    names = [path.stem for path in CHAPTERS]
    assert set(names) >= STUDY and names == sorted(names)
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == names


def test_source_has_no_outputs(chapter):
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(chapter))


def test_kernel_is_python3(chapter):
    assert chapter.metadata.kernelspec.name == "python3"


def test_parameters_are_literals_and_name_data_and_output_folder(chapter):
    assert {"dataset", "run_dir"} <= set(book.parameters(chapter, "notebook"))


def test_skeleton(chapter):
    text = prose(chapter)
    opening = "\n".join(text[:2])  # before and after the figure of the answer
    assert text[0].startswith("# ") and "```{note}" in opening and "**Prerequisites**" in opening and "**Time**" in opening
    first, *others = code(chapter)[:3]
    assert "google.colab" in first.source and "remove-cell" in tags(first)
    assert any("parameters" in tags(cell) for cell in others)
    assert "## What we learned" in text[-1] and "**Next**" in text[-1]


def test_first_cell_is_the_same_in_all_chapters():
    assert len({code(nbformat.read(path, as_version=4))[0].source for path in CHAPTERS}) == 1


def test_journal_is_opened_once_under_the_name_of_the_chapter(path, chapter):
    opened = [arguments for cell in code(chapter) for arguments in calls(cell, "open_chapter")]
    assert opened == [["run_dir", repr(path.stem)]]


def test_the_door_is_all_that_is_imported_from_the_project(chapter):
    imported = set()
    for node in nodes(*code(chapter)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert "helpers" in imported and not any(name.startswith(("sixtytwo", "helpers.")) for name in imported)


def test_keys_of_stored_steps_are_built_in_the_package_only(chapter):
    """No chapter writes a spec or asks the store."""
    found = list(nodes(*code(chapter)))
    names = {node.attr for node in found if isinstance(node, ast.Attribute)}
    names |= {node.id for node in found if isinstance(node, ast.Name)}
    names |= {node.arg for node in found if isinstance(node, ast.keyword | ast.arg)}
    assert names.isdisjoint({"cached", "spec", "store", "sixtytwo"})


def test_one_folded_cell_hands_over_the_facts_of_all_rules(path, chapter):
    judging = [cell for cell in code(chapter) if calls(cell, "judge")]
    assert len(judging) == bool(rules.rules_of(path.stem.partition("_")[2]))
    for cell in judging:
        assert calls(cell, "judge") == [["run_dir", repr(path.stem)]]
        assert "hide-input" in tags(cell) and "mystnb" not in cell.metadata  # it shows nothing: verdicts have a page


def test_code_cells_are_short(chapter):
    lengths = [len(cell.source.splitlines()) for cell in code(chapter)]
    assert max(lengths) <= 20 and statistics.median(lengths) <= 8


def test_figures_are_described_and_read(chapter):
    """Captions are sentences, figures have alt text that says more than the caption, and the prose refers to them."""
    text = "\n".join(prose(chapter))
    for cell in code(chapter):
        described = cell.metadata.get("mystnb", {})
        if not described:
            continue
        figure = described["figure"]
        assert figure["caption"].endswith(".") and figure["name"].startswith(("fig-", "tbl-"))
        if "image" in described:
            assert figure["name"].startswith("fig-") and len(described["image"]["alt"]) > 40
            assert described["image"]["alt"] != figure["caption"]
            assert f"{{numref}}`{figure['name']}`" in text or "Paper Fig" in figure["caption"] or "draw_network" in cell.source
        else:
            assert figure["name"].startswith("tbl-")


def test_figure_names_are_unique():
    cells = [cell for path in CHAPTERS for cell in code(nbformat.read(path, as_version=4))]
    names = [cell.metadata.mystnb.figure.name for cell in cells if "mystnb" in cell.metadata]
    assert len(names) == len(set(names))


def test_figures_and_tables_of_the_paper_appear_in_its_order():
    cells = [cell for path in CHAPTERS for cell in code(nbformat.read(path, as_version=4))]
    captions = [cell.metadata.mystnb.figure.caption for cell in cells if "mystnb" in cell.metadata]
    figures = [caption.split(":")[0] for caption in captions if caption.startswith("Paper Fig")]
    tables = [caption.split(":")[0] for caption in captions if caption.startswith("Paper Table")]
    assert figures == [f"Paper Fig. {n}" for n in range(1, 9)]
    assert tables == ["Paper Table 1", "Paper Tables 2 and 3", "Paper Table 4", "Paper Table 5"]


def test_what_a_run_may_leave_out_names_a_parameter_of_its_chapter(chapter):
    needed = {tag.removeprefix(gate.NEEDS) for cell in chapter.cells for tag in tags(cell) if tag.startswith(gate.NEEDS)}
    assert needed <= set(book.parameters(chapter, "notebook"))


def test_no_class_count_is_hard_coded(chapter):
    """62 occurs only in what the paper printed (tuples) and in the question whether these are its classes."""
    for cell in code(chapter):
        found = list(nodes(cell))
        allowed = [node for node in found if isinstance(node, ast.Tuple | ast.Compare)]
        printed = {id(inner) for node in allowed for inner in ast.walk(node)}
        counts = [node for node in found if isinstance(node, ast.Constant) and node.value == 62]
        assert all(id(node) in printed for node in counts), cell.source


# --- the published run


@pytest.fixture
def published(path, chapter):
    return chapter, nbformat.read(paths.REFERENCE / "notebooks" / path.name, as_version=4)


def test_published_outputs_belong_to_the_code_and_pass_the_gate(published):
    source, executed = published
    assert gate.problems(executed) == []
    assert merge.merge(source, executed, "chapter").cells


def test_published_outputs_name_no_place_on_the_machine_that_made_them(published):
    for cell in code(published[1]):
        assert all(output.get("name") != "stderr" for output in cell.outputs)
        assert not re.search(
            r"/(home|root|Users|tmp)/", str([output for output in cell.outputs if output.output_type == "stream"])
        )


def test_published_run_is_on_real_data():
    provenance = contracts.read(paths.REFERENCE / "provenance.json")
    assert provenance["dataset"] == "emnist-byclass" and provenance["profile"] in ("draft", "paper")


EXPORTED = sorted(path.stem for path in (paths.REFERENCE / "models").glob("*.onnx"))


@pytest.mark.parametrize("key", EXPORTED)
def test_exported_model_gives_the_published_accuracy(key, real_emnist):
    results = contracts.read(paths.REFERENCE / "results.json")
    images, labels = loading.load_test(results["data"]["dataset"], results["data"]["n_test"])
    images = images[..., None].astype(np.float32) / 255
    session = onnxruntime.InferenceSession(paths.REFERENCE / "models" / f"{key}.onnx")
    batches = np.array_split(images, len(images) // 500)
    predicted = np.concatenate([session.run(None, {session.get_inputs()[0].name: batch})[0].argmax(1) for batch in batches])
    published = results["models"][key]["runs"][0]["test"]["accuracy"]
    assert np.sum(predicted == labels) == pytest.approx(published * len(labels), abs=1)


def test_published_store_holds_what_the_chapters_used(published):
    entries = {path.name for path in (paths.REFERENCE / "store").iterdir()}
    assert set(published[1].metadata["book"]["store"]) <= entries


def test_reference_is_small_enough():
    assert sum(path.stat().st_size for path in paths.REFERENCE.rglob("*") if path.is_file()) < promote.SIZE_LIMIT
