"""Finished steps are found again, and never trusted when damaged."""

import json
import os
import platform
import shutil
import subprocess

import pytest

from sixtytwo.base import journal, paths, store

pytestmark = pytest.mark.usefixtures("own_store")


def counted():
    calls = []

    def compute(folder):
        calls.append(folder)
        (folder / "data.txt").write_text("precious")
        return {"value": 0.1 + 0.2}

    return compute, calls


def test_second_call_computes_nothing_and_gives_the_same():
    compute, calls = counted()
    first, again = (store.cached("step", {"a": 1, "b": 2}, compute) for _ in range(2))
    assert len(calls) == 1
    assert first.result == again.result == {"value": 0.1 + 0.2}
    assert again.path("data.txt").read_text() == "precious"


def test_entry_stays_valid_without_a_file_that_was_dropped(capsys):
    compute, calls = counted()
    entry = store.cached("step", {}, compute)
    store.drop(entry.folder, "data.txt")
    again = store.cached("step", {}, compute)
    assert len(calls) == 1 and again.files == entry.files and not again.path("data.txt").exists()
    text = entry.path("entry.json").read_text()
    entry.path("entry.json").write_text(text.replace('"dropped":["data.txt"]', '"dropped":["data.txt","more"]'))
    assert store.find("step", {}) is None and "damaged" in capsys.readouterr().err


def test_a_file_that_was_dropped_in_one_place_is_found_in_the_other():
    compute, _ = counted()
    local = store.cached("step", {}, compute).folder
    published = paths.PUBLISHED / local.name
    shutil.copytree(local, published)
    store.drop(published, "data.txt")
    assert store.entry(local.name).folder == published
    assert store.entry(local.name, "data.txt").folder == local


def test_another_spec_is_another_step():
    compute, calls = counted()
    store.cached("step", {"a": 1}, compute)
    store.cached("step", {"a": 2}, compute)
    assert len(calls) == 2


def described(layers):
    return {"model": {"layers": layers}, "seed": 0}


def shared(*specs):
    """Published steps of these specs that share the descriptions of their networks."""
    compute, _ = counted()
    for spec in specs:
        store.copy(store.cached("step", spec, compute), paths.PUBLISHED)
    store.share(paths.PUBLISHED)
    shutil.rmtree(paths.LOCAL)


def networks():
    return list(paths.PUBLISHED.with_name("networks").iterdir())


def test_entries_that_share_a_network_read_as_if_each_had_its_own():
    specs = [described([1, 2]) | {"seed": seed} for seed in range(3)] + [described([3]), {"no": "network"}]
    shared(*specs)
    assert len(networks()) == 2
    assert [store.find("step", spec).spec for spec in specs] == specs


def test_entries_are_shared_and_copied_again(tmp_path):
    shared(described([1]), described([2]))
    entry = store.find("step", described([1]))
    place = tmp_path / "new" / "store"
    store.copy(entry, place)
    store.share(place)
    shutil.rmtree(paths.PUBLISHED)
    place.rename(paths.PUBLISHED)
    assert store.find("step", described([1])).spec == described([1])
    assert len(networks()) == 2 and len(list((tmp_path / "new" / "networks").iterdir())) == 1


def test_description_that_no_entry_names_any_more_goes():
    shared(described([1]), described([2]))
    shutil.rmtree(store.find("step", described([2])).folder)
    store.share(paths.PUBLISHED)
    assert len(networks()) == 1


@pytest.mark.parametrize("damage", ["changed", "lost"])
def test_entry_whose_shared_network_is_damaged_is_computed_again(damage, capsys):
    shared(described([1]))
    [path] = networks()
    path.write_text('{"layers":[2]}') if damage == "changed" else path.unlink()
    assert store.find("step", described([1])) is None and "damaged" in capsys.readouterr().err


def test_key_ignores_the_order_of_the_spec():
    compute, calls = counted()
    for spec in ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}):
        store.cached("step", spec, compute)
    assert len(calls) == 1


@pytest.mark.parametrize("damage", ["bit", "truncated", "missing", "result", "key"])
def test_damaged_entry_is_reported_and_computed_again(damage, capsys):
    compute, calls = counted()
    entry = store.cached("step", {}, compute)
    if damage == "result":
        text = entry.path("entry.json").read_text()
        entry.path("entry.json").write_text(text.replace("0.30", "0.99"))
    elif damage == "key":
        entry.path("entry.json").write_text(entry.path("entry.json").read_text().replace('"created"', '"createt"'))
    elif damage == "missing":
        entry.path("data.txt").unlink()
    elif damage == "truncated":
        entry.path("entry.json").write_text("{")
    else:
        entry.path("data.txt").write_text("Precious")
    assert store.cached("step", {}, compute).result == {"value": 0.1 + 0.2}
    assert len(calls) == 2
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a/b", "a b"])
def test_name_that_is_no_folder_is_refused_before_the_work(name):
    with pytest.raises(ValueError, match="becomes a folder"):
        store.cached(name, {}, lambda folder: pytest.fail("it was computed"))


def test_scratch_of_other_machines_and_of_running_processes_is_not_swept():
    paths.LOCAL.mkdir(parents=True)
    done = subprocess.Popen(["true"])
    done.wait()
    here = platform.node()
    kept = {f".new-{here}-{os.getpid()}-x", f".new-{here}-b-{done.pid}-x", f".new-elsewhere-{done.pid}-x"}
    for name in (*kept, f".new-{here}-{done.pid}-x"):
        (paths.LOCAL / name).mkdir()
    store.sweep()
    assert {path.name for path in paths.LOCAL.iterdir()} == kept


def test_failed_step_leaves_nothing():
    def fail(folder):
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.cached("step", {}, fail)
    assert list(paths.LOCAL.iterdir()) == []


def test_full_disk_leaves_nothing_and_the_step_is_done_when_there_is_room(small_disk, monkeypatch):
    monkeypatch.setattr(paths, "LOCAL", small_disk / "store")

    def large(folder):
        (folder / "weights").write_bytes(bytes(1_000_000))

    with pytest.raises(OSError, match="No space left"):
        store.cached("step", {"a": 1}, large)
    assert list(paths.LOCAL.iterdir()) == []
    assert store.cached("step", {"a": 1}, lambda folder: {"b": 2}).result == {"b": 2}


def test_published_entry_is_read_first_unless_rerun(monkeypatch):
    compute, calls = counted()
    store.cached("step", {}, compute)
    paths.LOCAL.rename(paths.PUBLISHED)
    store.cached("step", {}, compute)
    assert len(calls) == 1
    monkeypatch.setenv("RERUN", "1")
    store.cached("step", {}, compute)
    assert len(calls) == 2


def test_reference_run_writes_where_it_can_be_committed(monkeypatch, tmp_path):
    monkeypatch.setattr(journal, "_journal", None)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    journal.open_chapter("run", "03_mlp")
    compute, calls = counted()
    with journal.telling("run", commit_steps=True):
        entry = store.cached("step", {}, compute)
    assert entry.folder.parent == paths.UNFINISHED and store.cached("step", {}, compute).folder == entry.folder
    assert len(calls) == 1 and not paths.LOCAL.exists()


def test_entry_keeps_how_its_images_were_made_and_that_is_checked_like_all_else(capsys):
    compute, _ = counted()
    recipe = (["load_train", "synthetic", 100], ["first", 10])
    entry = store.cached("step", {}, compute, recipe=recipe)
    assert store.find("step", {}).recipe == entry.recipe == [list(change) for change in recipe]
    assert store.cached("other", {}, compute).recipe is None
    text = entry.path("entry.json").read_text()
    entry.path("entry.json").write_text(text.replace('["first",10]', '["first",11]'))
    assert store.find("step", {}) is None and "damaged" in capsys.readouterr().err


def test_recipe_is_not_part_of_the_key():
    compute, calls = counted()
    for recipe in (None, [["load_train", "synthetic", 100]]):
        store.cached("step", {"data": "digest"}, compute, recipe=recipe)
    assert len(calls) == 1


def test_entry_says_where_it_was_made():
    compute, _ = counted()
    assert store.cached("step", {}, compute, made={"cpu": "elsewhere"}).environment == {"cpu": "elsewhere"}


def test_entry_names_its_environment():
    compute, _ = counted()
    entry = json.loads(store.cached("step", {}, compute).path("entry.json").read_text())
    assert {"python", "tensorflow", "keras", "keras_tuner", "cpu", "threads", "git_commit"} <= set(entry["environment"])
    assert entry["created"].endswith("Z")
