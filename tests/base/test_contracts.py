"""The documents of a run: what is published follows the schemas, and what does not is refused in one sentence."""

import copy

import pytest

from sixtytwo.base import contracts, files, paths
from sixtytwo.findings import claims

NAMES = ("results.json", "verdicts.json", "provenance.json")


@pytest.fixture
def results():
    return contracts.read(paths.REFERENCE / "results.json")


@pytest.mark.parametrize("name", NAMES)
def test_published_document_is_read_and_written_again_byte_for_byte(name, tmp_path):
    contracts.write(tmp_path / name, contracts.read(paths.REFERENCE / name))
    assert (tmp_path / name).read_bytes() == (paths.REFERENCE / name).read_bytes()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda entry: entry.pop("macs"), r"models\.mlp\.macs is missing"),
        (lambda entry: entry.update(note="x"), r"models\.mlp\.note is unknown"),
        (lambda entry: entry.update(parameters="many"), r"models\.mlp\.parameters is 'many'; expected: a valid integer"),
        (lambda entry: entry.update(parameters=None), r"models\.mlp\.parameters is None"),
        (lambda entry: entry.update(latency_ms={"one": 1.0}), r"models\.mlp\.latency_ms\.batch is missing"),
        (lambda entry: entry.update(search=None), r"models\.mlp\.search is None"),
        (
            lambda entry: entry["runs"][1]["test"].update(eec=entry["runs"][1]["test"].pop("ece")),
            r"models\.mlp\.runs\.1\.test\.ece is missing; models\.mlp\.runs\.1\.test\.eec is unknown",
        ),
    ],
)
def test_what_does_not_follow_the_schema_is_named_and_not_written(results, spoil, sentence, tmp_path):
    spoil(results["models"]["mlp"])
    with pytest.raises(contracts.ContractError, match=rf"results\.json does not follow its schema in .*: {sentence}"):
        contracts.write(tmp_path / "results.json", results)
    assert not list(tmp_path.iterdir())
    files.write_json(tmp_path / "results.json", results)
    with pytest.raises(contracts.ContractError, match=sentence):
        contracts.read(tmp_path / "results.json")


def test_network_may_log_more_than_its_accuracy_and_its_loss(results, tmp_path):
    results["models"]["mlp"]["runs"][0]["history"] |= {"learning_rate": [1e-3, 5e-4], "val_top_5": [0.9, 1.0]}
    contracts.write(tmp_path / "results.json", results)
    assert contracts.read(tmp_path / "results.json") == results


def test_environment_may_name_its_cores(results, tmp_path):
    results["environment"]["cores"] = 2
    contracts.write(tmp_path / "results.json", results)
    assert contracts.read(tmp_path / "results.json") == results


def test_file_that_is_not_json_is_named(tmp_path):
    (tmp_path / "verdicts.json").write_text("[")
    with pytest.raises(contracts.ContractError, match=r"verdicts\.json is not JSON .*execute the run again"):
        contracts.read(tmp_path / "verdicts.json")


def test_chapter_writes_results_into_the_folder_of_its_run(results, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "_build").mkdir()
    contracts.write_results("_build/interactive", results)
    assert contracts.read(tmp_path / "_build" / "interactive" / "results.json") == results


def test_tuples_are_written_as_the_lists_that_readers_see(results, tmp_path):
    spoiled = copy.deepcopy(results)
    spoiled["models"]["mlp"]["accuracy_interval"] = tuple(results["models"]["mlp"]["accuracy_interval"])
    contracts.write(tmp_path / "results.json", spoiled)
    assert contracts.read(tmp_path / "results.json") == results


def test_every_verdict_that_a_rule_can_give_may_be_written(tmp_path):
    [entry, *_] = contracts.read(paths.REFERENCE / "verdicts.json")
    for word in (*claims.VERDICTS, claims.OPEN):
        contracts.write(tmp_path / "verdicts.json", [entry | {"verdict": word}])
    with pytest.raises(contracts.ContractError, match=r"0\.verdict is 'reproduce'"):
        contracts.write(tmp_path / "verdicts.json", [entry | {"verdict": "reproduce"}])
