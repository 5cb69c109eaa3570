"""A promotion replaces the published run as a whole, or the entries of one chapter, in one step."""

import pytest

from sixtytwo.base import contracts, paths, store
from sixtytwo.report import book, command, fingerprint, promote, readme


def listed(folder):
    return {path.name for path in folder.iterdir()} - {"claims.yml"}


def test_promotion_replaces_the_reference_in_one_step(finished):
    promote.promote("smoke")
    reference = finished.folder / "book" / "reference"
    assert (reference / "notebooks" / "01_first.ipynb").exists() and (reference / "provenance.json").exists()
    assert listed(finished.folder / "book") == {"reference"}


def test_promoted_documents_follow_their_schemas(finished):
    promote.promote("smoke")
    for name in ("results.json", "verdicts.json", "provenance.json"):
        assert contracts.read(paths.REFERENCE / name)


def test_run_whose_results_do_not_follow_their_schema_is_refused(finished):
    path = finished.smoke / "results.json"
    path.write_text(path.read_text().replace('"log_loss"', '"logloss"'))
    with pytest.raises(contracts.ContractError, match=r"results\.json .*models\.a\.runs\.0\.validation\.log_loss is missing"):
        promote.promote("smoke")
    assert not paths.REFERENCE.exists()


def test_one_chapter_is_promoted_with_its_own_entries_only(finished):
    promote.promote("smoke")
    finished.write_results(a=2, b=3)
    promote.promote("smoke", only=["01"])
    assert finished.published_models() == {"a": 2}


def test_one_chapter_of_another_profile_is_refused(finished):
    promote.promote("smoke")
    finished.write_results(profile="draft", a=2)
    with pytest.raises(book.RunError, match="promote all chapters"):
        promote.promote("smoke", only=["01"])
    assert finished.published_models() == {"a": 1}


def test_stale_run_is_not_promoted(finished):
    finished.chapter("print(n + 1)")
    with pytest.raises(book.RunError, match="not up to date"):
        promote.promote("smoke")
    assert not paths.REFERENCE.exists()


def test_figures_of_older_code_are_not_promoted(finished):
    finished.pretend(drawing="as it was yesterday")
    with pytest.raises(book.RunError, match=r'figures of 01_first were drawn by older code: `make reference CHAPTERS="01"`'):
        promote.promote("smoke")
    assert not paths.REFERENCE.exists()


@pytest.mark.parametrize("chapters", [(), ("--chapters", "01")])
def test_reference_draws_what_it_promotes(chapters, finished, capsys):
    (finished.folder / "README.md").write_text("\n".join(readme.MARKS))
    finished.pretend(drawing="as it was yesterday")
    assert command.main(["reference", "--profile", "smoke", *chapters]) == 0
    assert "1 of 1 chapters executed" in capsys.readouterr().out and paths.REFERENCE.exists()


def test_promotion_cut_between_its_renames_is_healed(finished):
    promote.promote("smoke")
    folder = finished.folder / "book"
    (folder / "reference").rename(folder / ".reference-old")
    promote.promote("smoke")
    assert listed(folder) == {"reference"}


def test_promotion_of_a_whole_run_drops_what_it_no_longer_has(finished):
    promote.promote("smoke")
    reference = finished.folder / "book" / "reference"
    for name in ("notebooks/00_gone.ipynb", "models/gone.onnx", "verdicts/00_gone.json"):
        (reference / name).parent.mkdir(exist_ok=True)
        (reference / name).write_bytes(finished.output().read_bytes())
    promote.promote("smoke")
    assert not list(reference.rglob("*gone*")) and (reference / "models" / "a.onnx").exists()


def test_model_that_a_promoted_chapter_no_longer_writes_is_dropped(finished):
    promote.promote("smoke")
    finished.write_results(b=2)
    finished.pretend(models=["b"])
    promote.promote("smoke", only=["01"])
    assert finished.published_models() == {"b": 2}
    assert not (paths.REFERENCE / "models" / "a.onnx").exists()


def test_chapter_that_does_not_exist_is_not_promoted(finished):
    with pytest.raises(book.RunError, match="begins with 77"):
        promote.promote("smoke", only=["77"])
    assert listed(finished.folder / "book") == set()


def test_damaged_step_is_not_promoted(finished):
    entry = store.cached("step", {}, lambda folder: {})
    finished.pretend(store=[entry.folder.name])
    (entry.folder / "entry.json").write_text("{}")
    with pytest.raises(book.RunError, match="missing or damaged"):
        promote.promote("smoke")
    assert not paths.REFERENCE.exists()


def weights(folder):
    (folder / "model.keras").write_text("")
    return {}


def kept(entry):
    return (paths.REFERENCE / "store" / entry / "model.keras").exists()


def test_weights_are_published_of_recorded_networks_and_members_of_ensembles_only(finished):
    recorded, member, other = (store.cached(f"train-{name}-seed0", {}, weights).folder.name for name in "abc")
    finished.pretend(store=[recorded, member, other])
    finished.record("a", {"entry": recorded}, {"entry": "ensemble-0", "members": [member]})
    promote.promote("smoke")
    assert [kept(recorded), kept(member), kept(other)] == [True, True, False] and store.entry(other)


@pytest.mark.parametrize("scored", [True, False])
def test_weights_of_a_search_winner_are_published_until_they_are_scored(finished, scored):
    steps = ["train-a-winner-seed0", "train-a-seed0", *(["test-a-winner-seed0"] if scored else [])]
    entries = [store.cached(step, {}, weights).folder.name for step in steps]
    finished.pretend(store=entries)
    finished.record("a", {"entry": entries[1]}, search={"winner": {"entry": entries[0]}})
    promote.promote("smoke")
    assert [kept(name) for name in entries[:2]] == [not scored, True]


def test_full_disk_keeps_the_old_reference(finished, small_disk, capsys, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE", small_disk / "reference")
    promote.promote("smoke")
    before = sorted(path.relative_to(small_disk) for path in small_disk.rglob("*"))
    (finished.smoke / "models" / "a.onnx").write_bytes(bytes(1_000_000))
    assert command.exit_status(lambda: promote.promote("smoke"), interrupted="") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert sorted(path.relative_to(small_disk) for path in small_disk.rglob("*")) == before


@pytest.mark.parametrize("profile", ["draft", "paper"])
def test_promotion_moves_finished_steps_and_only_the_full_run_drops_the_others(finished, profile):
    used, other = (store.cached(step, {}, lambda folder: {}).folder for step in ("used", "other"))
    paths.LOCAL.rename(paths.UNFINISHED)
    used, other = (paths.UNFINISHED / folder.name for folder in (used, other))
    profiles = finished.folder / "notebooks" / "profiles"
    (profiles / f"{profile}.yaml").write_text((profiles / "smoke.yaml").read_text())
    [chapter] = book.plan(profile, "emnist")
    finished.pretend(store=[used.name], **fingerprint.fingerprint(chapter, finished.smoke))
    finished.smoke.rename(finished.smoke.with_name(profile))
    promote.promote(profile)
    assert (paths.REFERENCE / "store" / used.name).exists() and not used.exists()
    assert other.exists() == (profile == "draft")


def test_too_large_a_reference_is_refused(finished, monkeypatch):
    monkeypatch.setattr(promote, "SIZE_LIMIT", 100)
    with pytest.raises(book.RunError, match="more than 100"):
        promote.promote("smoke")
    assert not paths.REFERENCE.exists()
