"""The paper's MLP."""

import pytest

from sixtytwo.experiments import networks


def test_the_papers_mlp_has_its_layers_and_parameters():
    model = networks.mlp(62)
    assert [layer.name for layer in model.layers] == ["input", "dense1", "dense2", "dense3", "dropout", "output"]
    assert model.count_params() == 249_862 and not model.compiled


@pytest.mark.parametrize(
    ("changes", "names"), [({"layers": 1}, ["dense1", "dropout"]), ({"layers": 1, "dropout": None}, ["dense1"])]
)
def test_layers_are_added_and_left_out(changes, names):
    model = networks.mlp(10, units=50, activation="relu", **changes)
    assert [layer.name for layer in model.layers] == ["input", *names, "output"]
    assert model.get_layer("dense1").units == 50 and model.output_shape == (None, 10)
