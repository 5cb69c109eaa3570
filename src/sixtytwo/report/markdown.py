"""Tables in Markdown."""

import re


def plain(text) -> str:
    """A text of a reader's, e.g. a name, so that Markdown shows it as it is written."""
    return re.sub(r"([\\`*_{}\[\]|$<>&~])", r"\\\1", text)


def table(head, rows, left=(0,)) -> str:
    """A table of texts; the columns numbered in `left` are aligned to the left, the others, of numbers, to the right."""
    rule = "".join("|---" if i in left else "|--:" for i in range(len(head))) + "|"
    return "\n".join([_line(head), rule, *map(_line, rows)]) + "\n"


def _line(cells):
    return "| " + " | ".join(cells) + " |"
