"""List scheduling: how long independent tasks take on several workers."""

import pytest

from sixtytwo.base import schedule


@pytest.mark.parametrize(
    ("costs", "workers", "expected"),
    [
        ([3, 1, 2], 1, 6),
        ([3, 1, 2], 2, 3),
        ([3, 3, 2, 2, 2], 2, 7),  # Graham's example: six would do
        ([5], 16, 5),
        ([1, 1], [4.0, 0.0], 4),  # one worker is busy until 4
        ([4, 1], [4.0, 3.0], 7),
        ([], [2.0, 1.0], 2),
    ],
)
def test_the_longest_goes_to_whoever_is_free_first(costs, workers, expected):
    assert schedule.makespan(costs, workers) == expected


@pytest.mark.parametrize(("costs", "workers", "expected"), [([3, 3, 2, 2, 2], 2, 6), ([9, 1, 1], 2, 9)])
def test_no_schedule_beats_the_longest_task_or_an_equal_share(costs, workers, expected):
    assert schedule.least(costs, workers) == expected <= schedule.makespan(costs, workers)
