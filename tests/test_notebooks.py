"""The sources of the chapters keep the book's form, and the published outputs belong to their code."""

import ast
import json
import re
import statistics

import nbformat
import numpy as np
import onnxruntime
import pytest
from conftest import ROOT

import execute
import helpers
import publish

CHAPTERS = [path for path in execute.chapters() if f"notebooks/{path.stem}.html" in publish.pages()]
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
def chapter(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_the_table_of_contents_holds_the_study_in_order():
    names = [path.stem for path in CHAPTERS]
    assert set(names) >= STUDY and names == sorted(names)
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == names


def test_source_has_no_outputs(chapter):
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(chapter))


def test_kernel_is_python3(chapter):
    assert chapter.metadata.kernelspec.name == "python3"


def test_parameters_are_literals_and_name_data_and_output_folder(chapter):
    assert {"dataset", "run_dir"} <= set(execute.parameters(chapter, "notebook"))


def test_skeleton(chapter):
    text = prose(chapter)
    assert text[0].startswith("# ") and "```{note}" in text[0] and "**Prerequisites**" in text[0] and "**Time**" in text[0]
    first, second = code(chapter)[:2]
    assert "google.colab" in first.source and "remove-cell" in tags(first)
    assert "parameters" in tags(second)
    assert "## What we learned" in text[-1] and "**Next**" in text[-1]


def test_code_cells_are_short(chapter):
    lengths = [len(cell.source.splitlines()) for cell in code(chapter)]
    assert max(lengths) <= 25 and statistics.median(lengths) <= 13


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
            assert f"{{numref}}`{figure['name']}`" in text or "Paper Fig" in figure["caption"] or "diagram" in cell.source
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


def test_no_class_count_is_hard_coded(chapter):
    """62 occurs only in what the paper printed (tuples) and in the question whether these are its classes."""
    for cell in code(chapter):
        tree = ast.parse("".join(line for line in cell.source.splitlines(True) if line.lstrip()[:1] not in ("!", "%")))
        allowed = [node for node in ast.walk(tree) if isinstance(node, ast.Tuple | ast.Compare)]
        printed = {id(inner) for node in allowed for inner in ast.walk(node)}
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == 62]
        assert all(id(node) in printed for node in found), cell.source


# --- the published run


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def published(request):
    source = nbformat.read(request.param, as_version=4)
    return source, nbformat.read(execute.REFERENCE / "notebooks" / request.param.name, as_version=4)


def test_published_outputs_belong_to_the_code_and_pass_the_gate(published):
    source, executed = published
    assert execute.problems(executed) == []
    assert len(publish.merge(source, executed, "chapter").cells) >= len(source.cells)


def test_published_outputs_name_no_place_on_the_machine_that_made_them(published):
    for cell in code(published[1]):
        assert all(output.get("name") != "stderr" for output in cell.outputs)
        assert not re.search(
            r"/(home|root|Users|tmp)/", str([output for output in cell.outputs if output.output_type == "stream"])
        )


def test_published_run_is_on_real_data():
    provenance = json.loads((execute.REFERENCE / "provenance.json").read_text())
    assert provenance["dataset"] == "emnist-byclass" and provenance["profile"] in ("draft", "paper")


EXPORTED = sorted(path.stem for path in (execute.REFERENCE / "models").glob("*.onnx"))


@pytest.mark.parametrize("key", EXPORTED)
def test_exported_model_gives_the_published_accuracy(key, real_emnist):
    results = json.loads((execute.REFERENCE / "results.json").read_text())
    images, labels = helpers.load_test(results["data"]["dataset"], results["data"]["n_test"])
    images = images[..., None].astype(np.float32) / 255
    session = onnxruntime.InferenceSession(execute.REFERENCE / "models" / f"{key}.onnx")
    batches = np.array_split(images, len(images) // 500)
    predicted = np.concatenate([session.run(None, {session.get_inputs()[0].name: batch})[0].argmax(1) for batch in batches])
    published = results["models"][key]["runs"][0]["test"]["accuracy"]
    assert np.sum(predicted == labels) == pytest.approx(published * len(labels), abs=1)


def test_published_store_holds_what_the_chapters_used(published):
    entries = {path.name for path in (execute.REFERENCE / "store").iterdir()}
    assert set(published[1].metadata["book"]["store"]) <= entries


def test_reference_is_small_enough():
    assert sum(path.stat().st_size for path in execute.REFERENCE.rglob("*") if path.is_file()) < execute.SIZE_LIMIT


def test_readme_table_is_that_of_the_published_results():
    results = json.loads((execute.REFERENCE / "results.json").read_text())
    assert publish.headline(results) in (ROOT / "README.md").read_text()
