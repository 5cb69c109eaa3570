"""What pages and README show of a run."""

from sixtytwo.base import contracts, paths
from sixtytwo.report import readme, tables

DATA = {"name": "synthetic", "n_train": 90, "n_validation": 10, "n_test": 20}
MODEL = {"title": "CNN", "parameters": 128222, "accuracy_interval": [0.8405, 0.8502], "paper": {"accuracy": 0.84}}
MODEL |= {
    "runs": [{"test": {"accuracy": 0.845, "balanced_accuracy": 0.71}}, {"test": {"accuracy": 0.847, "balanced_accuracy": 0.71}}]
}
MODEL |= {"cpu_minutes": 7.0, "onnx_bytes": 500_000, "latency_ms": {"one": 0.21, "batch": 0.1}}


def results(models, **data):
    return {"profile": "smoke", "data": DATA | data, "models": models}


def test_headline_has_a_row_per_model_with_interval_and_paper_value():
    data = {"name": "emnist-byclass-120k", "n_train": 90_000, "n_validation": 10_000, "n_test": 20_000}
    table = tables.headline(results({"cnn": MODEL}, **data))
    assert "| CNN | 0.846 (0.841 to 0.850) | 0.84 | 128,222 |" in table
    assert "100,000 training and 20,000 test images; 2 seeds" in table


def test_comparison_leaves_blank_what_was_not_measured():
    ensemble = MODEL | {"title": "Ensemble", "latency_ms": None, "onnx_bytes": None, "cpu_minutes": None}
    table = tables.comparison(results({"cnn": MODEL, "both": ensemble}), {"cnn": {"robust_accuracy": 0.6}})
    assert "| CNN | 0.846 | 0.710 | 0.600 | 128,222 | 0.5 | 0.21 | 0.1 | 7.0 |" in table
    assert "| Ensemble | 0.846 | 0.710 |  | 128,222 |  |  |  |  |" in table


def test_tables_name_the_data_that_they_are_about():
    other = MODEL | {"paper": {}, "runs": MODEL["runs"][:1]}
    table = tables.headline(results({"cnn": other}, name="fashion-mnist"))
    assert "Data set fashion-mnist: 100 training and 20 test images; 1 seed per model" in table


def test_names_of_a_reader_are_shown_as_they_are_written():
    table = tables.headline(results({"a": MODEL | {"title": "a|b <i>"}}, name="my_*data*"))
    assert r"| a\|b \<i\> |" in table and r"Data set my\_\*data\*: " in table


def test_status_says_with_what_each_chapter_was_executed_and_which_code_has_changed():
    chapter = {"executed": "2026-01-02", "seconds": 90.0, "git_commit": "abc"}
    provenance = {"profile": "paper", "dataset": "emnist-byclass", "executed": "2026-01-03", "environment": {"threads": 2}}
    provenance |= {"chapters": {"03_mlp": chapter}}
    page = tables.status(provenance, [], "Stored steps: 3.")
    assert "| data | emnist-byclass |" in page and "| threads | 2 |" in page
    assert "| {doc}`/notebooks/03_mlp` | 2026-01-02 | 1.5 | `abc` |" in page
    assert "\nStored steps: 3.\n" in page
    assert "those that the chapters were executed with" in page
    assert "have changed since the chapters were executed: `a.py`, `b.py`." in tables.status(provenance, ["a.py", "b.py"], "")


def test_readme_shows_the_published_results(tmp_path, monkeypatch):
    published = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    assert tables.headline(contracts.read(paths.REFERENCE / "results.json")) in published
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    start, end = readme.MARKS
    (tmp_path / "README.md").write_text(f"before\n{start}\nold\n{end}\nafter\n", encoding="utf-8")
    readme.write_readme()
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "| MLP |" in text and "old" not in text
