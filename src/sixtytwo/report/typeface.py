"""The typeface of the pages: Atkinson Hyperlegible, in which 0, O and o, and 1, I and l differ (SIL Open Font License 1.1)."""

import shutil

from sixtytwo.report import book, draw_page

PACKAGES = draw_page.RUNTIME.parents[1] / "@fontsource-variable"  # installed by make, from package-lock.json

FACES = {"atkinson-hyperlegible-next": ("index", "wght-italic"), "atkinson-hyperlegible-mono": ("index",)}


def write_files(folder) -> None:
    """Put the fonts, their licence and `typeface.css` into `folder`. Raises RunError if they are not installed."""
    rules = []
    for name, sheets in FACES.items():
        if not (PACKAGES / name).exists():
            raise book.RunError(f"the pages need {PACKAGES / name}: delete .venv/ready and run make again.")
        shutil.copytree(PACKAGES / name / "files", folder / "files", dirs_exist_ok=True)
        shutil.copy(PACKAGES / name / "LICENSE", folder / f"{name}.txt")
        rules += [(PACKAGES / name / f"{sheet}.css").read_text(encoding="utf-8") for sheet in sheets]
    (folder / "typeface.css").write_text("\n".join(rules), encoding="utf-8")
