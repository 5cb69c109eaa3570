"""Everything that computes: networks, their training, studies of them, and measurements on the trained ones."""

import contextlib

import dask.config

if not dask.config.get("scheduler-address", None):  # who names no cluster has Dask's settings for something else
    dask.config.refresh(paths=[], env={})  # before `distributed` is imported, which looks at them then

import keras
import tensorflow as tf

from sixtytwo.base import machine

tf.get_logger().setLevel("ERROR")
with contextlib.suppress(RuntimeError):  # TensorFlow was used before: then the engine does not train in this process
    tf.config.threading.set_intra_op_parallelism_threads(machine.THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(machine.THREADS)

if keras.backend.backend() != "tensorflow":  # it was imported first, with the reader's setting
    raise ImportError(f"Keras was started with {keras.backend.backend()}: import helpers before keras, or unset KERAS_BACKEND.")
# What ~/.keras/keras.json may say otherwise:
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
keras.config.set_dtype_policy("float32")
keras.config.set_max_epochs(None)
keras.config.set_max_steps_per_epoch(None)
