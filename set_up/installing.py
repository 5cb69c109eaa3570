"""Installs into .venv, by uv or by pip."""

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from interpreters import FITTING, NEWEST, OLDEST
from places import BIN, PYTHON, ROOT, VENV, WORK, remove
from trouble import Trouble, is_full, no_room

OLDEST_UV = (0, 5)


def install(python, variables, held):
    """Install everything into .venv, by uv or by pip. Raises Trouble."""
    uv, failed = find_uv(variables, held), ""
    if uv is None and python is None:
        raise Trouble(
            f"{FITTING} is needed, and {sys.executable} is {platform.python_version()}: install one, or uv, which does"
        )
    if uv:
        try:
            install_by_uv(uv, python, variables, held)
        except Trouble as trouble:
            if python is None or is_full(str(trouble)):
                raise
            failed = f"{trouble} "
            print(f"{trouble} Trying pip.", file=sys.stderr, flush=True)
            remove(VENV)
    if uv is None or failed:
        install_by_pip(python, variables, held)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, VENV)
    path = os.pathsep.join((variables.get("PATH", ""), str(BIN)))  # Node: the machine's, or that of the lock
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise Trouble("npm is needed for the drawing page, and is neither on this machine nor in requirements.lock.")
    command = [npm, "ci", "--prefix", VENV, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--global=false"]
    run("npm could not install what package-lock.json names", command, {**variables, "PATH": path}, held)


def find_uv(variables, held):
    """The uv of this machine, or one that pip fetches for the occasion; None without."""
    if uv := shutil.which("uv"):
        with contextlib.suppress(Trouble):
            version = re.search(r"(\d+)\.(\d+)", run("", [uv, "--version"], variables, held))
            if version and tuple(map(int, version.groups())) >= OLDEST_UV:
                return uv
    python, found, target = Path(sys.executable), WORK / "uv" / "bin", ["--target", WORK / "uv"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", ROOT / "set_up" / "uv.lock"]
    with contextlib.suppress(Trouble):
        if importlib.util.find_spec("pip") is None:  # but it may have venv, which brings one
            run("", [python, "-I", "-m", "venv", WORK / "pip"], variables, held)
            python, found, target = WORK / "pip" / BIN.name / PYTHON.name, WORK / "pip" / BIN.name, []
        run("", [python, "-I", "-m", "pip", "install", *target, *options], variables, held)
    uv = found / ("uv.exe" if os.name == "nt" else "uv")
    return str(uv) if uv.exists() else None


def install_by_uv(uv, python, variables, held):
    """Make .venv, if it is not there, and install into it by uv. Raises Trouble."""
    if not VENV.exists():
        wanted = python["path"] if python else f">={OLDEST[0]}.{OLDEST[1]},<{NEWEST[0]}.{NEWEST[1] + 1}"
        why = "uv could not make .venv" if python else f"{FITTING} is needed, and uv could not fetch one"
        run(why, [uv, "venv", "--quiet", "--no-project", "--python", wanted, VENV], variables, held)
    options = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    # the best of all indexes, as pip does: what is installed is decided by hashes
    locked = [
        "--compile-bytecode",  # as pip does: where Python may not write any, each process would compile TensorFlow for itself
        "--index-strategy",
        "unsafe-best-match",
        "--require-hashes",
        "-r",
        ROOT / "requirements.lock",
        "-r",
        ROOT / "set_up" / "pip.lock",
    ]
    run("uv could not install what requirements.lock names", [*options, *locked], variables, held)
    run("uv could not install this package", [*options, "--no-deps", "--no-build-isolation", "-e", ROOT], variables, held)


def install_by_pip(python, variables, held):
    """Make .venv, if it is not there, and install into it by pip. Raises Trouble."""
    if not VENV.exists():
        lacks = f"{python['path']} has no complete venv, and uv cannot be had: install uv, or `apt install python3-venv`"
        run(lacks, [python["path"], "-I", "-m", "venv", VENV], variables, held)
    options = [PYTHON, "-I", "-m", "pip", "install", "--quiet"]
    locked = ["--require-hashes", "-r", ROOT / "requirements.lock"]
    run("pip could not install what requirements.lock names", [*options, *locked], variables, held)
    run("pip could not install this package", [*options, "--no-deps", "--no-build-isolation", "-e", ROOT], variables, held)


def run(why, command, variables, held):
    """What a command prints. Raises Trouble that begins with `why` if it fails; a full disk has a sentence of its own."""
    inherited = {} if os.name == "nt" else {"pass_fds": (held,)}  # who outlives this process holds the lock on
    command = list(map(str, command))
    done = subprocess.run(command, env=variables, cwd=WORK, stdout=-1, stderr=-1, stdin=-3, check=False, **inherited)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode:
        short = " ".join(re.sub("[×├─▶╰│]", " ", said).split())
        raise Trouble(
            no_room() if is_full(said) else f"{why}: {short[:300] + ' …' + short[-300:] if len(short) > 600 else short}"
        )
    return said
