"""Takes from Python, as it starts, what Windows does not have: fork, affinity; from the book's code also fcntl, SIGHUP and so on.

Other packages have code for each system: on this one they may use what it has. Links cannot be made.
"""

import builtins
import multiprocessing
import os
import types

MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
LACKING = {
    "os": {
        "getegid",
        "geteuid",
        "getgid",
        "getpgid",
        "getuid",
        "killpg",
        "mkfifo",
        "nice",
        "setsid",
        "statvfs",
        "uname",
        "wait",
    },
    "signal": {"SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2"},
}
_import = builtins.__import__


def _import_here(name, globals=None, *arguments, **options):
    of = (globals or {}).get("__name__", "")
    if of.split(".")[0] in ("sixtytwo", "helpers"):
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in LACKING:
            whole = vars(_import(name))
            lacking = types.ModuleType(name)
            vars(lacking).update({known: value for known, value in whole.items() if known not in LACKING[name]})
            return lacking
    return _import(name, globals, *arguments, **options)


def _no_link(*arguments, **options):
    raise OSError(1314, "A required privilege is not held by the client")


for name in ("fork", "forkpty", "sched_getaffinity", "sched_setaffinity"):
    delattr(os, name)
os.symlink = os.link = _no_link
multiprocessing.set_start_method("spawn", force=True)
builtins.__import__ = _import_here
