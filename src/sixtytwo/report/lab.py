"""JupyterLab on the notebooks, with the kernel of this environment and nothing of a reader's settings for it."""

import os
import sys
from pathlib import Path

from sixtytwo.base import paths, surroundings

OPTIONS = (  # it asks nobody for news, updates or extensions
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def open_lab() -> None:
    """Open the notebooks; it returns when JupyterLab is shut down."""
    from jupyterlab.labapp import main

    os.environ.update(environment())
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # in a container
    main([*OPTIONS, *as_root, str(paths.ROOT / "notebooks")])


def environment() -> dict[str, str]:
    """Variables for JupyterLab and its kernels, besides those that this process has: `python3` is the kernel of this environment.

    Those that a reader has elsewhere can be chosen as well.
    """
    places = [str(Path(sys.prefix) / "share" / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    return surroundings.of_kernels() | {"JUPYTER_PATH": os.pathsep.join(filter(None, places))}
