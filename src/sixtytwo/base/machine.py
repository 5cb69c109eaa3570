"""The machine, the software and the commit that a result was made with."""

import datetime
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sixtytwo.base import paths


def environment() -> dict:
    """Versions, processor, threads and git commit that a result was made with."""
    packages = ("keras", "keras-tuner", "numpy")
    found = {name.replace("-", "_"): version(name) for name in packages}
    return {
        "python": sys.version.split()[0],
        "tensorflow": _tensorflow_version(),
        **found,
        "cpu": _cpu(),
        "bfloat16": has_bfloat16(),
        "threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "git_commit": git_commit(),
    }


def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 or AMX), as far as Linux says."""
    return "avx512_bf16" in _cpuinfo()


def git_commit() -> str:
    """The commit of the checkout, with "-dirty" after it if tracked files were changed; "unknown" outside git."""
    command = ["git", "-C", str(paths.ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--match="]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
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
