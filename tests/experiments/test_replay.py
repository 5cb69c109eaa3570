"""Searches replayed on a small grid."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sixtytwo.experiments import replay

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def made_up(epochs=3):
    """A grid of nine points; the best is (3, "c"), and its first epoch already tells."""
    points = [(number, letter) for number in (1, 2, 3) for letter in "abc"]
    histories = [[0.1 * i + 0.01 * epoch for epoch in range(epochs)] for i in range(len(points))]
    table = pd.DataFrame(points, columns=["number", "letter"])
    return table.assign(history=histories), {"number": [1, 2, 3], "letter": ["a", "b", "c"]}


def test_replayed_searches_improve_and_find_the_best_point_of_a_small_grid(monkeypatch):
    table, space = made_up()
    found = replay.replay(table, space, name="made-up", trials=9, seeds=3)
    assert set(found) == set(replay.ORACLES)
    for curves in found.values():
        assert curves.shape == (3, 27)
        started = ~np.isnan(curves[:, 2])
        assert (np.diff(curves[started, 2:], axis=1) >= 0).all()
    assert found["random search"][:, -1] == pytest.approx(0.82)  # nine trials without repetition see all nine points
    assert np.isnan(found["random search"][:, :2]).all(), "nothing is known before the first trial is finished"
    assert len(np.unique(found["random search"][:, 2])) > 1, "seeds search differently"
    monkeypatch.setattr(replay, "PARTS", 1)
    again = replay.replay(table, space, name="again", trials=9, seeds=2)
    for method, curves in found.items():
        np.testing.assert_array_equal(again[method], curves[:2], err_msg=f"{method} depends on how its searches are handed out")


def test_no_replayed_search_is_another_one_begun_later():
    """KerasTuner adds 1 to its seed with every value that it draws, so searches with neighbouring seeds overlap."""
    table, space = made_up()
    orders = {}

    class Watched(dict):
        def __getitem__(self, point):
            order.append(point)
            return super().__getitem__(point)

    curves = Watched({(row["number"], row["letter"]): row["history"] for row in table.to_dict("records")})
    for i in range(1, 9):
        order = orders[i] = []
        replay.replay_one(replay.ORACLES["random search"], curves, space, 6, i * replay.SEED_STRIDE)
    for one, other in itertools.permutations(orders.values(), 2):
        assert one[1:] != other[:-1] and one[2:] != other[:-2]


def test_replay_counts_a_continued_hyperband_trial_only_once():
    table, space = made_up()
    curve = replay.replay(table, space, name="made-up", trials=9, seeds=1)["Hyperband"][0]
    assert np.isfinite(curve[1]), "its first bracket asks for less than a full training"
