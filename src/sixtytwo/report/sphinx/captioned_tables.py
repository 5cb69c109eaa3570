"""Sphinx extension: captioned table outputs of notebooks are numbered as tables.

MyST-NB can caption a table only as a figure: it would be numbered "Fig. 7" and printed inside its own caption. Here every
such figure whose name starts with "tbl-" becomes a node of its own, counted with the tables.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxTransform


class captioned_table(nodes.figure):
    """A caption followed by a `table_body`."""


class table_body(nodes.General, nodes.Element):
    """What the caption is about."""


class _Renumber(SphinxTransform):
    default_priority = 850  # before Sphinx collects the numbers

    def apply(self, **kwargs):
        for figure in list(self.document.findall(nodes.figure)):
            if isinstance(figure, captioned_table) or not any(name.startswith("tbl-") for name in figure["ids"]):
                continue
            table, body = captioned_table("", **figure.attributes), table_body()
            caption = next(child for child in figure.children if isinstance(child, nodes.caption))
            body += [child for child in figure.children if child is not caption]
            table += [caption, body]
            figure.replace_self(table)
            self.document.ids |= dict.fromkeys(table["ids"], table)  # references find their target here


def _title(node):
    return next(child for child in node.children if isinstance(child, nodes.caption)).astext()


def _visit_table(self, node):
    self.visit_figure(node)


def _depart_table(self, node):
    self.body.append("</figure>\n")


def _visit_body(self, node):
    self.body.append("</figcaption>\n")  # the writer leaves it open for a legend


def _depart_body(self, node):
    pass


def setup(app):
    """Register with Sphinx."""
    app.add_enumerable_node(captioned_table, "table", _title, html=(_visit_table, _depart_table))
    app.add_node(table_body, html=(_visit_body, _depart_body))
    app.add_transform(_Renumber)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
