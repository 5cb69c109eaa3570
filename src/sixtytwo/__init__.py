"""The package of the book. What others would do behind a reader's back is switched off before they are imported.

Kernels and workers inherit it; the Makefile does the same for JupyterLab.
"""

import os

_CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - a path even without a home
_FOLDER = os.path.join(_CACHE, "sixty-two-characters")  # noqa: PTH118

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime would write an identifier to the home folder, and look up a host
for _name, _part in (("KERAS_HOME", "keras"), ("IPYTHONDIR", "ipython"), ("MPLCONFIGDIR", "matplotlib")):
    os.environ[_name] = os.path.join(_FOLDER, _part)  # noqa: PTH118 - they would write to the home folder
