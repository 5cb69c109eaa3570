"""Fixtures that several test files share."""

import gzip
import hashlib
import http.server
import io
import os
import shutil
import struct
import subprocess
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import emnist
import store

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
    """Serve `{path: (status, headers, body)}` on loopback; gives the base address. A body may be shorter than promised."""
    servers = []

    def start(pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self._answer(body=False)

            def do_GET(self):
                self._answer(body=True)

            def _answer(self, body):
                seen.append((self.command, self.path, self.headers.get("User-Agent")))
                status, headers, content = pages[self.path]
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


@pytest.fixture(scope="session")
def data():
    """A thousand synthetic training images."""
    import helpers

    return helpers.load_train("synthetic", 1000)


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """A store of its own, empty, for a test."""
    monkeypatch.setattr(store, "LOCAL", tmp_path / "store")
    monkeypatch.setattr(store, "PUBLISHED", tmp_path / "published")


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
        hidden = {"EMNIST_DIR", "RERUN", "STORE_LOG", "PROGRESS_LOG"}
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
