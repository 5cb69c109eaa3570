"""Fixtures that several test files share."""

import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import filelock
import numpy as np
import pytest

from sixtytwo.base import paths
from sixtytwo.data import emnist

pytest_plugins = ("projects",)

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def real_emnist():
    """The folder with real EMNIST; the test is skipped only if there is none (EMNIST_DIR without data is an error)."""
    folder = emnist.find()
    if folder is None:
        pytest.skip("EMNIST is not on this machine (set EMNIST_DIR or run `make data`)")
    return folder


def idx_bytes(array, *, magic=None, count=None):
    """An idx file of raw images or labels; `magic` and `count` falsify the header."""
    magic = magic if magic is not None else (0x803 if array.ndim == 3 else 0x801)
    sides = struct.pack(">II", *array.shape[1:]) if array.ndim == 3 else b""
    return struct.pack(">II", magic, len(array) if count is None else count) + sides + array.tobytes()


@pytest.fixture
def official():
    """A tiny stand-in for the official download: its members, the zip, and what both should be."""
    rng = np.random.default_rng(0)
    members = {}
    for part, n in (("train", 30), ("test", 20)):
        images, labels = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), rng.integers(0, 62, n, dtype=np.uint8)
        members[f"emnist-byclass-{part}-images-idx3-ubyte.gz"] = gzip.compress(idx_bytes(images))
        members[f"emnist-byclass-{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx_bytes(labels))
    return Official(members)


class Official:
    """Zip and description of a generated official archive."""

    def __init__(self, members):
        self.members = members
        self.zip = self.zipped(members)
        self.archive = self.described(self.zip)

    @staticmethod
    def zipped(members):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("gzip/emnist-letters-mapping.txt", "not wanted")
            for name, content in members.items():
                archive.writestr(f"gzip/{name}", content)
        return stream.getvalue()

    def described(self, content):
        digests = {name: hashlib.sha256(member).hexdigest() for name, member in self.members.items()}
        return emnist.Archive(size=len(content), sha256=hashlib.sha256(content).hexdigest(), members=digests)


@pytest.fixture
def serve():
    """Serve `{path: (status, headers, body)}` on loopback; gives the base address. A body may be shorter than promised.

    Instead of the three, a path may have a function that returns them when given the headers of the request.
    """
    servers = []

    def start(pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self._answer(body=False)

            def do_GET(self):
                self._answer(body=True)

            def _answer(self, body):
                seen.append((self.command, self.path, self.headers.get("User-Agent")))
                answer = pages[self.path]
                status, headers, content = answer(self.headers) if callable(answer) else answer
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if body:
                    self.wfile.write(content)

            def log_message(self, *args):
                pass

        seen = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.seen = seen
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        server.address_text = f"http://127.0.0.1:{server.server_port}"
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="session")
def data():
    """A thousand synthetic training images."""
    import helpers

    return helpers.load_train("synthetic", 1000)


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """A store of its own, empty, for a test."""
    monkeypatch.setattr(paths, "LOCAL", tmp_path / "store")
    monkeypatch.setattr(paths, "PUBLISHED", tmp_path / "published")
    monkeypatch.setattr(paths, "UNFINISHED", tmp_path / "unfinished")


@pytest.fixture
def one_core(monkeypatch):
    """A machine with one core: what the engine computes, it computes in this process."""
    from sixtytwo.experiments import engine

    monkeypatch.setattr(engine, "local_workers", lambda: 1)


class Checkout:
    """A committed copy of this checkout that uses its installed packages."""

    def __init__(self, folder):
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
        for name in listed.stdout.decode().strip("\0").split("\0"):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        (folder / ".git" / "info").mkdir(parents=True)
        (folder / ".git" / "info" / "exclude").write_text(".venv\n")
        for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
            subprocess.run(["git", *command], cwd=folder, check=True)
        hidden = {"EMNIST_DIR", "RERUN", "GITHUB_REPOSITORY"}
        self.environment = {name: value for name, value in os.environ.items() if name not in hidden}
        self.environment |= {"PYTHONPATH": str(folder / "src"), "XDG_CACHE_HOME": str(folder / ".git" / "cache")}

    def __call__(self, *command, cwd=""):
        """Run a command; returns (seconds, standard output). A failure fails the test."""
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder / cwd, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return time.perf_counter() - started, done.stdout

    def make_book(self):
        return self("make", "-o", ".venv/ready", "book")

    @property
    def smoke(self):
        return self.folder / "_build" / "smoke"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def book(checkout):
    """The checkout after one `make book` on a machine without EMNIST."""
    checkout.seconds, checkout.printed = checkout.make_book()
    return checkout


@pytest.fixture(scope="session")
def site():
    """The folder of `make site`: the published run, built."""
    build_site()
    return ROOT / "_build" / "site" / "html"


def build_site() -> str:
    """What `make site` prints, without a public address (a hosted runner has one)."""
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_REPOSITORY"}
    command = [sys.executable, "-m", "sixtytwo.report.command", "site"]
    (ROOT / "_build").mkdir(exist_ok=True)
    with filelock.FileLock(ROOT / "_build" / ".tests"):  # tests of two files may want it at the same time
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def served(folder):
    """Serve a folder on loopback; gives the address, with a slash at its end."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def browser():
    """Chromium; without one the tests are skipped, but where REQUIRE_BROWSER is set that is a failure."""
    if CHROMIUM is None:
        reason = "no Chromium on this machine (install the package chromium to test the site)"
        pytest.fail(reason) if os.environ.get("REQUIRE_BROWSER") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """One page, open in the browser, with all that it complained about and asked for."""

    def __init__(self, browser, url, **options):
        self.errors, self.requests = [], []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.on("response", lambda answer: answer.status >= 400 and self.errors.append(f"{answer.status}: {answer.url}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(url)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()
