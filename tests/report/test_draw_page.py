"""What the drawing page loads."""

import gzip
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from sixtytwo.base import paths
from sixtytwo.report import book, draw_page

RESULTS = {
    "data": {"class_names": ["0", "1", "O", "o"]},
    "models": {"cnn": {"title": "CNN"}, "linear": {"title": "Linear"}},
}


def tiny_model():
    """A model with one layer of random weights: 784 to 62."""
    weights = np.random.default_rng(0).normal(size=(784, 62)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 784])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 62])],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_page_gets_the_exported_models_in_the_order_of_the_results(tmp_path):
    (tmp_path / "models").mkdir()
    onnx.save(tiny_model(), tmp_path / "models" / "cnn.onnx")
    target = tmp_path / "draw"
    target.mkdir()
    draw_page.write_files(tmp_path, RESULTS, target)
    settings = json.loads((target / "draw.json").read_text(encoding="utf-8"))
    (model,) = settings["models"]
    assert (model["key"], model["title"], model["file"], model["colour"]) == ("cnn", "CNN", "cnn.gz.onnx", "#0072B2")
    assert settings["classes"] == ["0", "1", "O", "o"] and ["0", "O", "o"] in settings["look_alikes"]
    assert all(set(group) <= {"0", "1", "O", "o"} for group in settings["look_alikes"])
    packed = {path.name: path.stat().st_size for path in target.iterdir() if path.name not in ("draw.json", draw_page.SCRIPT)}
    assert {"cnn.gz.onnx", "drawing.onnx", draw_page.RUNTIME_FILES[1]} == set(packed)
    assert settings["bytes"] == sum(packed.values())


def test_networks_for_the_page_are_small_and_answer_the_same():
    """Packed, they are four fifths of the published files at most; no probability changes by more than 0.0001."""
    images = np.random.default_rng(0).uniform(size=(20, 28, 28, 1)).astype(np.float32)
    for path in (paths.REFERENCE / "models").glob("*.onnx"):
        content = draw_page.rounded(onnx.load(path)).SerializeToString()
        assert len(gzip.compress(content)) < 0.8 * path.stat().st_size, path.stem
        then, now = (onnxruntime.InferenceSession(source) for source in (path, content))
        name = then.get_inputs()[0].name
        assert np.abs(then.run(None, {name: images})[0] - now.run(None, {name: images})[0]).max() < 1e-4, path.stem


def test_missing_runtime_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(draw_page, "RUNTIME", tmp_path / "nothing")
    with pytest.raises(book.RunError, match=r"the drawing page needs .*nothing.*run make again"):
        draw_page.write_files(tmp_path, RESULTS, tmp_path)
