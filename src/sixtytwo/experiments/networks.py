"""The paper's multilayer perceptron, which three chapters train."""

import keras


def mlp(n_classes, units=200, layers=3, activation="sigmoid", dropout=0.3) -> keras.Model:
    """The paper's MLP (Table 1; the defaults are its best configuration), not compiled.

    Parameters
    ----------
    n_classes : int
        Units of the output, a softmax.
    units, layers : int
        Units of each hidden layer, and the number of these layers.
    activation : str
        Of the hidden layers.
    dropout : float or None
        Share of the last hidden layer that is dropped in training; None leaves the dropout out.
    """
    x = inputs = keras.Input((784,), name="input")
    for i in range(layers):
        x = keras.layers.Dense(units, activation, name=f"dense{i + 1}")(x)
    if dropout is not None:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    outputs = keras.layers.Dense(n_classes, "softmax", name="output")(x)
    return keras.Model(inputs, outputs, name="mlp")
