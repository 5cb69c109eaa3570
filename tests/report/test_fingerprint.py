"""A chapter is executed again if what it depends on has changed, and only then; shown on the chapters of the book."""

import re
import shutil

import nbformat
import pytest
from conftest import ROOT

from sixtytwo.base import paths
from sixtytwo.findings import claims
from sixtytwo.report import book, dependencies, fingerprint

TRAINING = ("03_mlp", "04_cnn", "05_residual_cnn", "06_modern_cnn")
MODEL_CHAPTERS = pytest.mark.parametrize("name", TRAINING)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A copy of src/ and of the claims, to change."""
    package = tmp_path / "src" / "sixtytwo"
    shutil.copytree(ROOT / "src", package.parent, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    shutil.copy(claims.CLAIMS, tmp_path)
    monkeypatch.setattr(dependencies, "PACKAGE", package)
    monkeypatch.setattr(claims, "CLAIMS", tmp_path / "claims.yml")
    return package


def planned(name):
    path = ROOT / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    return book.Chapter(path, notebook, book.parameters(notebook, path) | {"dataset": "emnist-byclass"})


def identities(folder):
    """The fingerprint of each chapter of the book."""
    return {path.stem: fingerprint.fingerprint(planned(path.stem), folder) for path in book.chapters()}


def changed(path, folder):
    """The chapters that have to be executed again after a file has changed, and those that would only draw differently."""
    assert path.exists()
    before = identities(folder)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")
    after = identities(folder)
    executed = {name for name, found in after.items() if found["fingerprint"] != before[name]["fingerprint"]}
    drawn = {name for name, found in after.items() if found["drawing"] != before[name]["drawing"]}
    return executed, drawn - executed


def modules(name):
    return set(dependencies.modules_of(name, planned(name).notebook))


def test_data_chapter_depends_on_data_and_drawing_and_not_on_training():
    found = modules("01_data_exploration")
    assert {"sixtytwo.data.loading", "sixtytwo.data.emnist", "sixtytwo.drawing.images", "sixtytwo.drawing.palette"} <= found
    assert not {name for name in found if name.startswith(("sixtytwo.experiments.", "sixtytwo.report."))}


@MODEL_CHAPTERS
def test_model_chapter_depends_on_what_its_training_imports(name):
    chain = ("experiments.tuning", "experiments.training", "experiments.fast", "base.store", "data.synthetic", "findings.judge")
    assert {f"sixtytwo.{module}" for module in chain} <= modules(name)


def test_new_colour_executes_the_data_chapter_and_none_that_trains(source, tmp_path):
    executed, drawn = changed(source / "drawing" / "palette.py", tmp_path)
    assert "01_data_exploration" in executed and not executed & set(TRAINING)
    assert drawn >= set(TRAINING)


@pytest.mark.parametrize("name", ["prose", "tables"])
def test_change_of_what_a_page_says_executes_the_chapters_that_train(name, source, tmp_path):
    executed, drawn = changed(source / "drawing" / f"{name}.py", tmp_path)
    assert executed >= set(TRAINING) and not drawn


def test_modules_that_draw_are_those_that_use_the_style():
    for path in (ROOT / "src" / "sixtytwo" / "drawing").glob("[a-z]*.py"):
        code = path.read_text(encoding="utf-8")
        styled = path.stem in ("palette", "values") or re.search(r"from sixtytwo\.drawing import .*(palette|style)", code)
        assert fingerprint.draws(path) == bool(styled), path
    assert not fingerprint.draws(ROOT / "src" / "sixtytwo" / "report" / "stage.py")


def test_change_of_the_fitting_code_executes_the_chapters_that_train(source, tmp_path):
    executed, _ = changed(source / "experiments" / "fast.py", tmp_path)
    assert executed >= set(TRAINING) and "01_data_exploration" not in executed


@pytest.mark.parametrize(
    ("name", "module"),
    [("01_data_exploration", "data_exploration"), ("03_mlp", "mlp"), ("08_evaluation", "evaluation/accuracy")],
)
def test_change_of_a_rule_executes_its_chapter_alone(name, module, source, tmp_path):
    executed, drawn = changed(source / "findings" / "rules" / f"{module}.py", tmp_path)
    assert executed == {name} and not drawn


def test_change_of_a_claim_executes_the_chapters_that_judge(source, tmp_path):
    executed, _ = changed(tmp_path / "claims.yml", tmp_path)
    assert executed == {path.stem for path in book.chapters() if "helpers.judge(" in path.read_text(encoding="utf-8")}


def test_line_endings_of_windows_change_nothing(source, tmp_path):
    before = identities(tmp_path), fingerprint.source_digests()
    for path in (*source.rglob("*.py"), source.parent / "helpers.py", tmp_path / "claims.yml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert (identities(tmp_path), fingerprint.source_digests()) == before


def test_change_of_what_builds_the_site_executes_nothing(source, tmp_path):
    assert changed(source / "report" / "stage.py", tmp_path) == (set(), set())


def test_code_parameters_lock_and_results_read_are_covered(project):
    project.chapter("print(n)", parameters='dataset = "auto"\nrun_dir = "x"\nresults_dir = "x"\nn = 1')
    found = [fingerprint.fingerprint(*plan(project))["fingerprint"]]
    (project.smoke / "models").mkdir(parents=True)
    (project.smoke / "models" / "a.json").write_text("{}")
    found.append(fingerprint.fingerprint(*plan(project))["fingerprint"])
    project.profile(n=3)
    found.append(fingerprint.fingerprint(*plan(project))["fingerprint"])
    (project.folder / "requirements.lock").write_text("numpy==1")
    found.append(fingerprint.fingerprint(*plan(project))["fingerprint"])
    project.chapter("print(n + 1)", parameters='dataset = "auto"\nrun_dir = "x"\nresults_dir = "x"\nn = 1')
    found.append(fingerprint.fingerprint(*plan(project))["fingerprint"])
    assert len(set(found)) == 5


def plan(project):
    [chapter] = book.plan("smoke", "synthetic")
    return chapter, project.smoke


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("helpers.load_train()", "data.loading"),
        ("from helpers import load_train", "data.loading"),
        ("from helpers import *\nload_train()", "data.loading"),
        ("import helpers as h\nh.load_train()", "data.loading"),
        ("from sixtytwo.experiments import fast", "experiments.fast"),
        ("import sixtytwo.experiments.fast", "experiments.fast"),
        ("from sixtytwo.experiments.fast import make_fast", "experiments.fast"),
        ("if True:\n    !git clone x\n    %pip install x\nhelpers.load_train()", "data.loading"),
        ("files = !ls\nhelpers.load_train?\nhelpers.load_train()", "data.loading"),
        ("%%time\nhelpers.load_train()", "data.loading"),
    ],
)
def test_every_way_to_use_a_module_is_seen(code, module):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    assert f"sixtytwo.{module}" in dependencies.modules_of("09_mine", notebook)


def test_cell_that_is_not_python_depends_on_nothing():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%bash\ncd /tmp && helpers.load_train")])
    assert dependencies.modules_of("09_mine", notebook) == {}


def test_status_page_can_name_every_module():
    sources = fingerprint.source_digests()
    files = {path.relative_to(paths.ROOT).as_posix() for path in (paths.ROOT / "src").rglob("*.py")}
    assert set(sources) == files | {"requirements.lock"}
