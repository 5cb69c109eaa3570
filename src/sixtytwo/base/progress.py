"""How far a batch of independent tasks is: one live bar, and a line for each task that has finished."""

import threading
import time

from tqdm import tqdm

from sixtytwo.base import journal, schedule

EVERY = 1.0  # seconds between two pictures of the bar
NOTED_EVERY = 5.0  # seconds between two notes of it in the journal


class Progress:
    """The progress of a batch; safe to call from several threads.

    Parameters
    ----------
    costs : list of float
        How long each task takes, estimated, in any unit.
    found : int
        Tasks beside these that were done before.
    workers : int
        Tasks that run at a time.
    """

    def __init__(self, costs, *, found=0, workers=1):
        self.costs, self.found, self.workers = list(costs), found, max(1, workers)
        self.shares = {}  # of each running task that is done
        self.waiting = set(range(len(self.costs)))
        self.done, self.images, self.busy = 0, 0, 0.0  # busy: seconds of all workers together
        self.lock, self.began, self.last = threading.Lock(), None, None
        self.shown = self.noted = 0.0
        self.ended = False

    def __enter__(self):
        self.live = journal.Live()
        if self.costs:
            with self.lock:
                self._clock()
                self._show(always=True)  # from this thread: a notebook shows it below the cell that is running
        return self

    def __exit__(self, *exception):
        with self.lock:
            self.ended = True  # news may still come, and would draw the bar again
            self.live.close()

    def advanced(self, task, share, images=0):
        """A task has started, or has done this share of its work, of which so many images are new."""
        with self.lock:
            self._clock()
            if task in self.waiting or task in self.shares:  # else it was finished meanwhile
                self.waiting.discard(task)
                self.shares[task] = share
                self.images += images
            self._show()

    def finished(self, task, line):
        """A task is done; the line says what it found."""
        with self.lock:
            self._clock()
            self.waiting.discard(task)
            self.shares.pop(task, None)
            self.done += 1
            journal.note("progress", line)
            self.live.line(line)
            self._show(always=True)

    def _clock(self):
        now = time.monotonic()
        if self.began is None:
            self.began = self.last = now
        self.busy += (now - self.last) * min(self.workers, len(self.shares))
        self.last = now

    def state(self) -> dict:
        """Where the batch stands, JSON-able: tasks (total, done, found, running), share, images_per_second, seconds left."""
        left = [self.costs[i] for i in self.waiting]
        running = [self.costs[i] * (1 - share) for i, share in self.shares.items()]
        total = sum(self.costs)
        reached = total - sum(left) - sum(running)
        speed = reached / self.busy if self.busy and reached > 0 else None  # of one worker
        free = sorted(running, reverse=True)[: self.workers]
        free += [0.0] * (self.workers - len(free))
        return {
            "total": len(self.costs),
            "done": self.done,
            "found": self.found,
            "running": len(self.shares),
            "share": reached / total if total else 1.0,
            "images_per_second": self.images / max(1e-9, self.last - self.began),
            "left": schedule.makespan(left, free) / speed if speed else None,
        }

    def _show(self, always=False):
        now = time.monotonic()
        if self.ended or (not always and now - self.shown < EVERY):
            return
        state, self.shown = self.state(), now
        self.live.bar(state["share"], text(state))
        if always or now - self.noted >= NOTED_EVERY:
            self.noted = now
            journal.note("bar", state)


def text(state) -> str:
    """A state of `Progress` in words."""
    parts = [f"{state['done']} of {state['total']} done"]
    if state["found"]:
        parts[0] += f" ({state['found']} more found)"
    if state["running"]:
        parts.append(f"{state['running']} running")
    if state["images_per_second"] >= 1:
        parts.append(f"{state['images_per_second']:,.0f} images/s")
    if state["left"] is not None and state["done"] < state["total"]:
        parts.append(f"{tqdm.format_interval(state['left'])} left")
    return ", ".join(parts)
