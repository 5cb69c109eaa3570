"""One colour per model, in every figure and on the drawing page."""

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
_SPARE = ["#8A6D00", "#6A51A3", "#1B7F79", "#A33B3B"]


def colour(key):
    """The colour of a model wherever it appears."""
    return COLOURS.get(key) or _SPARE[sum(key.encode()) % len(_SPARE)]
