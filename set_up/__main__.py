"""Sets up .venv with what requirements.lock and package-lock.json name by hash, and this package.

python3 -I set_up            # `make` calls it; on Windows: py -I set_up
python3 -I set_up --exact    # with this Python, not with the one that .venv has already

It needs the standard library of Python 3.8 or newer, and nothing else: uv, if it is on this machine or pip can fetch it, finds
a Python that fits and installs; else pip does. `.venv` counts as set up only once `.venv/ready` says so, which is written last.
Settings of pip and uv that say where packages come from are respected, others would break the environment and are not.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from alone import alone
from installing import install
from interpreters import chosen, probe
from places import PYTHON, READY, ROOT, VENV, WORK, remove
from settings import surroundings
from trouble import Trouble, is_full, no_room

INPUTS = ("requirements.lock", "set_up/pip.lock", "pyproject.toml", "package.json", "package-lock.json", ".npmrc")


def main():
    """Set up .venv if need be; returns the exit status: 0 good, 1 refused, 130 interrupted."""
    parser = argparse.ArgumentParser(description="Set up .venv.")
    parser.add_argument("--exact", action="store_true", help="with this Python, not with any that fits")
    exact = parser.parse_args().exact
    if Path(sys.prefix).resolve() == VENV.resolve():  # it may be removed
        return subprocess.run([sys._base_executable, "-I", sys.argv[0], *sys.argv[1:]], check=False).returncode
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_DFL:
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        if why_not_ready(exact):
            with alone() as held:
                if why := why_not_ready(exact):  # still, after another set-up
                    set_up(exact, why, held)
    except Trouble as trouble:
        print(f"Error: {trouble}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Error: {no_room() if is_full(str(error)) else f'.venv could not be set up: {error}.'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The same command sets .venv up anew.", file=sys.stderr)
        return 130
    return 0


def why_not_ready(exact):
    """Why .venv must be set up, in a few words; "" if it is ready."""
    if not VENV.exists():
        return "new"
    try:
        mark = json.loads(READY.read_text(encoding="utf-8"))
        place, inputs, python = mark["place"], mark["inputs"], mark["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return "the last set-up did not finish"
    if place != str(VENV.resolve()):
        return f"it was made in {place}"
    found = probe(PYTHON)
    if found is None or any(found[name] != python[name] for name in ("version", "home")):
        return f"its Python {python['version']} is gone"
    if exact and any(python[name] != probe(sys.executable)[name] for name in ("version", "home")):
        return f"it has Python {python['version']}"
    return "" if inputs == digest() else "other versions are wanted"


def set_up(exact, why, held):
    """Make .venv, or bring it up to date."""
    python = chosen(exact)
    keep = why == "other versions are wanted"  # and with it what a reader has added
    if python is None and keep:
        python = probe(PYTHON)
    print(f"Setting up .venv{'' if why == 'new' else f' ({why})'}: 3 GB, a few minutes", flush=True)
    remove(WORK)
    WORK.mkdir()
    try:
        READY.unlink(missing_ok=True)
        if not keep:
            remove(VENV)
        install(python, surroundings(), held)
        mark = {"place": str(VENV.resolve()), "inputs": digest(), "python": probe(PYTHON)}
        (WORK / "ready").write_text(json.dumps(mark), encoding="utf-8")
        os.replace(WORK / "ready", READY)
    except BaseException:
        if not keep:
            remove(VENV)
        raise
    finally:
        remove(WORK)


def digest():
    """Identity of what is to be installed."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
