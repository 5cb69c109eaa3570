"""The images of the published run, known by their digests alone: a step that is not found would have to be computed from them."""

import numpy as np

from sixtytwo.data import emnist, loading


def images_of(spec, n_train=0, n_validation=0):
    """Data that have the digests that the spec of a stored step names, and no pixels."""
    train, validation = (np.zeros(n, np.uint8) for n in (n_train, n_validation))
    data = loading.Data("", "", emnist.CLASS_NAMES, train, train, validation, validation)
    data.__dict__["_digest"] = spec["data"]
    return data
