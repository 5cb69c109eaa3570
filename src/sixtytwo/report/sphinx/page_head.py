"""Sphinx extension: what every page says about itself in its head, and which hosts it may ask (none).

Security policy, social card, early start of the drawing page; and without the scripts of the theme that would ask others.
"""

import re
import textwrap
from html import escape

from docutils import nodes

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'"
)

UNWANTED = ("thebe",)  # starts a kernel on another host

DRAWING = "book/draw"


def add_head(app, page, template, context, doctree):
    """Extend the head of one page (event `html-page-context`)."""
    root = context["pathto"]("", resource=True)
    title = escape(re.sub("<[^>]*>", "", context.get("title", "")) or app.config.project)
    card = f"{app.config.html_baseurl or root}_static/card.png"  # previews need a full address; it is known in a workflow
    description = _first_paragraph(doctree)
    head = [
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f'<meta name="description" content="{description}">',
        f'<meta property="og:title" content="{title}">',
        f'<meta property="og:description" content="{description}">',
        '<meta property="og:type" content="article">',
        f'<meta property="og:image" content="{card}">',
        '<meta property="og:image:alt" content="The 62 characters, and the name of the book.">',
        '<meta name="twitter:card" content="summary_large_image">',
    ]
    if page == DRAWING:
        folder = f"{root}_static/draw/"
        head += [
            f'<script type="module" async src="{folder}networks.js"></script>',  # first: it starts to load the networks
            f'<script type="module" async src="{folder}draw.js"></script>',
            f'<link rel="stylesheet" href="{folder}draw.css">',
        ]
    context["metatags"] = "\n".join([*head, context.get("metatags", "")])
    # A list role promises list items, which the bibliography does not have.
    context["body"] = context.get("body", "").replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not any(name in str(file) for name in UNWANTED)]


def _first_paragraph(doctree):
    """The first sentences of a page, without mark-up, for search engines and previews."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if len(text := paragraph.astext()) > 60:
            return escape(textwrap.shorten(text, 200, placeholder=" …"))
    return "A study of handwritten character recognition, reproduced and judged in the open."


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_head, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
