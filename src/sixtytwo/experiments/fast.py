"""The same steps as Keras takes, in fewer operations.

Networks as small as these spend more time between operations than in them. So Keras is given TensorFlow's own kernel for
what it would compose: a training step is the same number for number, up to rounding, and the tests compare them.
"""

import contextlib
import types

import keras
import tensorflow as tf

from sixtytwo.base import machine

STEPS_PER_CALL = 50  # training steps between two returns to Python


@contextlib.contextmanager
def bfloat16(wanted):
    """Within it and if `wanted`, TensorFlow computes a network in bfloat16, from the first convolution to the softmax.

    The weights and their updates stay float32 (Micikevicius et al. 2018). On a processor without instructions for
    bfloat16 (AVX-512 or AMX), where it would only be slow, all stays float32.
    """
    option = "auto_mixed_precision_onednn_bfloat16"
    before = tf.config.optimizer.get_experimental_options().get(option, False)
    tf.config.optimizer.set_experimental_options({option: wanted and machine.has_bfloat16()})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: before})


def make_fast(model):
    """Let a compiled model take many steps per call, and use TensorFlow's own kernels instead of a chain of operations.

    Adam updates each variable in one operation instead of ten (Kingma and Ba 2015, algorithm 1 in the form before section
    2.1), and batch normalisation reads its input once. What they compute is the same.
    """
    model.steps_per_execution = STEPS_PER_CALL
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.axis == -1 and layer.scale and layer.center:
            layer.call = types.MethodType(_normalise, layer)
    adam = model.optimizer
    if isinstance(adam, keras.optimizers.Adam) and not adam.amsgrad:
        adam.update_step = types.MethodType(_adam_step, adam)


def _adam_step(adam, gradient, variable, learning_rate):
    """`Adam.update_step` in one operation."""
    step = tf.cast(adam.iterations + 1, variable.dtype)
    index = adam._get_variable_index(variable)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=adam._momentums[index].value.handle,
        v=adam._velocities[index].value.handle,
        beta1_power=tf.pow(adam.beta_1, step),
        beta2_power=tf.pow(adam.beta_2, step),
        lr=tf.cast(learning_rate, variable.dtype),
        beta1=adam.beta_1,
        beta2=adam.beta_2,
        epsilon=adam.epsilon,
        grad=gradient,
    )


def _normalise(layer, inputs, training=None, mask=None):
    """`BatchNormalization.call` by TensorFlow's kernel, wherever that does the same."""
    if not training or not layer.trainable or getattr(layer, "renorm", False) or mask is not None or len(inputs.shape) != 4:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs, scale=layer.gamma.value, offset=layer.beta.value, mean=[], variance=[], epsilon=layer.epsilon
    )
    n = tf.cast(tf.size(inputs) / inputs.shape[-1], variance.dtype)
    variance *= (n - 1) / n  # the kernel gives the unbiased one, Keras keeps the other
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1 - layer.momentum))
    return outputs
