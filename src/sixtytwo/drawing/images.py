"""Pictures of characters."""

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import chart, style


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


@chart.chart
def draw_rows(rows):
    """Images (n, 28, 28) in named rows: name -> images, equally many in each."""
    columns = max(map(len, rows.values()))
    side = min(style.size(1)[0] / columns, 1.3)  # inches
    figure, axes = plt.subplots(len(rows), columns, figsize=(side * columns, (side + 0.15) * len(rows)), squeeze=False)
    for row, (name, pictures) in zip(axes, rows.items(), strict=True):
        draw_images(row, pictures)
        row[0].set_title(name, loc="left", fontsize=9 if style.is_narrow() else 11, pad=4)
    return figure


def draw_heat_over_image(axis, heat, picture, extent):
    """Lay a heat map with values from 0 to 1 over an image (28, 28); `extent` is its place in pixels."""
    axis.imshow(picture, cmap="gray_r", alpha=0.35)
    axis.imshow(heat, cmap="Reds", vmin=0, vmax=1, alpha=0.6, extent=extent)
    axis.set_axis_off()
    axis.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))
