"""The source of functions that chapters show in full."""

import inspect

from IPython.display import Markdown


def show_source(*functions) -> Markdown:
    """Show the source of functions of the book, highlighted in Jupyter as on the page."""
    source = "\n\n".join(inspect.getsource(function) for function in functions)
    return Markdown(f"```python\n{source}```")
