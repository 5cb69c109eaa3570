"""How far a batch is: what is counted, and what time is left."""

import heapq

import pytest

from sixtytwo.base import journal, progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets, and no journal."""

    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(journal, "_journal", None)
    return clock


def test_tasks_are_counted_as_they_start_and_finish(clock):
    with progress.Progress([2.0, 1.0, 1.0], found=4, workers=2) as shown:
        assert shown.state() | {"left": None} == {
            "total": 3, "done": 0, "found": 4, "running": 0, "share": 0.0, "images_per_second": 0.0, "left": None,
        }  # fmt: skip
        shown.advanced(0, 0.0)
        shown.advanced(1, 0.0)
        clock.now = 10.0
        shown.advanced(0, 0.5, images=600)
        shown.advanced(1, 0.9, images=400)
        state = shown.state()
        assert (state["done"], state["running"], state["images_per_second"]) == (0, 2, 100)
        assert state["share"] == pytest.approx(1.9 / 4)
        shown.finished(0, "the first")
        shown.finished(1, "the second")
        shown.advanced(1, 0.95, images=50)  # said before it finished, heard afterwards
        state = shown.state()
        assert (state["done"], state["running"], state["share"]) == (2, 0, 0.75)


def test_task_that_starts_again_elsewhere_loses_what_it_had_done(clock):
    with progress.Progress([1.0], workers=1) as shown:
        shown.advanced(0, 0.8)
        shown.advanced(0, 0.0)
        assert (shown.state()["share"], shown.state()["running"]) == (0.0, 1)


def test_news_that_comes_after_the_end_does_not_draw_the_bar_again(clock, monkeypatch):
    drawn = []
    monkeypatch.setattr(journal.Live, "bar", lambda self, share, text: drawn.append(text))
    with progress.Progress([1.0, 1.0]) as shown:
        shown.finished(0, "done")
    before = len(drawn)
    clock.now = 100.0
    shown.advanced(1, 0.5)
    assert len(drawn) == before > 0


def test_nothing_is_said_about_the_time_left_before_anything_is_done(clock):
    with progress.Progress([1.0, 1.0]) as shown:
        shown.advanced(0, 0.0)
        clock.now = 5.0
        assert shown.state()["left"] is None and "left" not in progress.text(shown.state())


def simulated(costs, workers, speed, clock, shown):
    """Run tasks, the longest first, on workers that tell each second how far they are; yields the time of each event."""
    order = sorted(range(len(costs)), key=lambda i: -costs[i])
    free, events = [0.0] * workers, []
    for i in order:
        begun = heapq.heappop(free)
        length = costs[i] * speed
        heapq.heappush(free, begun + length)
        events += [(begun + second, i, second / length) for second in range(int(length) + 1)] + [(begun + length, i, 1.0)]
    for clock.now, i, share in sorted(events):
        shown.finished(i, "done") if share == 1.0 else shown.advanced(i, share)
        yield clock.now


BATCHES = {
    "seeds on two workers": ([1.0] * 5, 2, 100.0),
    "a grid": ([1 + i % 7 for i in range(40)], 2, 20.0),
    "few on many": ([1.0, 2.0, 3.0], 16, 60.0),
    "one after another": ([3.0, 1.0, 8.0], 1, 30.0),
    "one long": ([50.0, 1.0, 1.0, 1.0, 1.0, 1.0], 4, 10.0),
}


@pytest.mark.parametrize(("costs", "workers", "speed"), BATCHES.values(), ids=BATCHES)
def test_time_left_is_right_within_a_third_after_the_first_tenth(costs, workers, speed, clock):
    said = []
    with progress.Progress(costs, workers=workers) as shown:
        for now in simulated(costs, workers, speed, clock, shown):
            said.append((now, shown.state()["left"]))
    end = said[-1][0]
    late = [(now, left) for now, left in said if end / 10 <= now <= end - 5]
    assert len(late) > 50
    assert [(now, left) for now, left in late if not 2 / 3 <= left / (end - now) <= 4 / 3] == []


def test_text_says_what_is_known():
    state = {"total": 8, "done": 3, "found": 2, "running": 2, "images_per_second": 12345.6, "left": 754.0}
    assert progress.text(state) == "3 of 8 done (2 more found), 2 running, 12,346 images/s, 12:34 left"
    done = state | {"done": 8, "found": 0, "running": 0, "images_per_second": 0.0, "left": 0.0}
    assert progress.text(done) == "8 of 8 done"
