"""Functions that chapters show in full."""

from sixtytwo.drawing import source


def first():
    return 1


def second():
    return 2


def test_source_is_shown_as_highlighted_code_without_the_functions_around_it():
    assert source.show_source(first).data == "```python\ndef first():\n    return 1\n```"
    assert source.show_source(first, second).data.count("def ") == 2
