"""Nothing in a reader's environment changes what the book does: their settings are set aside as this package is imported.

What a process reads before it imports this package is set where the book starts processes: chapters (`report/kernel.py`) and
Jupyter Book (`report/build.py`).
"""

import os
import sys
import warnings
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]  # where this package is imported from
SET_ASIDE = ("PYTHON", "IPYTHON", "MATPLOTLIBRC", "KERAS_", "TF_", "XLA_", "ONEDNN_", "DNNL_", "NPY_", "SCIPY_", "SKLEARN_")
SET_ASIDE += ("KERASTUNER_", "EAGER_IMPORT", "TQDM_", "DOCUTILSCONFIG", "SOURCE_DATE_EPOCH")  # how names of variables begin
KEPT = ("PYTHONPATH", "PYTHONUTF8", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "KERAS_HOME")
OURS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # where a chapter is executed
IGNORED = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # by Python, unless it is told


def settle() -> None:
    """Set aside the settings of this process that would change what the book does."""
    if os.environ.get("PYTHONWARNINGS"):
        warnings.resetwarnings()
        for category in IGNORED:
            warnings.simplefilter("ignore", category)
    sys.path[:] = sorted(sys.path, key=_is_foreign)  # theirs come last: another numpy is found after the one of the lock
    for name in [name for name in os.environ if name.startswith(SET_ASIDE) and name not in KEPT]:
        del os.environ[name]
    os.environ.update(OURS)
    if "ipykernel" in sys.modules:
        os.environ.update(INLINE)
        if shell := sys.modules["IPython"].get_ipython():
            shell.ast_node_interactivity = "last_expr"
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows a question mark
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def search_path() -> str:
    """What PYTHONPATH is for the processes that the book starts: this package, if it was found there, and nothing of the reader's."""
    return os.pathsep.join(path for path in _search_path() if Path(path).resolve() == SOURCE)


def of_kernels() -> dict[str, str]:
    """Variables that a kernel is to have from its start."""
    return {"PYTHONPATH": search_path(), "PYTHONUTF8": "1", **INLINE}


def _search_path():
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _is_foreign(entry):
    """Whether an entry of `sys.path` is the reader's: of PYTHONPATH, or the folder of a notebook."""
    return entry == "" or (Path(entry).resolve() != SOURCE and entry in {str(Path(path).absolute()) for path in _search_path()})
