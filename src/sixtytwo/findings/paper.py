"""What the paper printed."""

# Tables 1 to 4: rows (layer as the chapters call it, units of its output, parameters), and the total of each network.
TABLE_1 = [
    ("input", 784, 0),
    ("dense1", 200, 157_000),
    ("dense2", 200, 40_200),
    ("dense3", 200, 40_200),
    ("dropout", 200, 0),
    ("output", 62, 12_462),
]
TABLES_2_AND_3 = [  # shapes in place of units
    ("conv1", (28, 28, 16), 160),
    ("pool1", (14, 14, 16), 0),
    ("conv2", (14, 14, 64), 9_280),
    ("pool2", (7, 7, 64), 0),
    ("conv3", (7, 7, 64), 36_928),
    ("pool3", (3, 3, 64), 0),
    ("flatten", (576,), 0),
    ("dense", (128,), 73_856),
    ("dropout", (128,), 0),
    ("output", (62,), 7_998),
]
TABLE_4 = [  # its "residual" and its second convolution start from the first pooling: kernel size, and what feeds each layer
    ("conv1", (28, 28, 32), 320, "3x3", "input"),
    ("pool1", (14, 14, 32), 0, "", "conv1"),
    ("residual", (14, 14, 64), 18_496, "3x3", "pool1"),
    ("pool2", (7, 7, 64), 0, "", "residual"),
    ("conv2", (14, 14, 32), 9_248, "3x3", "pool1"),
    ("conv3", (14, 14, 64), 2_112, "1x1", "conv2"),
    ("pool3", (7, 7, 64), 0, "", "conv3"),
    ("add", (7, 7, 64), 0, "", "pool2, pool3"),
    ("pool4", (3, 3, 64), 0, "", "add"),
    ("flatten", (576,), 0, "", "pool4"),
    ("dense", (128,), 73_856, "", "flatten"),
    ("dropout", (128,), 0, "", "dense"),
    ("output", (62,), 7_998, "", "dropout"),
]
PARAMETERS = {"mlp": 249_862, "cnn": 128_222, "residual_cnn": 112_030}

IMAGES = {"training": 100_000, "test": 20_000}  # section 2.1
SPLIT = {"training": 90_000, "validation": 10_000}  # section 2.3
BATCH_SIZE, DROPOUT, EPOCHS = 64, 0.3, 10  # section 3.1.3
SEARCH_SPACES = {  # that it offers, beside the rates
    "mlp": {"units": [50, 100, 150, 200], "activation": ["relu", "sigmoid", "tanh"], "layers": [1, 2, 3]},
    "cnn": {"conv1": [16, 32, 64], "conv2": [32, 64, 128], "conv3": [64, 128, 256]},
    "residual_cnn": {"residual": [64, 128, 256], "conv1": [16, 32, 64], "conv2": [32, 64, 128]},
}
RATES = (0.01, 0.005, 0.0001)  # that its searches draw from
REPORTED_RATE = 0.001  # that it calls the best, without having offered it

# Table 5 (seconds: time to train, on hardware that it does not name).
TABLE_5 = {
    "mlp": {"accuracy": 0.81, "precision_weighted": 0.79, "recall_weighted": 0.81, "f1_weighted": 0.79, "seconds": 265},
    "cnn": {"accuracy": 0.84, "precision_weighted": 0.82, "recall_weighted": 0.84, "f1_weighted": 0.82, "seconds": 276},
    "residual_cnn": {
        "accuracy": 0.85,
        "precision_weighted": 0.84,
        "recall_weighted": 0.85,
        "f1_weighted": 0.83,
        "seconds": 268,
    },
}

NETWORKS = (*TABLE_5, "residual_cnn_x")  # the last: with the wiring of the text (X) instead of that of Table 4 (T)
FLOOR = ("majority", "linear")  # what a network must beat


def is_printed_total(layers, network) -> bool:
    """Whether a layer table (`experiments.models.layer_table`) has as many parameters as the paper printed for the network."""
    return int(layers["parameters"].sum()) == PARAMETERS[network]
