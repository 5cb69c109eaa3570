"""The images as chapters get them."""

import numpy as np
import pytest

from sixtytwo.data import emnist, loading, registry


def test_validation_is_the_first_tenth_and_disjoint(data):
    whole = registry.load("synthetic", "train", 1000)[0]
    assert np.array_equal(np.concatenate([data.x_validation, data.x_train]), whole)
    assert len(data.x_validation) == 100


def test_auto_says_when_it_falls_back_to_synthetic(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("EMNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not loading.load_train("auto", 100).is_reference
    assert "synthetic" in capsys.readouterr().out


def test_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match=r"expected .auto., .emnist-byclass.,"):
        loading.load_train("mnist", 100)


def test_class_names_are_those_of_the_data(data):
    assert data.class_names == emnist.CLASS_NAMES
