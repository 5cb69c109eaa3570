"""What `make .venv/ready` does on machines as people have them, with a tiny lock instead of the book's."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny-book"
version = "1"
requires-python = ">=3.11,<3.14"
[tool.uv]
"""
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny_book-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("tiny_book.py", "")
        wheel.writestr("tiny_book-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-book\\nVersion: 1\\n")
        wheel.writestr("tiny_book-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny_book-1.dist-info/RECORD", "")
    return name
"""
WITHOUT_UV = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if not shutil.which("uv", path=folder))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="`make` is not there; ci runs set_up itself")


@pytest.fixture(scope="session")
def uv(tmp_path_factory):
    """The folder of the uv that a set-up would fetch."""
    folder = tmp_path_factory.mktemp("uv")
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", folder, "--require-hashes"]
    subprocess.run([*command, "-r", ROOT / "set_up" / "uv.lock"], check=True, capture_output=True)
    return folder / "bin"


class Machine:
    """A checkout with a lock that names one tiny package, in a folder of wheels that pip is told of."""

    def __init__(self, folder, uv):
        self.folder, self.wheels = folder / "Übung mit Leerzeichen", folder / "wheels"
        self.home = folder / "home"
        for place in (self.folder, self.wheels, self.home):
            place.mkdir()
        shutil.copytree(ROOT / "set_up", self.folder / "set_up", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "Makefile", self.folder)
        (self.folder / "set_up" / "pip.lock").write_text("", encoding="utf-8")
        (self.folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
        (self.folder / "backend.py").write_text(BACKEND, encoding="utf-8")
        (self.folder / "package.json").write_text('{"name": "tiny", "version": "1.0.0"}', encoding="utf-8")
        lock = {
            "name": "tiny",
            "version": "1.0.0",
            "lockfileVersion": 3,
            "packages": {"": {"name": "tiny", "version": "1.0.0"}},
        }
        (self.folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
        (self.folder / ".npmrc").write_text("", encoding="utf-8")
        kept = {name: os.environ[name] for name in ("LANG", "PIP_CERT", "PYENV_ROOT") if name in os.environ}
        self.environment = kept | {"HOME": str(self.home), "PATH": os.pathsep.join((str(uv), WITHOUT_UV))}
        self.environment |= {"PIP_FIND_LINKS": str(self.wheels), "PIP_NO_INDEX": "1", "PYTHON": sys.executable}
        self.lock(self.package("1"))

    def package(self, version, marker="tiny"):
        """Make a wheel; returns the line of the lock that names it."""
        path = self.wheels / f"thing-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            about = f"thing-{version}.dist-info"
            files = {"thing.py": f"marker = {marker!r}\n"}
            files[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n"
            files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            for name, text in files.items():
                wheel.writestr(name, text)
            digests = {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()}
            record = [
                f"{name},sha256={base64.urlsafe_b64encode(found).decode().rstrip('=')}," for name, found in digests.items()
            ]
            wheel.writestr(f"{about}/RECORD", "\n".join([*record, f"{about}/RECORD,,"]) + "\n")
        return f"thing=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"

    def lock(self, *lines):
        (self.folder / "requirements.lock").write_text("".join(lines), encoding="utf-8")

    def start(self, *arguments, **variables):
        command, environment = ["make", ".venv/ready", *arguments], self.environment | variables
        environment = {name: str(value) for name, value in environment.items() if value is not None}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=environment, start_new_session=True, **streams)

    def make(self, *arguments, status=0, **variables):
        """What `make .venv/ready` prints."""
        running = self.start(*arguments, **variables)
        printed, said = running.communicate(timeout=300)
        assert (running.returncode != 0) == bool(status), printed + said
        return printed + said

    def python(self, code):
        command = [self.folder / ".venv" / "bin" / "python", "-I", "-c", code]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    @property
    def works(self):
        return (self.folder / ".venv" / "ready").exists() and self.python("import thing; print(thing.marker)") == "tiny"

    @property
    def left_over(self):
        """What a set-up left beside .venv, but for its lock."""
        return {path.name for path in self.folder.glob(".venv*")} - {".venv", ".venv.lock"}


@pytest.fixture
def machine(tmp_path, uv):
    return Machine(tmp_path, uv)


@pytest.fixture
def slow(machine):
    """A machine on which the set-up takes long: building its package waits until the file `go` is there."""
    wait = "import time, pathlib\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)\n"
    (machine.folder / "backend.py").write_text(
        "pathlib = __import__('pathlib')\npathlib.Path('begun').touch()\n" + wait + BACKEND, encoding="utf-8"
    )
    return machine


def wait_for(path):
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    pytest.fail(f"{path} never came")


def test_set_up_once_and_then_nothing_is_done(machine):
    assert "Setting up .venv" in machine.make() and machine.works and machine.left_over == set()
    assert "Setting up" not in machine.make() and "Setting up" not in machine.make(PYTHON=None)


def test_other_versions_are_installed_and_what_a_reader_added_stays(machine):
    machine.make()
    (machine.folder / ".venv" / "added").touch()
    machine.lock(machine.package("2", marker="new"))
    assert "other versions are wanted" in machine.make()
    assert machine.python("import thing; print(thing.marker)") == "new" and (machine.folder / ".venv" / "added").exists()


@pytest.mark.parametrize("by", ["uv", "pip"])
def test_uv_or_pip_installs_packages_and_compiles_them_even_where_python_may_not_write_bytecode(by, machine):
    path = WITHOUT_UV if by == "pip" else machine.environment["PATH"]  # and no index has it
    machine.make(PYTHONDONTWRITEBYTECODE=1, PATH=path)
    assert machine.works and (by == "uv" or machine.python("import pip; print(pip.__name__)") == "pip")
    [thing] = machine.folder.glob(".venv/lib/python*/site-packages/thing.py")
    assert [compiled.name.partition(".")[0] for compiled in (thing.parent / "__pycache__").glob("thing.*.pyc")] == ["thing"]


@pytest.mark.parametrize("by", ["uv", pytest.param("pip", marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", ["variables", "file"])
def test_settings_of_pip_and_uv_break_nothing_but_say_where_packages_are(by, way, machine):
    hostile = {"user": "1", "target": str(machine.home / "t"), "require-virtualenv": "1", "no-binary": ":all:"}
    if way == "variables":
        variables = {"PIP_" + name.upper().replace("-", "_"): value for name, value in hostile.items()}
    else:
        hostile |= {"find-links": machine.wheels, "no-index": "1"}
        settings = "".join(f"{name} = {value}\n" for name, value in hostile.items())
        (machine.home / "pip.conf").write_text(f"[global]\n{settings}", encoding="utf-8")
        variables = {"PIP_CONFIG_FILE": machine.home / "pip.conf", "PIP_FIND_LINKS": None, "PIP_NO_INDEX": None}
    variables |= {
        "UV_PYTHON": "2.7",
        "UV_SYSTEM_PYTHON": "1",
        "UV_TARGET": "t",
        "UV_NO_BINARY": "1",
        "UV_PROJECT_ENVIRONMENT": "x",
    }
    (machine.home / "thing.py").write_text("marker = 'another'", encoding="utf-8")
    variables |= {"PYTHONPATH": machine.home, "PATH": WITHOUT_UV if by == "pip" else machine.environment["PATH"]}
    machine.make(**variables)
    assert machine.works and not (machine.home / "t").exists()


def test_moved_environment_is_set_up_again(machine, tmp_path):
    machine.make()
    machine.folder = machine.folder.rename(tmp_path / "moved")
    assert "it was made in" in machine.make() and machine.works


def test_environment_whose_python_is_gone_is_set_up_again(machine):
    machine.make()
    python = machine.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert "is gone" in machine.make() and machine.works


def test_environment_that_is_active_is_set_up_again(machine):
    machine.make()
    (machine.folder / ".venv" / "ready").unlink()
    path = os.pathsep.join((str(machine.folder / ".venv" / "bin"), machine.environment["PATH"]))
    assert "did not finish" in machine.make(PYTHON=None, PATH=path) and machine.works


def test_environment_of_another_folder_is_not_touched(machine, tmp_path):
    """A link to the environment of another checkout is replaced, not followed."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    (machine.folder / ".venv").symlink_to(other)
    machine.make()
    assert machine.works and [path.name for path in other.iterdir()] == ["kept"]


def other_python():
    """Another fitting Python of this machine, or None."""
    found = {}
    for path in [shutil.which(f"python3.{minor}") for minor in (11, 12, 13)] + sorted(
        (ROOT.home() / ".pyenv" / "versions").glob("3.1[123].*/bin/python3")
    ):
        done = subprocess.run(
            [path or "false", "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, check=False
        )
        found.setdefault(done.stdout.decode().strip(), path)
    return next((path for version, path in found.items() if version not in ("", "{} {}".format(*sys.version_info))), None)


def test_another_python_that_is_asked_for_is_taken(machine):
    if (other := other_python()) is None:
        pytest.skip("one fitting Python on this machine")
    machine.make()
    before = machine.python("import sys; print(sys.version)")
    assert "it has Python" in machine.make(PYTHON=other) and machine.works
    assert machine.python("import sys; print(sys.version)") != before
    assert "Setting up" not in machine.make(PYTHON=None)  # any that fits will do


@pytest.mark.parametrize("asked", ["/nowhere/python3", "false"])
def test_python_that_is_not_there_is_named(asked, machine):
    said = machine.make(f"PYTHON={asked}", status=1)
    assert said.count("Error: ") == 1 and asked in said and "Python 3.11, 3.12 or 3.13" in said


def test_python_that_does_not_fit_is_refused_if_it_was_asked_for(machine, tmp_path):
    old = next((ROOT.home() / ".pyenv" / "versions").glob("3.[89].*/bin/python3"), None)
    if old is None:
        pytest.skip("no Python 3.8 or 3.9 on this machine")
    said = machine.make(PYTHON=old, status=1)
    assert said.count("Error: ") == 1 and "Python 3.11, 3.12 or 3.13 is needed" in said
    assert not (machine.folder / ".venv").exists()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_set_up_that_was_stopped_is_done_again(told, slow):
    running = slow.start()
    wait_for(slow.folder / "begun")
    os.killpg(running.pid, told)
    said = running.communicate()[1]
    assert not (slow.folder / ".venv" / "ready").exists()
    if told != signal.SIGKILL:
        assert "Traceback" not in said and not (slow.folder / ".venv").exists()
    (slow.folder / "go").touch()
    slow.make()
    assert slow.works and slow.left_over == set()


def test_second_set_up_waits_for_the_first(slow):
    first = slow.start()
    wait_for(slow.folder / "begun")
    second = slow.start()
    assert "waiting" in second.stderr.readline()
    (slow.folder / "go").touch()
    printed = [running.communicate(timeout=100)[0] for running in (first, second)]
    assert first.returncode == second.returncode == 0 and slow.works
    assert ["Setting up" in text for text in printed] == [True, False]


def test_set_up_that_fails_says_why_and_leaves_nothing(machine):
    machine.lock("thing==3 --hash=sha256:" + 64 * "0")
    said = machine.make(status=1)
    assert said.count("Error: ") == 1 and "thing" in said and "Traceback" not in said
    assert not (machine.folder / ".venv").exists() and machine.left_over == set()
    machine.lock(machine.package("1"))
    machine.make()
    assert machine.works


def test_full_disk_is_one_sentence(machine, small_disk):
    folder = small_disk / "checkout"
    shutil.copytree(machine.folder, folder)
    machine.folder = folder
    (folder / "filling").write_bytes(b"x" * (os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - 8192))
    said = machine.make(status=1)
    assert said.count("Error: ") == 1 and "make room" in said and "Traceback" not in said
    assert not (folder / ".venv").exists() and machine.left_over == set()


@pytest.mark.parametrize("home", [None, "/proc/nobody"])
def test_home_that_cannot_be_written_is_no_obstacle(home, machine):
    machine.make(HOME=home, TMPDIR="/nowhere")
    assert machine.works and machine.left_over == set()


def test_commands_given_together_run_one_after_the_other(machine):
    machine.make()
    packages, log = Path(machine.python("import thing; print(thing.__file__)")).parent, machine.folder / "log"
    program = "import sys, time\nfor word in ('begins', 'ends'):\n    open('log', 'a').write(f'{__spec__.name} {word}\\n')\n    time.sleep(0.5)\n"
    for name in ("sixtytwo/report/command.py", "pytest.py"):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(program, encoding="utf-8")
    for name in ("ruff", "lint-imports"):
        (machine.folder / ".venv" / "bin" / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (machine.folder / ".venv" / "bin" / name).chmod(0o755)
    command = ["make", "-j4", "book", "test"]
    subprocess.run(command, cwd=machine.folder, env=machine.environment, check=True, capture_output=True)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6 and all(begins[:-6] == ends[:-4] for begins, ends in zip(lines[::2], lines[1::2]))
