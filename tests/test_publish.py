"""The publisher: outputs only from the code that is shown, banner and footer where they belong, strict build."""

import json
import shutil

import nbformat
import pytest
from conftest import ROOT

import execute
import publish

PROVENANCE = {
    "profile": "paper",
    "dataset": "emnist-byclass",
    "executed": "2026-01-02T03:04:05Z",
    "environment": {"git_commit": "abc"},
}


def notebook(*sources, executed=False):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("prose")])
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
    source.cells[0].source = "better prose"
    page = publish.merge(source, notebook("n = 1", "print(n)", executed=True), "x")
    assert page.cells[0].source == "better prose"
    assert [cell.source for cell in page.cells[1:]] == ["n = 1", "n = 2", "print(n)"]
    assert page.cells[3].outputs[0].text == "3"
    assert "hide-input" in page.cells[1].metadata.tags and source.cells[1].metadata.tags == ["parameters"]


def test_folded_code_says_what_it_is():
    source = notebook("n = 1", 'judge("R02", True)\njudge("C10", n == 1)')
    executed = notebook("n = 1", 'judge("R02", True)\njudge("C10", n == 1)', executed=True)
    source.cells[2].metadata["tags"] = ["hide-input"]
    page = publish.merge(source, executed, "x")
    prompts = [cell.metadata.get("mystnb", {}).get("code_prompt_show") for cell in page.cells]
    assert prompts == [None, "Parameters, to change when you run it yourself", None, "The code that decides C10, R02"]
    assert "mystnb" not in source.cells[2].metadata


def test_changed_code_is_never_published_with_old_outputs():
    with pytest.raises(publish.PublishError, match=r"01\.ipynb has changed since it was executed"):
        publish.merge(notebook("n = 1", "print(n + 1)"), notebook("n = 1", "print(n)", executed=True), "01.ipynb")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, None), ({"profile": "draft"}, "preliminary"), ({"profile": "smoke", "dataset": "synthetic"}, "synthetic")],
)
def test_banner_unless_full_run_on_real_data(changes, words):
    banner = publish.configuration(PROVENANCE | changes)["html"].get("announcement")
    assert (words is None and banner is None) or words in banner


def test_footer_names_profile_data_commit_and_date():
    footer = publish.configuration(PROVENANCE)["html"]["extra_footer"]
    assert all(word in footer for word in ("paper", "emnist-byclass", "abc", "2026-01-02"))


def test_links_to_the_repository_only_if_its_address_is_known(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    without = publish.configuration(PROVENANCE)
    assert without["repository"] == {"url": ""} and "launch_buttons" not in without
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/a-book")
    config = publish.configuration(PROVENANCE)
    assert config["repository"]["url"].endswith("/someone/a-book") and config["html"]["use_edit_page_button"]


def test_table_has_a_row_per_model_with_interval_and_paper_value():
    model = {"title": "CNN", "parameters": 128222, "accuracy_interval": [0.8405, 0.8502], "paper": {"accuracy": 0.84}}
    model["runs"] = [{"test": {"accuracy": 0.845}}, {"test": {"accuracy": 0.847}}]
    data = {"name": "emnist-byclass-120k", "n_train": 90_000, "n_validation": 10_000, "n_test": 20_000}
    table = publish.headline({"profile": "paper", "data": data, "models": {"cnn": model}})
    assert "| CNN | 0.846 (0.841 to 0.850) | 0.84 | 128,222 |" in table
    assert "100,000 training and 20,000 test images; 2 seeds" in table


def test_comparison_leaves_blank_what_was_not_measured():
    run = {"test": {"accuracy": 0.85, "balanced_accuracy": 0.71}}
    model = {"title": "CNN", "parameters": 128222, "runs": [run, run], "cpu_minutes": 7.0, "onnx_bytes": 500_000}
    model["latency_ms"] = {"one": 0.21, "batch": 0.1}
    ensemble = model | {"title": "Ensemble", "latency_ms": None, "onnx_bytes": None, "cpu_minutes": None}
    data = {"name": "synthetic", "n_train": 90, "n_validation": 10, "n_test": 20}
    results = {"profile": "smoke", "data": data, "models": {"cnn": model, "both": ensemble}}
    table = publish.comparison(results, {"cnn": {"robust_accuracy": 0.6}})
    assert "| CNN | 0.850 | 0.710 | 0.600 | 128,222 | 0.5 | 0.21 | 0.1 | 7.0 |" in table
    assert "| Ensemble | 0.850 | 0.710 |  | 128,222 |  |  |  |  |" in table


def test_tables_name_the_data_that_they_are_about():
    data = {"name": "fashion-mnist", "n_train": 90, "n_validation": 10, "n_test": 20}
    results = {"profile": "draft", "data": data, "models": {}}
    model = {
        "title": "CNN",
        "parameters": 1,
        "accuracy_interval": [0.1, 0.2],
        "paper": {},
        "runs": [{"test": {"accuracy": 0.15}}],
    }
    results["models"]["cnn"] = model
    assert "Data set fashion-mnist: 100 training" in publish.headline(results)


# --- faults


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A small book of its own: the published first chapter and the index, with a site built before."""
    for name in ("book", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("reference", ".*"))
    for name in ("_config.yml", "_toc.yml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src")
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    old = tmp_path / "_build" / "site" / "html"
    old.mkdir(parents=True)
    (old / "index.html").write_text("the site of yesterday")
    return tmp_path


def test_broken_reference_fails_the_build_and_keeps_the_old_site(copy):
    with open(copy / "book" / "rerun.md", "a") as stream:
        stream.write("\nSee {doc}`no_such_page`.\n")
    with pytest.raises(publish.PublishError, match="no_such_page"):
        publish.build(execute.REFERENCE, "site")
    assert (copy / "_build" / "site" / "html" / "index.html").read_text() == "the site of yesterday"


def test_stored_traceback_is_never_published(copy, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(execute.REFERENCE, run, ignore=shutil.ignore_patterns("store"))
    path = run / "notebooks" / "02_preprocessing.ipynb"
    bad = json.loads(path.read_text())
    cell = next(cell for cell in bad["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": ["boom"]}]
    path.write_text(json.dumps(bad))
    with pytest.raises(publish.PublishError, match="must not be published: code cell 1 has an error output"):
        publish.build(run, "site")


def test_missing_chapter_is_named(copy, tmp_path):
    with pytest.raises(publish.PublishError, match=r"01_data_exploration\.ipynb is missing"):
        publish.build(tmp_path / "_build" / "smoke", "smoke")
