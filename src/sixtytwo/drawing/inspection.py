"""What networks look at: maps over the image."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import chart, images, style


@chart.chart
def draw_weights(maps):
    """The first 16 maps of weights (rows, columns, units) of each network, beside each other: title -> maps."""
    narrow = style.is_narrow()
    figure = plt.figure(figsize=style.size(3.7, narrow=3.1 * len(maps)))
    parts = figure.subfigures(*((len(maps), 1) if narrow else (1, len(maps))), squeeze=False).ravel()
    for part, (title, found) in zip(parts, maps.items(), strict=True):
        part.suptitle(title, fontsize=9 if narrow else 11)
        for i, axis in enumerate(part.subplots(4, 4).ravel()):
            axis.set_axis_off()
            if i < found.shape[-1]:
                limit = np.abs(found[..., i]).max()
                axis.imshow(found[..., i], cmap="RdBu_r", vmin=-limit, vmax=limit)
    return figure


@chart.chart
def draw_occlusion(pictures, heats, titles):
    """Images (n, 28, 28), and the occlusion map (values from 0 to 1) of every model for each: key -> n maps.

    A row per image, on a phone a column.
    """
    shape, narrow = (len(pictures), 1 + len(heats)), style.is_narrow()
    rows, columns = reversed(shape) if narrow else shape
    side = style.size(1)[0] / columns  # inches
    high = (side + 0.2) * rows if narrow else min(1.15, side) * rows + 0.5
    figure, axes = plt.subplots(rows, columns, figsize=style.size(high), squeeze=False)
    axes = axes.T if narrow else axes
    images.draw_images(axes[:, 0], pictures)
    for column, (key, found) in zip(axes[:, 1:].T, heats.items(), strict=True):
        if narrow:
            column[0].set_title(titles[key], fontsize=8, loc="left", pad=3)
        else:
            column[0].set_title(textwrap.fill(titles[key], 13), fontsize=8)
        for axis, heat, picture in zip(column, found, pictures, strict=True):
            images.draw_heat_over_image(axis, heat, picture, extent=(1, 25, 25, 1))
    return figure
