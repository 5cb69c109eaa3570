"""How long independent tasks take on several workers."""

import heapq


def makespan(costs, workers) -> float:
    """Time until all tasks are done if each worker takes the longest one that is left (list scheduling: Graham 1969).

    Parameters
    ----------
    costs : iterable of float
        How long each task takes, in any unit.
    workers : int or list of float
        Their number, or for each of them the time at which it is free.
    """
    free = [0.0] * workers if isinstance(workers, int) else list(workers)
    heapq.heapify(free)
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(free, free[0] + cost)
    return max(free)


def least(costs, workers) -> float:
    """What no schedule can beat: the longest task, or an equal share of all of them."""
    costs = list(costs)
    return max(max(costs), sum(costs) / workers)
