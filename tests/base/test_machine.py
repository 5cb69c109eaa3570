"""The commit that a result was made with: of this checkout, however it came here, or unknown."""

import os
import re
import shutil
import subprocess

import pytest

from sixtytwo.base import machine, paths

IDENTITY = ("-c", "user.name=x", "-c", "user.email=x@x")


def git(folder, *arguments):
    subprocess.run(["git", *IDENTITY, "-C", folder, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """Makes a git repository with one commit."""

    def make(name):
        folder = tmp_path / name
        folder.mkdir()
        git(folder, "init", "-q")
        (folder / "file").write_text(f"of {name}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", name)
        return folder

    return make


@pytest.fixture
def commit(monkeypatch):
    """Gives the commit that is recorded in a folder."""

    def of(folder):
        monkeypatch.setattr(paths, "ROOT", folder)
        return machine.git_commit()

    return of


def test_commit_of_a_checkout_and_whether_it_was_changed(repository, commit):
    folder = repository("book")
    assert re.fullmatch("[0-9a-f]{12}", found := commit(folder))
    (folder / "file").write_text("changed\n")
    assert commit(folder) == f"{found}-dirty"


def test_copy_inside_another_repository_has_no_commit(repository, commit):
    copied = repository("thesis") / "book"
    copied.mkdir()
    assert commit(copied) == "unknown"


def test_worktree_and_shallow_clone_have_the_commit(repository, commit, tmp_path):
    folder = repository("book")
    git(folder, "worktree", "add", "-q", tmp_path / "tree")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{folder}", "shallow")
    assert commit(tmp_path / "tree") == commit(tmp_path / "shallow") == commit(folder)


def test_variables_of_git_name_another_repository_and_do_not_count(repository, commit, monkeypatch):
    folder, other = repository("book"), repository("other")
    found = commit(folder)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert commit(folder) == found


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs the right to give files away")
def test_checkout_of_somebody_else_has_its_commit(repository, commit, monkeypatch):
    folder = repository("book")
    found = commit(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 12345, 12345)
    monkeypatch.setenv("HOME", str(folder.parent))
    assert commit(folder) == found


def test_without_git_the_commit_is_unknown(repository, commit, monkeypatch):
    folder = repository("book")
    monkeypatch.setenv("PATH", str(folder))
    assert shutil.which("git") is None and commit(folder) == "unknown"
