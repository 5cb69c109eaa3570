"""The machine, the software and the commit that a result was made with."""

import datetime
import functools
import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sixtytwo.base import paths

THREADS = 1  # of every training and measurement, so that their results do not depend on the number of cores


def environment() -> dict:
    """Versions, processor, threads (of one step), cores and git commit that a result was made with."""
    packages = ("keras", "keras-tuner", "numpy")
    found = {name.replace("-", "_"): version(name) for name in packages}
    return {
        "python": sys.version.split()[0],
        "tensorflow": _tensorflow_version(),
        **found,
        "cpu": _cpu(),
        "bfloat16": has_bfloat16(),
        "threads": THREADS,
        "cores": cores(),
        "git_commit": git_commit(),
    }


def name() -> str:
    """How this machine is called."""
    return platform.node()


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def versions() -> dict[str, str]:
    """What must be the same wherever steps of one run are computed: Python, TensorFlow, Keras, and the code of this package."""
    return {
        "Python": ".".join(map(str, sys.version_info[:2])),
        "TensorFlow": _tensorflow_version(),
        "Keras": version("keras"),
        "sixtytwo": _package_digest()[:12],
    }


def _package_digest():
    """SHA-256 of the modules that compute: base, data and experiments."""
    package, digest = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for part in ("base", "data", "experiments"):
        for path in sorted((package / part).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 or AMX), as far as Linux says."""
    return "avx512_bf16" in _cpuinfo()


def git_commit() -> str:
    """The commit of the checkout, with "-dirty" after it if tracked files were changed; "unknown" outside git.

    A copy without its history is outside git, even where it lies in another project's repository.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # another repository's, in a hook
    own["GIT_CEILING_DIRECTORIES"] = str(paths.ROOT.parent)
    command = ["git", "-c", f"safe.directory={paths.ROOT.as_posix()}", "-C", str(paths.ROOT)]  # it may be somebody else's
    command += ["describe", "--always", "--dirty", "--abbrev=12", "--match="]
    try:
        return subprocess.run(command, env=own, capture_output=True, encoding="utf-8", check=True).stdout.strip() or "unknown"
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tensorflow_version():
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "not installed"


def _cpu():
    lines = _cpuinfo().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _cpuinfo():
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return ""
