"""What is installed: two top-level names, and a door that opens."""

import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

import helpers

THIRD_PARTY = ("tensorflow", "keras", "keras_tuner")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of the project, built from its tracked sources alone."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, folder]
    subprocess.run(command, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_installs_the_door_and_the_package_and_nothing_else(wheel):
    installed = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert installed == {"helpers.py", "sixtytwo"}


def test_wheel_has_every_module_and_the_row_numbers_of_the_reference_split(wheel):
    modules = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "sixtytwo").rglob("*.py")}
    assert modules | {"sixtytwo/data/emnist_reference_rows.npz"} <= set(wheel.namelist())


@pytest.mark.parametrize("name", helpers.__all__)
def test_every_name_of_the_door_opens(name):
    assert getattr(helpers, name) is not None


def test_the_door_offers_what_chapters_use_and_nothing_else():
    chapters = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "notebooks" / "template").glob("*.ipynb")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in chapters)
    assert set(re.findall(r"\bhelpers\.(\w+)", code)) - {"py"} == set(helpers.__all__)


@pytest.mark.parametrize(
    "code",
    [
        "import sixtytwo.report.command",
        "import sixtytwo.report.stage, sixtytwo.report.promote",
        "import helpers; helpers.load_train('synthetic', 100); helpers.load_test('synthetic', 20)",
        "import helpers; helpers.use_style(); helpers.judge; helpers.paired_difference",
    ],
)
def test_reading_loading_and_drawing_import_no_tensorflow(code):
    check = f"{code}\nimport sys\nassert not {{*{THIRD_PARTY!r}}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)


def test_package_of_another_with_names_of_ours_does_not_stand_in_its_way(tmp_path):
    """E.g. the package `emnist` of the Python Package Index, a single module of that name that imports what is not here."""
    for name in ("emnist", "data", "datasets", "models", "base", "report", "drawing"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("import what_is_not_here\n")
    code = "import helpers; helpers.load_train('synthetic', 100); [getattr(helpers, name) for name in helpers.__all__]"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT / "src")))}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
