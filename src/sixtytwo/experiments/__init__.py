"""Everything that computes: networks, their training, studies of them, and measurements on the trained ones."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported, here for the first time

import tensorflow as tf

tf.get_logger().setLevel("ERROR")
