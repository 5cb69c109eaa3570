"""Which fonts of this machine draw a text, so that no figure shows boxes in the place of characters."""

import contextlib
import functools
import unicodedata
from collections.abc import Iterable

from matplotlib import font_manager

MONOSPACE = "DejaVu Sans Mono"  # comes with matplotlib, as the other one does; in it, I and l differ

_OWN = (MONOSPACE, "DejaVu Sans")


def families(texts: Iterable[str], first=_OWN) -> list[str]:
    """Font families, the most wanted first, that together draw these texts, as far as this machine has fonts for them."""
    chosen = list(first)
    for character in sorted({ord(character) for text in texts for character in text if not character.isspace()}):
        if not any(character in _characters(family) for family in chosen) and (found := _family_with(character)):
            chosen.append(found)
    return chosen


def trouble_with(text) -> str | None:
    """Why figures cannot show a text, and what to do about it; None if they can."""
    covered = families([text])
    for character in text:
        if unicodedata.category(character) == "Cc":
            return f"which has a control character (U+{ord(character):04X}): take it out"
        if not character.isspace() and not any(ord(character) in _characters(family) for family in covered):
            return f"for no font on this machine has {character!r} (U+{ord(character):04X}): install one that has, or rename it"
    return None


@functools.cache
def _characters(family) -> frozenset:
    """Numbers of the characters that a font family has."""
    path = font_manager.findfont(font_manager.FontProperties(family=[family]), fallback_to_default=False)
    return _charmap(path)


@functools.cache
def _charmap(path):
    font = font_manager.get_font(path)
    return frozenset(font.get_charmap())


@functools.cache
def _family_with(character) -> str | None:
    """An installed font family with a character; None if there is none."""
    return _listed_family_with(character) or (_has_found_others() and _listed_family_with(character)) or None


@functools.cache
def _has_found_others() -> bool:
    """Whether fonts were installed since matplotlib made its list, which it keeps for good; they are added."""
    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    others = [path for path in font_manager.findSystemFonts() if path not in listed]
    for path in others:
        with contextlib.suppress(OSError, RuntimeError):  # one of pixels, or damaged
            font_manager.fontManager.addfont(path)
    return bool(others)


def _listed_family_with(character):
    """The first family by name that matplotlib knows of and that has a character."""
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: (entry.name, entry.fname)):
        if (
            entry.style == "normal"
            and not entry.name.startswith("Last Resort")
            and character in _characters_of_file(entry.fname)
        ):
            return entry.name
    return None


def _characters_of_file(path):
    try:
        return _charmap(path)
    except (OSError, RuntimeError):  # a font that was removed, or of pixels
        return frozenset()
