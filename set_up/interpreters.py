"""The Python that .venv gets: this one, or another of this machine that fits."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from trouble import Trouble

OLDEST, NEWEST = (3, 11), (3, 13)  # as in pyproject.toml
FITTING = "Python 3.11, 3.12 or 3.13"
PROBE = """
import importlib, json, platform, struct, sys, sysconfig
missing = []
for name in ("bz2", "ctypes", "lzma", "sqlite3", "ssl", "zlib"):
    try:
        importlib.import_module(name)
    except ImportError:
        missing.append(name)
kind = platform.python_implementation() + (" without GIL" if sysconfig.get_config_var("Py_GIL_DISABLED") else "")
print(json.dumps({"version": platform.python_version(), "kind": kind, "bits": 8 * struct.calcsize("P"), "missing": missing,
                  "home": sys.base_prefix, "path": getattr(sys, "_base_executable", sys.executable)}))
"""


def chosen(exact):
    """The Python for .venv (what `PROBE` says of it); None if this machine has none that fits. Raises Trouble."""
    own = probe(sys.executable)
    if not (unfit := why_unfit(own)):
        return own
    if exact:
        raise Trouble(f"{FITTING} is needed, and {sys.executable} {unfit}: name another, e.g. make PYTHON=/path/to/python3.13")
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    paths = [path for name in names for path in [shutil.which(name)] if path]
    pyenv = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")) / "versions"
    for name in names:
        paths += pyenv.glob(f"{name[6:]}.*/bin/{name}")
    found = (probe(path) for path in paths)
    return next((python for python in found if not why_unfit(python)), None)


def probe(path):
    """What `PROBE` says of a Python; None if it does not run."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "__PYVENV"))}
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run([str(path), "-I", "-c", PROBE], env=variables, stdout=-1, stderr=-3, timeout=60, check=True)
        return json.loads(done.stdout.decode("utf-8"))
    return None


def why_unfit(python):
    """What is wrong with a Python, as the end of a sentence; "" if nothing."""
    if python is None:
        return "does not run"
    if not OLDEST <= tuple(map(int, python["version"].split(".")[:2])) <= NEWEST:
        return f"is {python['version']}"
    if python["kind"] != "CPython" or python["bits"] != 64:
        return f"is {python['kind']} with {python['bits']} bits"
    return f"lacks the module {python['missing'][0]}" if python["missing"] else ""
