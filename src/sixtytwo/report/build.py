"""Build the HTML of a run with Jupyter Book, strictly: the old site stays until the new one is whole."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from sixtytwo.base import files, paths, surroundings
from sixtytwo.report import book, stage


def build(run_folder, name) -> bool:
    """Build the site of a run into `_build/<name>/html`; False if it was up to date. Raises RunError."""
    work = paths.ROOT / "_build" / name
    stage.stage(run_folder, work / "stage")
    inputs, mark = _digest(work / "stage"), work / "site.json"
    if (work / "html").exists() and mark.exists() and json.loads(mark.read_text(encoding="utf-8"))["inputs"] == inputs:
        return False
    mark.unlink(missing_ok=True)
    _replace(work / "html", _run_jupyter_book(work / "stage", work / "sphinx"))
    files.write_json(mark, {"inputs": inputs})
    return True


def _digest(staged) -> str:
    """Identity of all that the HTML is made from."""
    inputs = {path.relative_to(staged).as_posix(): path for path in sorted(staged.rglob("*")) if path.is_file()}
    inputs["requirements.lock"] = paths.ROOT / "requirements.lock"
    return files.digest({name: files.file_digest(path) for name, path in inputs.items()})


def _run_jupyter_book(staged, output) -> Path:
    """The folder of HTML that Jupyter Book makes; any warning of it, and any page that it leaves out, is an error."""
    shutil.rmtree(output, ignore_errors=True)
    program = (
        "from jupyter_book.cli.main import main; main()"  # scripts have other names on Windows, and no spaces in their path
    )
    command = [sys.executable, "-c", program, "build", staged, "--path-output", output]
    command += ["-n", "-W", "--keep-going", "--quiet"]
    environment = os.environ | {"PYTHONPATH": surroundings.search_path(), "PYTHONUTF8": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(command, env=environment, check=False, **streams)
    if done.returncode:
        raise book.RunError(f"Jupyter Book failed:\n{done.stdout.strip()}")
    built = output / "_build" / "html"
    if missing := [page for page in book.pages(staged) if not (built / page).exists()]:
        raise book.RunError(f"Jupyter Book succeeded but wrote no {', '.join(missing)}; is it version 1 (pip list)?")
    return built


def _replace(target, built):
    """Put a folder where another may be."""
    old = target.with_name(f"{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    built.rename(target)
    shutil.rmtree(old, ignore_errors=True)
