"""Importing this gives TensorFlow all cores of this process: one thread is what `sixtytwo.experiments` sets, if it comes first."""

import tensorflow as tf

tf.zeros(1)  # from now on the number of threads stays as it is
