"""How images reach a network: in batches, scaled, and distorted if that is wanted."""

import numpy as np
import tensorflow as tf

EVALUATION_BATCH = 1000  # images per batch where nothing is learnt


def batches(
    images, labels=None, *, batch_size, input_shape, shuffle_seed=None, same_order=False, distortion=None
) -> tf.data.Dataset:
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
    same_order : bool
        Whether all epochs have the order of the first.
    distortion : function or None
        Called with images, float32 (batch, 28, 28, 1), and a seed of two integers that differs from batch to batch.
    """
    if labels is not None:
        labels = tf.convert_to_tensor(labels.astype("int32" if labels.ndim == 1 else "float32", copy=False))

    def fetch(rows):
        x = tf.numpy_function(images.__getitem__, [rows], tf.uint8, stateful=False)  # a tensor of all images would be a copy
        x = tf.reshape(tf.cast(x, tf.float32), (-1, *images.shape[1:], 1)) / 255.0  # chapter 02: the same as min-max scaling
        if distortion is not None:
            x = distortion(x, tf.stack([shuffle_seed or 0, rows[0] * len(images) + rows[-1]]))
        x = tf.reshape(x, (-1, *input_shape[1:]))
        return x if labels is None else (x, tf.gather(labels, rows))

    rows = tf.data.Dataset.range(len(images))
    if shuffle_seed is not None:
        rows = rows.shuffle(len(images), seed=shuffle_seed, reshuffle_each_iteration=not same_order)
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
