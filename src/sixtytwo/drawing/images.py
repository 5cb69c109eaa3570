"""Pictures of characters."""

import numpy as np

from sixtytwo.drawing import style


def draw_images(axes, pictures, titles=None):
    """Show images (n, 28, 28), black ink on white, one per axis; hide the axes left over."""
    flat = np.ravel(axes)
    for axis in flat:
        axis.set_axis_off()
    for i, picture in enumerate(pictures):
        flat[i].imshow(picture, cmap="gray_r", vmin=0, vmax=255)
        if titles is not None:
            size = 11 if len(titles[i]) < 5 else 8.5
            flat[i].set_title(titles[i], fontsize=size, pad=2, **style.lettering([titles[i]]))


def draw_heat_over_image(axis, heat, picture, extent):
    """Lay a heat map with values from 0 to 1 over an image (28, 28); `extent` is its place in pixels."""
    axis.imshow(picture, cmap="gray_r", alpha=0.35)
    axis.imshow(heat, cmap="Reds", vmin=0, vmax=1, alpha=0.6, extent=extent)
    axis.set_axis_off()
    axis.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))
