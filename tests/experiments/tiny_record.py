"""The record of a tiny network, for tests of what is done with recorded networks."""

import contextlib

import pytest
import tiny

from sixtytwo.base import paths
from sixtytwo.experiments import models


@contextlib.contextmanager
def recorded(data, folder, *, seeds=(0,), epochs=1):
    """Train a tiny network and give its record; within it, finished steps are stored in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "LOCAL", folder)
        yield {
            "key": "tiny",
            "macs": 784 * 16 + 16 * 62,
            "runs": [tiny.train(data, seed=seed, epochs=epochs) for seed in seeds],
            "compile": models.compile_config(models.build_model(tiny.build, tiny.VALUES)),
            "data": {
                "dataset": data.dataset,
                "class_names": list(data.class_names),
                "sha256": data.digest(),
                "n_train": len(data.x_train),
                "n_validation": len(data.x_validation),
            },
        }
