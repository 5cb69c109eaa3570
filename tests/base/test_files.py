"""Files are whole or not there, and a lock is held by one process, as long as it lives."""

import errno
import subprocess
import sys
import threading
import time

import pytest

from sixtytwo.base import files


@pytest.mark.parametrize("write", [files.write_text, files.write_json])
def test_file_that_cannot_be_written_leaves_the_old_one(write, small_disk):
    path = small_disk / "page"
    write(path, "old")
    before = path.read_bytes()
    with pytest.raises(OSError, match="No space left"):
        write(path, "x" * 1_000_000)
    assert path.read_bytes() == before and [found.name for found in small_disk.iterdir()] == ["page"]


def test_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as stream:
        stream.write(b"new")
        1 / 0  # noqa: B018
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_digest_ignores_the_order_of_keys():
    assert files.digest({"a": 1, "b": [1, 2]}) == files.digest({"b": [1, 2], "a": 1}) != files.digest({"a": 1, "b": [2, 1]})


def test_who_does_not_wait_for_a_lock_is_told_what_its_holder_does(tmp_path):
    with (
        files.lock(tmp_path / "lock"),
        pytest.raises(files.Locked, match="busy"),
        files.lock(tmp_path / "lock", wait=False, message="busy"),
    ):
        pytest.fail("two hold it")
    with files.lock(tmp_path / "lock", wait=False):
        pass


def test_who_waits_for_a_lock_is_told_so_and_gets_it(tmp_path, capsys):
    order = []

    def second():
        with files.lock(tmp_path / "lock", message="waiting for the first"):
            order.append("second")

    with files.lock(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert "waiting for the first" in capsys.readouterr().err


def test_lock_is_free_when_its_holder_was_killed(tmp_path):
    code = f"""
import pathlib, time
from sixtytwo.base import files
with files.lock(pathlib.Path({str(tmp_path)!r}) / "lock"):
    print("held", flush=True)
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(files.Locked), files.lock(tmp_path / "lock", wait=False):
        pytest.fail("two hold it")
    holder.kill()
    holder.communicate()
    with files.lock(tmp_path / "lock", wait=False):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_lock_holds_on_a_disk_without_locks_and_is_free_when_its_holder_was_killed(code, tmp_path):
    program = f"""
import fcntl, pathlib, sys, time
def no_locks(*_):
    raise OSError({code}, "no locks available")
fcntl.flock = no_locks
from sixtytwo.base import files
try:
    with files.lock(pathlib.Path({str(tmp_path)!r}) / "lock", wait=False, message="busy"):
        print("held", flush=True)
        time.sleep(float(sys.argv[1]))
except files.Locked as error:
    print(error)
"""

    def start(seconds):
        return subprocess.Popen([sys.executable, "-c", program, str(seconds)], stdout=subprocess.PIPE, text=True)

    holder = start(100)
    assert holder.stdout.readline() == "held\n"
    assert start(0).communicate()[0] == "busy\n"
    holder.kill()
    holder.communicate()
    assert start(0).communicate()[0] == "held\n"
    assert start(0).communicate()[0] == "held\n"
