"""Sphinx extension: what every page says about itself in its head, and which hosts it may ask (none).

Security policy, social card, early start of the drawing page; and without the scripts of the theme that would ask others.
"""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'"
)
UNWANTED = ("thebe",)  # starts a kernel on another host
DRAWING = "book/draw"


def add_head(app, page, template, context, doctree):
    """Extend the head of one page (event `html-page-context`)."""
    root = context["pathto"]("", resource=True)
    head = [f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">']
    if page == DRAWING:
        folder = f"{root}_static/draw/"
        head += [
            f'<script type="module" async src="{folder}draw.js"></script>',
            f'<link rel="modulepreload" href="{folder}ort.wasm.bundle.min.mjs">',
            f'<link rel="preload" as="fetch" type="application/wasm" crossorigin href="{folder}ort-wasm-simd-threaded.wasm">',
        ]
    context["metatags"] = "\n".join([*head, context.get("metatags", "")])
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not any(name in str(file) for name in UNWANTED)]


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_head, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
