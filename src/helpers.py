"""What all chapters share: load the images, feed them to a network, predict, measure, show progress.

`training.py` trains networks, `tuning.py` searches for their hyperparameters, `results.py` keeps what was found.
"""

import dataclasses
import functools
import hashlib
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from IPython import get_ipython
from IPython.display import Pretty, display
from sklearn import metrics as sk

import datasets
import emnist

tf.get_logger().setLevel("ERROR")

EVALUATION_BATCH = 1000


@dataclasses.dataclass(frozen=True)
class Data:
    """Training and validation part of a data set: uint8 images (n, 28, 28) and integer labels (n,)."""

    name: str
    dataset: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray

    @property
    def is_reference(self) -> bool:
        """Whether these are the paper's data; nothing else may be compared with its numbers."""
        return self.dataset == "emnist-byclass"

    def first(self, n) -> "Data":
        """The same with only the first `n` training images."""
        return dataclasses.replace(self, x_train=self.x_train[:n], y_train=self.y_train[:n])

    def digest(self) -> dict[str, str]:
        """SHA-256 of each array, as it is used."""
        return self._digest

    @functools.cached_property
    def _digest(self):
        return {name: array_digest(getattr(self, name)) for name in ("x_train", "y_train", "x_validation", "y_validation")}


def load_train(dataset="auto", n_train=100_000) -> Data:
    """Load `n_train` training images; the first tenth of them is the validation part (paper, section 2.3).

    Parameters
    ----------
    dataset : str
        A name that `datasets` knows, or a folder. "auto" is EMNIST if it is on this machine, else a stand-in, and says so.
    n_train : int
        Images in all: 100,000 give 90,000 for training and 10,000 for validation.

    Raises
    ------
    ValueError
        Unknown data set. `emnist.EmnistError`: data asked for that are not here or damaged.
    """
    dataset = datasets.resolve(dataset)
    images, labels, class_names = datasets.load(dataset, "train", n_train)
    n_validation = len(images) // 10
    return Data(
        name=emnist.REFERENCE_NAME if dataset == "emnist-byclass" else Path(dataset).name,
        dataset=dataset,
        class_names=class_names,
        x_train=images[n_validation:],
        y_train=labels[n_validation:],
        x_validation=images[:n_validation],
        y_validation=labels[:n_validation],
    )


def load_test(dataset="auto", n_test=20_000):
    """Load the first `n_test` test images, uint8 (n, 28, 28), and labels (n,). Only the evaluation chapter does this."""
    return datasets.load(dataset, "test", n_test)[:2]


def array_digest(array) -> str:
    """SHA-256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def batches(images, labels=None, *, batch_size, input_shape, shuffle_seed=None, distortion=None) -> tf.data.Dataset:
    """Feed images to a model: batches of float32 in [0, 1] of the model's input shape, and labels if given.

    The images stay uint8 in memory; only row numbers are shuffled, and each batch is gathered and converted on its own.

    Parameters
    ----------
    images : uint8 array (n, 28, 28)
    labels : integer array (n,), float array (n, classes) of target probabilities, or None
    input_shape : tuple
        `model.input_shape`, e.g. (None, 784) or (None, 28, 28, 1).
    shuffle_seed : int or None
        None keeps the order; a seed gives a new order each epoch, the same ones each time.
    distortion : function or None
        Called with images, float32 (batch, 28, 28, 1), and a seed of two integers that differs from batch to batch.
    """
    if labels is not None:
        labels = tf.convert_to_tensor(labels.astype("int32" if labels.ndim == 1 else "float32"))

    def fetch(rows):
        x = tf.numpy_function(images.__getitem__, [rows], tf.uint8, stateful=False)  # a tensor of all images would be a copy
        x = tf.reshape(tf.cast(x, tf.float32), (-1, *images.shape[1:], 1)) / 255.0  # chapter 02: the same as min-max scaling
        if distortion is not None:
            x = distortion(x, tf.stack([shuffle_seed or 0, rows[0] * len(images) + rows[-1]]))
        x = tf.reshape(x, (-1, *input_shape[1:]))
        return x if labels is None else (x, tf.gather(labels, rows))

    rows = tf.data.Dataset.range(len(images))
    if shuffle_seed is not None:
        rows = rows.shuffle(len(images), seed=shuffle_seed)
    options = tf.data.Options()
    # There is nothing to tune here, and closing an iterator waits for the tuner, which sleeps up to twice as long each
    # time: without this line an epoch of 5.2 s ends after 10.3 s every other time.
    options.autotune.enabled = False
    return rows.batch(batch_size).map(fetch, num_parallel_calls=2, deterministic=True).prefetch(4).with_options(options)


def distort(images, seed, *, rotation=0.0, shear=0.0, scale=0.0, stretch=0.0, shift=0.0):
    """Random affine distortion of each image about its centre, bilinear, with black coming in from outside.

    Parameters
    ----------
    images : float32 tensor (n, height, width, 1)
    seed : two integers; the same seed gives the same distortions
    rotation, shear, scale, stretch, shift : float
        Largest angle (degrees), slant, change of size, change of size of each axis on its own (fractions) and
        displacement (pixels); each is drawn uniformly between minus and plus this value for each image.
    """
    n, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    limits = tf.constant([[rotation * np.pi / 180, shear, scale, stretch, stretch, shift, shift]], tf.float32)
    angle, slant, size, wide, high, right, down = tf.unstack(
        tf.random.stateless_uniform((n, 7), seed, -1.0, 1.0) * limits, axis=1
    )
    cos, sin = tf.cos(angle), tf.sin(angle)
    a, b = cos / ((1 + size) * (1 + wide)), (cos * slant - sin) / ((1 + size) * (1 + high))
    c, d = sin / ((1 + size) * (1 + wide)), (sin * slant + cos) / ((1 + size) * (1 + high))
    x, y = (width - 1) / 2, (height - 1) / 2
    none = tf.zeros_like(a)
    transforms = tf.stack([a, b, x - a * x - b * y + right, c, d, y - c * x - d * y + down, none, none], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images, transforms=transforms, output_shape=[height, width], fill_value=0.0, interpolation="BILINEAR"
    )


def predict(model, images) -> np.ndarray:
    """Class probabilities, float32 (n, classes), of uint8 images (n, 28, 28)."""
    return model.predict(batches(images, batch_size=EVALUATION_BATCH, input_shape=model.input_shape), verbose=0)


def measure(labels, probabilities) -> dict[str, float]:
    """The paper's metrics (section 4.1) and those that show what they hide.

    Precision, recall and F1 are weighted by support, the only average under which recall equals accuracy, as it does in
    every row of the paper's Table 5; `f1_macro` and `balanced_accuracy` give every class the same weight.
    """
    predicted = probabilities.argmax(1)
    normalised = probabilities.astype("float64") / probabilities.sum(1, dtype="float64", keepdims=True)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)
    recalls = sk.recall_score(labels, predicted, labels=np.unique(labels), average=None, zero_division=0)
    return {
        "accuracy": float(sk.accuracy_score(labels, predicted)),
        "precision_weighted": float(precision),
        "recall_weighted": float(recall),
        "f1_weighted": float(f1),
        "f1_macro": float(sk.f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": float(recalls.mean()),
        "log_loss": float(sk.log_loss(labels, normalised, labels=range(probabilities.shape[1]))),
        "ece": expected_calibration_error(labels, probabilities),
    }


def expected_calibration_error(labels, probabilities, bins=15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017, equation 3)."""
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


_live = None


def say(line):
    """Show progress: on the terminal of a run by `make`, elsewhere as one live line of the notebook."""
    global _live
    if log := os.environ.get("PROGRESS_LOG"):
        with open(log, "a") as stream:
            stream.write(line + "\n")
        return
    if get_ipython() is None:
        print(line)
    elif _live is None:
        _live = display(Pretty(line), display_id=True)
    else:
        _live.update(Pretty(line))
