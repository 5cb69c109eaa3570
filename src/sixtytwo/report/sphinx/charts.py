"""Sphinx extension: a chart shows its narrow picture on a phone, and carries its values for who points at it.

What `drawing.chart` drew a second time lies beside the pages (`stage`): `_static/charts/NAME.png`, and NAME.json with its values.
"""

import json
from pathlib import Path

import PIL.Image
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDER = Path("book", "_static", "charts")
A_PHONE = "(max-width: 600px)"


class chart_picture(nodes.General, nodes.Element):
    """The wide picture of a chart: holds name and values of the chart, size of the narrow picture, path from the page to the root."""


class _WithNarrow(SphinxPostTransform):
    default_priority = 900  # after MyST-NB has chosen what is shown of an output

    def run(self, **kwargs):
        folder = Path(self.app.srcdir) / FOLDER
        for image in list(self.document.findall(nodes.image)):
            figure = _figure(image)
            names = [Path(image["uri"]).stem, *(figure["ids"] if figure else ())]  # the first where a page shows it again
            name = next((name for name in names if (folder / f"{name}.json").exists()), None)
            if name is None or isinstance(image.parent, chart_picture):
                continue
            values = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            with PIL.Image.open(folder / f"{name}.png") as narrow:
                size = narrow.size
            picture = chart_picture("", name=name, values=values, size=size, root="../" * self.env.docname.count("/"))
            image["classes"].append("no-scaled-link")  # a picture element holds the image itself
            image.replace_self(picture)
            picture += image


def _figure(node):
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    return node


def _visit(self, node):
    source = f"{node['root']}_static/charts/{node['name']}.png"
    size = 'width="{}" height="{}"'.format(*node["size"])
    self.body.append(f'<picture class="chart"><source media="{A_PHONE}" srcset="{source}" {size}>')


def _depart(self, node):
    values = json.dumps(node["values"], ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    self.body.append(f'</picture><script type="application/json" class="chart-values">{values}</script>')


def setup(app):
    """Register with Sphinx."""
    app.add_node(chart_picture, html=(_visit, _depart))
    app.add_post_transform(_WithNarrow)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
