"""Fonts that have the characters of a text."""

import pytest
from matplotlib import font_manager

from sixtytwo.base import fonts


def test_fonts_of_matplotlib_draw_most_of_what_is_written_with_letters():
    for text in ("T-shirt", "zéro", "Ω ≥ ß", "нога", "صفر", "$x$ <b> & _"):
        assert fonts.trouble_with(text) is None
        assert fonts.families([text]) == ["DejaVu Sans Mono", "DejaVu Sans"]


def test_another_installed_font_helps_out():
    has = {
        name: set(font_manager.get_font(font_manager.findfont(name)).get_charmap())
        for name in ("STIXNonUnicode", "DejaVu Sans")
    }
    rare = chr(min(has["STIXNonUnicode"] - has["DejaVu Sans"]))  # matplotlib has this one too
    assert len(fonts.families(["one", rare])) == 3 and fonts.trouble_with(rare) is None


def test_font_that_was_installed_since_matplotlib_made_its_list_is_found(monkeypatch):
    rare = chr(
        min(set(font_manager.get_font(font_manager.findfont("STIXNonUnicode")).get_charmap()) & set(range(0xE000, 0xF000)))
    )
    entries = [entry for entry in font_manager.fontManager.ttflist if entry.name.startswith(("DejaVu", "STIXNon"))]
    listed = [entry for entry in entries if entry.name.startswith("DejaVu")]
    new = [entry.fname for entry in entries if entry not in listed]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: new)
    for remembered in (fonts._family_with, fonts._has_found_others):
        remembered.cache_clear()
    assert "STIXNonUnicode" in fonts.families([rare]) and fonts.trouble_with(rare) is None


@pytest.mark.parametrize("text", ["\U000e0041", "a\x07b"])
def test_what_no_font_draws_is_named(text):
    assert "U+" in fonts.trouble_with(text)


def test_boxes_of_the_last_resort_are_no_characters():
    assert not any("Last Resort" in family for family in fonts.families(["\U000e0041\u0378"]))
