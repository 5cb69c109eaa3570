"""What to run with which values: everything is validated before anything runs."""

import pytest

from sixtytwo.base import paths
from sixtytwo.report import book, command


def test_notebooks_that_a_reader_adds_come_after_those_of_the_book(tmp_path, monkeypatch):
    (tmp_path / "_toc.yml").write_text("root: index\nparts: [{chapters: [{file: notebooks/02_b}, {file: notebooks/01_a}]}]")
    (tmp_path / "notebooks" / "template").mkdir(parents=True)
    (tmp_path / "notebooks" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "notebooks" / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb").touch()
    for name in ("00_mine", "01_a", "02_b", "template/my_model", "._01_a", ".~00_mine"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert [path.stem for path in book.chapters()] == ["02_b", "01_a", "00_mine"]


def test_chapters_are_named_by_how_their_files_begin(project):
    for name in ("01_first", "02_second", "10_tenth"):
        project.chapter("print(n)", name=name)
    planned = book.plan("smoke", "synthetic")
    assert [chapter.path.stem for chapter in book.named(planned, ["02", "10_t"])] == ["02_second", "10_tenth"]
    assert book.named(planned, []) == []
    with pytest.raises(book.RunError, match="begins with 77: expected numbers such as 06"):
        book.named(planned, ["02", "77"])


def refused(project, capsys, words, *arguments):
    assert project.run(*arguments) == 1
    message = capsys.readouterr().err
    assert message.startswith("Error: ") and all(word in message for word in words), message
    assert not project.output().exists()


def test_unknown_parameter_is_refused(project, capsys):
    project.profile(n=2, nn=3)
    project.chapter("print(n)")
    refused(project, capsys, ["nn", "expected some of"])


def test_parameter_of_another_type_is_refused(project, capsys):
    project.profile(n="two")
    project.chapter("print(n)")
    refused(project, capsys, ["n='two' is a str", "expects a int"])


def test_parameter_that_the_runner_decides_is_refused(project, capsys):
    assert project.run("--set", "run_dir=elsewhere") == 1
    assert "--set run_dir: the runner decides this" in capsys.readouterr().err


def test_missing_parameters_tag_is_refused(project, capsys):
    project.chapter("print(1)", parameters=None)
    refused(project, capsys, ["01_first.ipynb", "0 cells tagged 'parameters'"])


def test_parameters_cell_with_code_is_refused(project, capsys):
    project.chapter("print(n)", parameters="n = 1 + len('a')")
    refused(project, capsys, ["may only hold lines", "line 1: n = 1 + len('a')"])


def test_parameters_may_have_annotations_comments_and_lists(project, capsys):
    parameters = (
        'dataset: str = "auto"\nrun_dir = "_build/interactive"\nn: int = 1  # images\nrates: list[float] = [0.5]  # type: list'
    )
    project.chapter("print(n)", parameters=parameters)
    [chapter] = book.plan("smoke", "synthetic", {"rates": [1, 0.1]})
    assert chapter.chosen["n"] == 2 and chapter.chosen["rates"] == [1, 0.1]
    for wrong in (["a"], [True], 0.5):
        with pytest.raises(book.RunError, match=r"expects a list of float such as \[0.5\]"):
            book.plan("smoke", "synthetic", {"rates": wrong})


@pytest.mark.parametrize("text", ["n: [1", "<<<<<<< HEAD\nn: 1", "- n", "", "n: 1\n\tm: 2"])
def test_profile_that_holds_no_settings_is_refused(text, project, capsys):
    project.chapter("print(n)")
    (project.folder / "notebooks" / "profiles" / "smoke.yaml").write_text(text)
    refused(project, capsys, ["smoke.yaml", "expected YAML with lines `name: value`"])


def test_chapter_that_does_not_exist_is_refused_before_anything_runs(project, capsys):
    project.chapter("print(n)")
    refused(project, capsys, ["begins with 77"], "--chapters", "77")


@pytest.mark.parametrize("profile", ["draft", "paper"])
def test_synthetic_data_do_not_go_with_full_profiles(project, capsys, profile):
    (project.folder / "notebooks" / "profiles" / f"{profile}.yaml").write_text("n: 1")
    project.chapter("print(n)")
    refused(project, capsys, ["DATA=synthetic does not go with"], "--profile", profile)


def test_emnist_dir_without_data_is_refused(project, capsys, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(project.folder))
    project.chapter("print(n)")
    assert command.main(["run"]) == 1
    assert "holds no EMNIST ByClass" in capsys.readouterr().err


RECORD = 'if False:\n    helpers.record(run_dir, "{}", title="{}", runs=[], data=None)'


def test_key_title_or_label_of_two_chapters_is_refused_before_anything_is_executed(project, capsys):
    project.chapter(RECORD.format("cnn", "CNN"), name="01_first")
    for key, title, said in (("cnn", "Mine", "the key 'cnn'"), ("mine", "CNN", "the title 'CNN'")):
        project.chapter(RECORD.format(key, title), name="09_mine")
        refused(project, capsys, [f"09_mine.ipynb: {said} belongs to 01_first.ipynb"])
    for name in ("01_first", "09_mine"):
        project.chapter("print(n)", name=name, metadata={"mystnb": {"figure": {"name": "fig-line", "caption": "A line."}}})
    refused(project, capsys, ["09_mine.ipynb: the label 'fig-line' belongs to 01_first.ipynb"])
