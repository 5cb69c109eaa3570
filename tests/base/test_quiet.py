"""Importing the package keeps others quiet, also where the home folder cannot be written."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

CODE = """
import os, sixtytwo
print(os.environ["ORT_DISABLE_TELEMETRY"], *(os.path.dirname(os.environ[n]) for n in ("KERAS_HOME", "IPYTHONDIR", "MPLCONFIGDIR")))
"""


@pytest.mark.parametrize("home", ["home", "/proc/nobody", None])
def test_other_packages_write_to_the_cache_or_to_the_book(home, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "_toc.yml").touch()
    hidden = ("HOME", "XDG_CACHE_HOME", "KERAS_HOME", "IPYTHONDIR", "MPLCONFIGDIR", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"HOME": str(tmp_path / home)} if home else {}
    environment["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    off, *folders = done.stdout.split()
    expected = {"home": tmp_path / "home" / ".cache" / "sixty-two-characters", "/proc/nobody": tmp_path / "_build" / "cache"}
    assert off == "1" and len(set(folders)) == 1 and done.stderr == ""
    assert home is None or folders[0] == str(expected[home])
