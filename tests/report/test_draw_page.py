"""What the drawing page loads."""

import json

import pytest

from sixtytwo.report import book, draw_page

RESULTS = {
    "data": {"class_names": ["0", "1", "O", "o"]},
    "models": {"cnn": {"title": "CNN"}, "linear": {"title": "Linear"}},
}


def test_page_gets_the_exported_models_in_the_order_of_the_results(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "cnn.onnx").write_bytes(b"a network")
    target = tmp_path / "draw"
    target.mkdir()
    draw_page.write_files(tmp_path, RESULTS, target)
    settings = json.loads((target / "draw.json").read_text(encoding="utf-8"))
    assert settings["models"] == [{"key": "cnn", "title": "CNN", "file": "cnn.onnx", "colour": "#0072B2"}]
    assert settings["classes"] == ["0", "1", "O", "o"] and ["0", "O", "o"] in settings["look_alikes"]
    assert all(set(group) <= {"0", "1", "O", "o"} for group in settings["look_alikes"])
    assert {"cnn.onnx", "drawing.onnx", *draw_page.RUNTIME_FILES} <= {path.name for path in target.iterdir()}


def test_missing_runtime_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(draw_page, "RUNTIME", tmp_path / "nothing")
    with pytest.raises(book.RunError, match=r"the drawing page needs .*nothing.*run make again"):
        draw_page.write_files(tmp_path, RESULTS, tmp_path)
