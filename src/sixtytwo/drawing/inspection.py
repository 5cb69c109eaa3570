"""What networks look at: maps over the image."""

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import images, style


def draw_weights(maps):
    """The first 16 maps of weights (rows, columns, units) of each network, side by side: title -> maps."""
    figure = plt.figure(figsize=(style.WIDTH, 3.7))
    for part, (title, found) in zip(figure.subfigures(1, len(maps), squeeze=False)[0], maps.items(), strict=True):
        part.suptitle(title, fontsize=11)
        for i, axis in enumerate(part.subplots(4, 4).ravel()):
            axis.set_axis_off()
            if i < found.shape[-1]:
                limit = np.abs(found[..., i]).max()
                axis.imshow(found[..., i], cmap="RdBu_r", vmin=-limit, vmax=limit)
    return figure


def draw_occlusion(pictures, heats, titles):
    """Images (n, 28, 28), and beside each the occlusion map (values from 0 to 1) of every model: key -> n maps."""
    figure, axes = plt.subplots(len(pictures), 1 + len(heats), figsize=(style.WIDTH, 5.8), squeeze=False)
    images.draw_images(axes[:, 0], pictures)
    for column, (key, found) in zip(axes[:, 1:].T, heats.items(), strict=True):
        column[0].set_title(titles[key].replace(" (", "\n("), fontsize=8)
        for axis, heat, picture in zip(column, found, pictures, strict=True):
            images.draw_heat_over_image(axis, heat, picture, extent=(1, 25, 25, 1))
    return figure
