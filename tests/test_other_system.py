"""The package, three chapters and the site where Python lacks what Windows does not have."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT

MODULES = sorted(
    path.relative_to(ROOT / "src").with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in (ROOT / "src").rglob("*.py")
)
TINY = {
    "01_data_exploration": {"n_train": 2000, "n_test": 500},
    "03_mlp": {"n_train": 1500, "epochs": 1, "search_rows": 500, "search_epochs": 1},
    "08_evaluation": {"timing_rows": 500},
}


@pytest.fixture(scope="module")
def other_python(tmp_path_factory):
    """A Python with the packages of this one that lacks what Windows does not have, in every process that it starts."""
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    lines = [str(ROOT / "src"), sysconfig.get_path("purelib"), str(ROOT / "tests" / "other_system"), "import windows_alike"]
    (packages / "other.pth").write_text("\n".join(lines) + "\n")
    (folder / "node_modules").symlink_to(Path(sys.prefix) / "node_modules")
    return folder / "bin" / "python"


def run(python, *arguments, cwd=ROOT):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "GITHUB_REPOSITORY")}
    done = subprocess.run([python, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_every_module_is_imported(other_python):
    code = f"import importlib, os, sys\nassert not hasattr(os, 'fork')\nfor name in {MODULES!r}:\n    importlib.import_module(name)"
    run(other_python, "-c", code)


def test_command_line_runs(other_python):
    code = "from sixtytwo.report import command\nprint(command.exit_status(lambda: None, interrupted=''))"
    assert run(other_python, "-c", code) == "0\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", TINY)
def test_chapter_runs(name, other_python, tmp_path):
    settings = [word for item in TINY[name].items() for word in ("-p", *map(str, item))]
    dataset = [] if name == "08_evaluation" else ["-p", "dataset", "synthetic"]
    out = tmp_path / "out.ipynb"
    settings += [*dataset, "-p", "run_dir", str(tmp_path / "run")]
    run(other_python, "-m", "papermill", "-k", "python3", ROOT / "notebooks" / f"{name}.ipynb", out, *settings)
    assert all(cell.execution_count for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code")


@pytest.mark.slow
def test_site_is_built(other_python, tmp_path):
    code = (
        "import pathlib, sys\nfrom sixtytwo.base import paths\nfrom sixtytwo.report import build\n"
        "build.build(paths.REFERENCE, pathlib.Path(sys.argv[1]))"
    )
    run(other_python, "-c", code, tmp_path)
    assert (tmp_path / "html" / "notebooks" / "08_evaluation.html").exists()
