"""What other packages would do behind a reader's back: switched off as this package is imported, before they are.

Kernels, workers and JupyterLab inherit it.
"""

import os
from pathlib import Path

from sixtytwo.base import paths

FOLDERS = {"KERAS_HOME": "keras", "IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib"}


def hush() -> None:
    """Let nobody write to the home folder but to the cache, and nobody ask another machine."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime would keep an identifier of this machine, and look up a host
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "sixty-two-characters"  # noqa: PTH111
    if not _is_writable(folder):
        folder = paths.ROOT / "_build" / "cache"
    for name, part in FOLDERS.items():
        os.environ[name] = str(folder / part)


def _is_writable(folder):
    """Whether a folder is, or can be made (which then is done)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
