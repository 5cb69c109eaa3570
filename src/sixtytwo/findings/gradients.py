"""How well the error signal reaches the first layer of a network."""

import numpy as np


def first_to_last(norms) -> float:
    """The gradient of the first layer in units of that of the last one, the output: the median of several measurements.

    Parameters
    ----------
    norms : list of dict
        For each measurement the gradient norm of each layer, first to last (`experiments.gradients.watch_gradients`).
    """
    return float(np.median([first / last for first, *_, last in (norm.values() for norm in norms)]))
