"""Nothing that the book runs asks another machine, or writes outside its folder, its cache and the temporary folders."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT

CODE = """
import helpers
import keras, onnxruntime, tf2onnx
from sixtytwo.experiments import export, timing, cluster
from matplotlib import pyplot
pyplot.close(pyplot.figure())
session = onnxruntime.InferenceSession({model!r})
session.run(None, {{session.get_inputs()[0].name: __import__("numpy").zeros((1, 28, 28, 1), "float32")}})
del session
cluster.connected().submit(lambda: __import__("onnxruntime").__version__).result()
cluster.close()
print("done")
"""
STRACE = shutil.which("strace")
CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,symlink,symlinkat"
HARMLESS = ("/dev/", "/proc/")


@pytest.fixture
def trace(tmp_path):
    """Run a command with an empty home folder; gives what it asked and where it wrote, as lines of strace, and its output."""
    if STRACE is None:
        pytest.skip("no strace on this machine")
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    allowed = tuple(
        str(Path(place).resolve()) for place in (cache, tempfile.gettempdir(), *map(str, (tmp_path / "book", ROOT)))
    )

    def run(*command, cwd):
        hidden = ("EMNIST_DIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "KERAS_HOME", "MPLCONFIGDIR", "ORT_DISABLE_TELEMETRY")
        own = {name: value for name, value in os.environ.items() if name not in hidden}
        own |= {"HOME": str(home), "XDG_CACHE_HOME": str(cache)}
        log = tmp_path / "trace"
        traced = [STRACE, "-f", "--seccomp-bpf", "-qq", "-s", "256", "-e", f"trace={CALLS}", "-o", log, *map(str, command)]
        done = subprocess.run(traced, cwd=cwd, env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if asks(line)], [line for line in lines if writes(line, home, allowed)], done.stdout

    return run


def asks(line):
    """Whether a call goes to another machine, or to whom looks up names."""
    if not re.search(r"\b(connect|sendto|sendmsg|sendmmsg)\(", line):
        return False
    foreign = "AF_INET" in line and not re.search(r'"(127\.[\d.]+|::1|::ffff:127\.[\d.]+)"', line)
    return foreign or "htons(53)" in line


def writes(line, home, allowed):
    """Whether a call made something at a place that is not the book's, or in the home folder."""
    if " = -1 " in line or not re.search(r"O_CREAT|O_WRONLY|O_RDWR|mkdir|rename|symlink|creat\(", line):
        return False
    paths = [path for path in re.findall(r'"(/[^"]*)"', line) if not path.startswith(HARMLESS)]
    return any(path.startswith(str(home)) or not path.startswith(allowed) for path in paths)


def test_a_chapter_with_kernel_workers_and_models_asks_and_writes_nothing(trace, project):
    model = next((ROOT / "book" / "reference" / "models").glob("*.onnx"))
    project.chapter(CODE.format(model=str(model)))
    asked, written, printed = trace(
        sys.executable, "-m", "sixtytwo.report.command", "run", "--data", "synthetic", cwd=project.folder
    )
    assert "1 of 1 chapters executed" in printed
    assert asked == [] and written == []


@pytest.mark.slow
def test_the_site_is_built_without_asking_or_writing(trace, tmp_path):
    code = "from sixtytwo.base import paths\nfrom sixtytwo.report import build\nimport pathlib, sys\n"
    code += "build.build(paths.REFERENCE, pathlib.Path(sys.argv[1]))"
    asked, written, _ = trace(sys.executable, "-c", code, tmp_path / "book", cwd=ROOT)
    assert asked == [] and written == []


@pytest.mark.slow
def test_a_chapter_that_trains_asks_and_writes_nothing(trace, tmp_path):
    values = {"dataset": "synthetic", "n_train": 1500, "epochs": 1, "search_rows": 500, "search_epochs": 1}
    settings = [word for item in (values | {"run_dir": tmp_path / "book"}).items() for word in ("-p", *map(str, item))]
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "-k", "python3", ROOT / "notebooks" / "03_mlp.ipynb", out, *settings]
    asked, written, _ = trace(*command, cwd=ROOT)
    assert (
        asked == [] and [line for line in written if "/.ipython" not in line] == []
    )  # of a papermill that was started by itself
