"""The images as chapters get them, and as experiments change them."""

import json
import pickle

import numpy as np
import pytest

from sixtytwo.data import emnist, idx, loading, registry


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


def test_too_few_images_to_validate_with_are_refused():
    with pytest.raises(idx.DataError, match=r"40 training images \(n_train=40\).*expected at least 100; .* raise n_train"):
        loading.load_train("synthetic", 40)
    assert len(loading.load_train("synthetic", 100).y_validation) == 10


def test_class_names_are_those_of_the_data(data):
    assert data.class_names == emnist.CLASS_NAMES


def same_images(one, other):
    return one.digest() == other.digest()


def test_first_images_are_the_first_and_those_for_validation_stay(data):
    few = data.first(30)
    assert np.array_equal(few.x_train, data.x_train[:30]) and np.array_equal(few.y_train, data.y_train[:30])
    assert np.array_equal(few.x_validation, data.x_validation) and np.array_equal(few.y_validation, data.y_validation)
    assert data.first(900) is data and data.first(5000) is data


def test_transposed_images_are_mirrored_at_their_diagonal(data):
    seen = data.transposed()
    assert np.array_equal(seen.x_train[3], data.x_train[3].T) and np.array_equal(seen.x_validation[5], data.x_validation[5].T)
    assert same_images(seen.transposed(), data)


def test_shuffled_pixels_are_those_of_the_image_in_one_order_for_all(data):
    seen = data.shuffled(seed=1)
    for before, after in ((data.x_train, seen.x_train), (data.x_validation, seen.x_validation)):
        assert np.array_equal(np.sort(after.reshape(len(after), -1)), np.sort(before.reshape(len(before), -1)))
    order = np.random.default_rng(1).permutation(784)
    assert np.array_equal(seen.x_validation[7].ravel(), data.x_validation[7].ravel()[order])
    assert np.array_equal(seen.y_train, data.y_train) and not same_images(seen, data.shuffled(seed=0))


def test_merged_classes_have_one_number_and_their_names_together(data):
    groups = np.arange(62)
    groups[36:] = groups[10:36]  # small letters with their capitals
    seen = data.merged(groups)
    assert len(seen.class_names) == 36 and (seen.class_names[0], seen.class_names[10]) == ("0", "Aa")
    assert np.array_equal(seen.y_train, groups[data.y_train]) and np.array_equal(seen.y_validation, groups[data.y_validation])
    assert seen.y_train.dtype == data.y_train.dtype and seen.x_train is data.x_train


def test_balanced_images_show_all_classes_equally_often(data):
    seen = data.balanced(seed=0)
    present = np.unique(data.y_train)
    assert len(seen.x_train) == len(data.x_train) and set(seen.y_train) <= set(present)
    counts = np.bincount(seen.y_train)[present]
    assert counts.std() < 2 * np.sqrt(counts.mean()) < np.bincount(data.y_train)[present].std()
    picture = {image.tobytes(): label for image, label in zip(data.x_train, data.y_train, strict=True)}
    assert all(picture[image.tobytes()] == label for image, label in zip(seen.x_train, seen.y_train, strict=True))
    assert same_images(seen, data.balanced(seed=0)) and not same_images(seen, data.balanced(seed=1))
    assert np.array_equal(seen.x_validation, data.x_validation)


def test_images_without_a_part_are_the_others_in_their_order(data):
    seen = data.without_part(2, 3)
    rows = [row for row in range(len(data.x_train)) if row % 3 != 2]
    assert np.array_equal(seen.x_train, data.x_train[rows]) and np.array_equal(seen.y_train, data.y_train[rows])


CHANGES = {
    "as loaded": lambda data: data,
    "first": lambda data: data.first(50),
    "transposed": lambda data: data.transposed(),
    "shuffled": lambda data: data.shuffled(3),
    "merged": lambda data: data.merged(np.arange(62) // 2),
    "balanced": lambda data: data.balanced(4),
    "without_part": lambda data: data.without_part(1, 4),
    "other_tenth": lambda data: data.other_tenth(3),
    "several": lambda data: data.first(60).transposed().balanced(seed=2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_images_are_made_again_from_their_recipe_alone(data, change):
    changed = change(data)
    again = loading.rebuild(json.loads(json.dumps(changed.recipe)))
    assert same_images(again, changed)
    assert (again.name, again.dataset, again.class_names) == (data.name, data.dataset, changed.class_names)
    assert again.recipe == changed.recipe


def test_recipe_names_what_auto_has_loaded(monkeypatch, tmp_path):
    monkeypatch.delenv("EMNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert loading.load_train("auto", 100).recipe == (["load_train", "synthetic", 100],)


def test_images_travel_with_their_recipe_and_without_their_parts(data):
    travelled = pickle.loads(pickle.dumps(data.first(40)))
    assert same_images(travelled, data.first(40)) and travelled.recipe == data.first(40).recipe
    before = len(pickle.dumps(data))
    for n in range(100, 110):
        data.first(n)
    assert len(pickle.dumps(data)) < before + 1000


def test_another_tenth_takes_its_place_and_no_image_is_lost(data):
    seen, n = data.other_tenth(2), len(data.y_validation)
    assert np.array_equal(seen.x_validation, data.x_train[n : 2 * n])
    assert np.array_equal(seen.x_train, np.concatenate([data.x_validation, data.x_train[:n], data.x_train[2 * n :]]))
    assert len(seen.y_train) == len(data.y_train)
    assert data.other_tenth(0).digest() == data.digest()
