"""The whole book through its public commands, in a copy of the checkout: `make book`, each notebook alone."""

import json

import nbformat
import numpy as np
import pytest
from conftest import Visit, idx_bytes, served

from sixtytwo.base import contracts, machine
from sixtytwo.data import synthetic
from sixtytwo.report import book as planning

# Seconds are those of a processor with AVX-512; older ones multiply at half the speed.
timed = pytest.mark.skipif(
    not machine.has_bfloat16(), reason="the time that this may take is that of a processor with bfloat16"
)


def test_book_is_executed_and_built(book):
    chapters = len(planning.chapters())
    assert f"{chapters} of {chapters} chapters executed" in book.printed
    assert "ipynb, at" not in book.printed, "Jupyter Book has nothing to say against a chapter"
    assert all((book.smoke / "html" / page).exists() for page in planning.pages())


@timed
def test_book_takes_at_most_five_minutes(book):
    assert book.seconds < 300


def test_every_page_of_a_synthetic_run_says_so(book):
    for page in planning.pages()[1:]:
        text = (book.smoke / "html" / page).read_text()
        assert "Smoke run on synthetic characters" in text and "data synthetic" in text, page


def test_banner_stands_in_the_browser(book, browser):
    with served(book.smoke / "html") as address, Visit(browser, address + "book/index.html") as visit:
        assert "synthetic characters" in visit.page.locator(".bd-header-announcement").inner_text()
        assert visit.errors == []


@pytest.mark.parametrize("name", ["results.json", "verdicts.json", "provenance.json"])
def test_documents_of_a_run_follow_their_schemas(name, book):
    assert contracts.read(book.smoke / name)


def test_results_are_those_of_the_planned_networks(book):
    results = contracts.read(book.smoke / "results.json")
    assert (results["profile"], results["data"]["name"]) == ("smoke", "synthetic")
    parameters = {key: model["parameters"] for key, model in results["models"].items()}
    assert parameters.items() >= {"mlp": 249_862, "cnn": 128_222, "residual_cnn": 112_030, "residual_cnn_x": 112_030}.items()
    assert parameters["modern_cnn"] <= 1_000_000 and parameters["modern_small"] <= 128_222
    macs = {key: model["macs"] for key, model in results["models"].items()}
    assert macs.items() >= {"mlp": 249_200, "cnn": 3_807_232, "residual_cnn": 6_127_872, "residual_cnn_x": 6_127_872}.items()
    for key, model in results["models"].items():
        curves = set() if key == "modern_ensemble" else {"accuracy", "val_accuracy", "loss", "val_loss"}
        assert all(set(run["history"]) == curves for run in model["runs"])
        if key in ("mlp", "cnn", "residual_cnn", "modern_cnn"):
            assert model["search"]["trials"] == model["search"]["completed"] == 2


def test_synthetic_characters_can_be_learned(book):
    models = contracts.read(book.smoke / "results.json")["models"]
    assert models["cnn"]["runs"][0]["test"]["accuracy"] > 0.7
    assert models["mlp"]["runs"][0]["test"]["accuracy"] < models["cnn"]["runs"][0]["test"]["accuracy"]


def test_synthetic_results_are_not_compared_with_the_paper(book):
    models = contracts.read(book.smoke / "results.json")["models"]
    assert all(model["paper"] == {} for model in models.values())


def test_every_model_is_exported(book):
    exported = {path.stem for path in (book.smoke / "models").glob("*.onnx")}
    assert exported == {"mlp", "cnn", "residual_cnn", "residual_cnn_x", "modern_cnn", "modern_small"}


@pytest.fixture(scope="module")
def repeated(book):
    return [book.make_book() for _ in range(3)]


def test_nothing_is_executed_or_built_if_nothing_changed(repeated):
    assert all("0 of 8 chapters executed" in printed and "unchanged: _build" in printed for _, printed in repeated)


@timed
def test_nothing_changed_takes_under_five_seconds(repeated):
    assert min(seconds for seconds, _ in repeated) < 5


def test_prose_alone_is_rebuilt_without_executing(book):
    path = book.folder / "notebooks" / "02_preprocessing.ipynb"
    original = path.read_text()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n\nA fresh sentence."
    nbformat.write(notebook, path)
    try:
        seconds, printed = book.make_book()
    finally:
        path.write_text(original)
    assert "0 of 8 chapters executed" in printed and seconds < 60
    assert "A fresh sentence." in (book.smoke / "html" / "notebooks" / "02_preprocessing.html").read_text()


def test_git_tree_stays_clean(book):
    assert book("git", "status", "--porcelain")[1] == ""


@pytest.mark.parametrize(
    "name", ["03_mlp", *(pytest.param(name, marks=pytest.mark.slow) for name in ("04_cnn", "05_residual_cnn"))]
)
def test_model_chapter_runs_alone_from_the_root(name, book):
    values = {"dataset": "synthetic", "n_train": "1500", "epochs": "1", "search_rows": "500", "search_epochs": "1"}
    settings = [word for item in values.items() for word in ("-p", *item)]
    book(".venv/bin/papermill", f"notebooks/{name}.ipynb", ".git/out.ipynb", *settings)
    assert (book.folder / "_build" / "interactive" / "models" / f"{name[3:]}.json").exists()


@pytest.mark.parametrize("name", ["01_data_exploration", "02_preprocessing"])
def test_data_chapter_runs_alone_in_the_notebooks_folder(name, book):
    book("../.venv/bin/jupyter", "execute", f"{name}.ipynb", "--output", "../.git/out", cwd="notebooks")


def test_evaluation_alone_reads_the_published_run_even_without_emnist(book):
    book(".venv/bin/papermill", "notebooks/08_evaluation.ipynb", ".git/out.ipynb", "-p", "timing_rows", "500")
    text = (book.folder / ".git" / "out.ipynb").read_text()
    assert "models from book/reference" in text and "emnist-byclass-120k: 20,000 test images" in text


def test_data_chapter_runs_on_real_emnist(real_emnist, checkout):
    settings = ["-p", "dataset", "emnist-byclass", "-p", "run_dir", "_build/real"]
    checkout.environment["EMNIST_DIR"] = str(real_emnist.resolve())
    try:
        checkout(".venv/bin/papermill", "notebooks/01_data_exploration.ipynb", ".git/real.ipynb", *settings)
    finally:
        del checkout.environment["EMNIST_DIR"]
    text = (checkout.folder / ".git" / "real.ipynb").read_text()
    assert "emnist-byclass-120k" in text and "test images seen in training: 0" in text


@pytest.mark.slow
def test_model_of_a_reader_joins_tables_figures_tests_and_drawing_page(book):
    own = book.folder / "notebooks" / "09_my_model.ipynb"
    own.write_bytes((book.folder / "notebooks" / "template" / "my_model.ipynb").read_bytes())
    try:
        _, printed = book.make_book()
        assert "3 of 9 chapters executed" in printed  # itself and the two that read results
        results = contracts.read(book.smoke / "results.json")
        assert results["models"]["my_model"]["title"] == "My model"
        evaluation = (book.smoke / "html" / "notebooks" / "08_evaluation.html").read_text()
        assert evaluation.count(">My model</t") > 5
        drawn = json.loads((book.smoke / "html" / "_static" / "draw" / "draw.json").read_text())
        assert "my_model" in [model["key"] for model in drawn["models"]]
        assert "Your own" in (book.smoke / "html" / "book" / "index.html").read_text()
    finally:
        own.unlink()


@pytest.mark.slow
def test_folder_of_idx_files_makes_a_book_without_comparisons(checkout, tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 3000), ("t10k", 600)):
        images, labels = synthetic.load("train" if part == "train" else "test", 10 * n)
        digits = rng.permutation(np.flatnonzero(labels < 10))[:n]
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx_bytes(images[digits]))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels[digits]))
    (tmp_path / "classes.txt").write_text("\n".join(f"digit {i}" for i in range(10)))
    checkout("make", "-o", ".venv/ready", "book", f"DATA={tmp_path}")
    results = contracts.read(checkout.smoke / "results.json")
    assert results["data"]["name"] == tmp_path.name and results["data"]["class_names"][3] == "digit 3"
    assert all(model["paper"] == {} for model in results["models"].values())
    page = (checkout.smoke / "html" / "notebooks" / "08_evaluation.html").read_text()
    assert f"Not the paper's data: {tmp_path.name}" in page.replace("&#x27;", "'")
    judged = contracts.read(checkout.smoke / "verdicts.json")
    assert {entry["verdict"] for entry in judged} == {"open", "contradicts itself", "not testable"}


@pytest.mark.slow
def test_chapter_runs_on_merged_labels(real_emnist, checkout):
    values = {"dataset": "emnist-bymerge", "n_train": "3000", "epochs": "1", "search_rows": "500", "search_epochs": "1"}
    settings = [word for item in (values | {"run_dir": "_build/merged"}).items() for word in ("-p", *item)]
    checkout.environment["EMNIST_DIR"] = str(real_emnist.resolve())
    try:
        checkout(".venv/bin/papermill", "notebooks/04_cnn.ipynb", ".git/merged.ipynb", *settings)
    finally:
        del checkout.environment["EMNIST_DIR"]
    record = json.loads((checkout.folder / "_build" / "merged" / "models" / "cnn.json").read_text())
    assert len(record["data"]["class_names"]) == 47 and record["data"]["dataset"] == "emnist-bymerge"
