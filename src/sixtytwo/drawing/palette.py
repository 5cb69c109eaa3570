"""All colours that mean something: one per model, in every figure and on the drawing page; those of studies and characters."""

# Colour-blind safe (Okabe and Ito 2008). A model that the book does not know gets a spare colour by its name.
COLOURS = {
    "mlp": "#D17C00",
    "cnn": "#0072B2",
    "residual_cnn": "#009E73",
    "residual_cnn_x": "#B5568E",
    "modern_cnn": "#C43C00",
    "modern_ensemble": "#3D3D3D",
    "modern_small": "#4F9BD9",
}

TRIED, BEST = "#0072B2", "#C43C00"  # points of a search
VALUES = ["#56B4E9", "#0072B2", "#009E73", "#D17C00", "#C43C00"]  # of a hyperparameter, lowest first
SERIES = ["#6A51A3", "#8A6D00"]  # of what is measured twice, such as before and after
METHODS = ["#0072B2", "#C43C00", "#009E73"]  # of searching
MARK, GUIDE = "#555555", "#bbbbbb"  # lines at a value, and lines to compare with

KINDS = {"digit": "#0072B2", "capital": "#D17C00", "small letter": "#009E73"}  # of characters

_SPARE = ["#8A6D00", "#6A51A3", "#1B7F79", "#A33B3B"]


def colour(key):
    """The colour of a model wherever it appears."""
    return COLOURS.get(key) or _SPARE[sum(key.encode()) % len(_SPARE)]
