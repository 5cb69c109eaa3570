"""The download: the right bytes, or one clear sentence and nothing left that would be trusted."""

import concurrent.futures
import dataclasses
import socket
import time

import numpy as np
import pytest
from conftest import Official

from sixtytwo.data import download as downloading
from sixtytwo.data import emnist, idx


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test touches the user's cache."""
    monkeypatch.delenv("EMNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def download(folder, sources, archive):
    return downloading.download(folder, sources=sources, archive=archive)


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_download_extracts_only_the_byclass_members(official, serve, tmp_path):
    server = serve({"/gzip.zip": (200, {}, official.zip)})
    folder = download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert files(folder) == sorted(official.members)
    assert (folder / "emnist-byclass-test-labels-idx1-ubyte.gz").read_bytes() == official.members[
        "emnist-byclass-test-labels-idx1-ubyte.gz"
    ]
    assert all("Python-urllib" not in agent for _, _, agent in server.seen)


def test_second_source_is_used_when_the_first_is_dead(official, serve, tmp_path, capsys):
    server = serve({"/gzip.zip": (200, {}, official.zip)})
    sources = ["http://127.0.0.1:9/gzip.zip", server.address_text + "/gzip.zip"]
    folder = download(tmp_path / "data", sources, official.archive)
    assert files(folder) == sorted(official.members)
    assert "127.0.0.1:9" in capsys.readouterr().err


BAD_DOWNLOADS = {
    "truncated": lambda good: ((200, {"Content-Length": str(len(good))}, good[: len(good) // 2]), "bytes"),
    "short file": lambda good: ((200, {}, good[: len(good) // 2]), "found a file of"),
    "web page": lambda good: ((200, {}, b"<!DOCTYPE html><html>moved</html>"), "found a web page of 33 bytes"),
    "wrong hash": lambda good: ((200, {}, good[:-1] + bytes([good[-1] ^ 1])), "hash"),
    "refused": lambda good: ((403, {}, b"no"), "403"),
}


@pytest.mark.parametrize("fault", BAD_DOWNLOADS)
def test_bad_download_is_named_and_leaves_nothing(fault, official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    answer, words = BAD_DOWNLOADS[fault](official.zip)
    server = serve({"/gzip.zip": answer})
    with pytest.raises(idx.DataError) as error:
        download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert words in str(error.value) and server.address_text in str(error.value) and "EMNIST_DIR" in str(error.value)
    assert files(tmp_path / "data") == []


class Flaky:
    """Serves a file in parts; every transfer breaks off after `most` bytes."""

    def __init__(self, content, most):
        self.content, self.most, self.asked = content, most, []

    def __call__(self, headers):
        start = int(headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.asked.append(start)
        rest = self.content[start:]
        promised = {"Accept-Ranges": "bytes", "Content-Length": str(len(rest))}
        return (206 if start else 200, promised, rest[: self.most])


def test_broken_transfer_goes_on_where_it_stopped(official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    page = Flaky(official.zip, len(official.zip) // 2 + 5000)
    server = serve({"/gzip.zip": page})
    folder = download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert files(folder) == sorted(official.members)
    asked_whether_there, first, second = page.asked
    assert asked_whether_there == first == 0 and second >= len(official.zip) // 2


def test_download_that_failed_goes_on_in_the_next_run(official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    page = Flaky(official.zip, len(official.zip) // 4)  # three attempts are not enough
    source = serve({"/gzip.zip": page}).address_text + "/gzip.zip"
    with pytest.raises(idx.DataError):
        download(tmp_path / "data", [source], official.archive)
    assert files(tmp_path / "data") == [".emnist.zip.part"] and emnist.find() is None
    assert files(download(tmp_path / "data", [source], official.archive)) == sorted(official.members)
    assert page.asked.count(0) == 3  # two questions, one start


def test_part_of_another_file_is_thrown_away(official, serve, tmp_path):
    class Shorter(Flaky):
        def __call__(self, headers):
            status, promised, rest = super().__call__(headers)
            return (status, promised, rest) if rest else (416, {}, b"")

    page = Shorter(official.zip, len(official.zip))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".emnist.zip.part").write_bytes(bytes(len(official.zip)))
    archive = dataclasses.replace(official.archive, size=len(official.zip) + 1)  # one that the server does not have
    with pytest.raises(idx.DataError, match="expected a zip of"):
        download(tmp_path / "data", [serve({"/gzip.zip": page}).address_text + "/gzip.zip"], archive)
    assert page.asked == [0, len(official.zip), 0] and files(tmp_path / "data") == []


def test_second_process_waits_for_the_first(official, serve, tmp_path):
    def slow(headers):
        time.sleep(0.2)
        return (200, {}, official.zip)

    server = serve({"/gzip.zip": slow})
    arguments = [(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)] * 3
    with concurrent.futures.ThreadPoolExecutor(3) as processes:
        folders = list(processes.map(download, *zip(*arguments, strict=True)))
    assert [files(folder) for folder in folders] == [sorted(official.members)] * 3
    assert [command for command, _, _ in server.seen] == ["HEAD", "GET"]


def test_full_disk_is_named_and_nothing_is_trusted(official, serve, small_disk):
    noise = {name: np.random.default_rng(0).bytes(100_000) for name in official.members}
    archive = Official(noise)
    server = serve({"/gzip.zip": (200, {"Accept-Ranges": "bytes"}, archive.zip)})
    with pytest.raises(idx.DataError, match=r"No space left on device.*must be free"):
        download(small_disk / "data", [server.address_text + "/gzip.zip"], archive.archive)
    assert not any(name.endswith(".gz") for name in files(small_disk / "data"))


def test_zip_without_a_member_is_refused(official, serve, tmp_path):
    missing, *_ = official.members
    partial = Official.zipped({name: body for name, body in official.members.items() if name != missing})
    server = serve({"/gzip.zip": (200, {}, partial)})
    with pytest.raises(idx.DataError, match=missing):
        download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.described(partial))
    assert emnist.find() is None


def test_what_a_killed_process_left_is_not_trusted(official, serve, tmp_path):
    half = tmp_path / "data" / ".unpacked" / "gzip"
    half.mkdir(parents=True)
    for name in official.members:
        (half / name).write_bytes(b"half")
    (tmp_path / "data" / ".emnist.zip").write_bytes(official.zip[:100])
    server = serve({"/gzip.zip": (200, {}, official.zip)})
    folder = download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert {name: (folder / name).read_bytes() for name in files(folder)} == official.members


def test_no_network_is_found_out_within_ten_seconds(official, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        source = f"http://127.0.0.1:{silent.getsockname()[1]}/gzip.zip"
        started = time.monotonic()
        with pytest.raises(idx.DataError, match="no answer"):
            download(tmp_path / "data", [source, source, source], official.archive)
    assert time.monotonic() - started < 10


def test_cache_that_cannot_be_written_is_named(official, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(idx.DataError, match="cannot be written") as error:
        download(tmp_path / "file" / "cache", ["http://127.0.0.1:9/"], official.archive)
    assert "XDG_CACHE_HOME" in str(error.value)
