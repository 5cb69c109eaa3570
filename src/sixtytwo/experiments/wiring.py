"""What the connections of a network say."""

from sixtytwo.experiments import models


def weighted_depth(model) -> int:
    """Layers with weights on the longest path from the input to the output."""
    depth = {}
    for row in models.layer_table(model).to_dict("records"):
        fed = [depth[name] for name in row["fed by"].split(", ") if name]
        depth[row["layer"]] = max(fed, default=0) + (row["parameters"] > 0)
    return int(depth[model.layers[-1].name])
