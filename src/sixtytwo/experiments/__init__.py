"""Everything that computes: networks, their training, studies of them, and measurements on the trained ones."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported, here for the first time

import contextlib

import tensorflow as tf

from sixtytwo.base import machine

tf.get_logger().setLevel("ERROR")
with contextlib.suppress(RuntimeError):  # TensorFlow was used before: then the engine does not train in this process
    tf.config.threading.set_intra_op_parallelism_threads(machine.THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(machine.THREADS)
