"""What the reader's settings say about where packages come from, and none of their other settings."""

import configparser
import contextlib
import os
import re
import sys
from pathlib import Path

from places import WORK, is_writable

SOURCES = {  # what pip calls a setting that says where packages come from, and uv
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "cache-dir": None,
    "no-cache-dir": None,
    "retries": None,
}
UV_SOURCES = re.compile("UV_.*(INDEX|FIND_LINKS|HOST|HTTP|TLS|CERT|CACHE|KEYRING|OFFLINE|LINK_MODE|CONFIG_FILE|PYTHON_INSTALL)")


def surroundings():
    """The variables of the programs that install: this process's, but for settings that would have them do something else."""
    own = re.compile(
        "PYTHON|PIP_|UV_|VIRTUAL_ENV|CONDA_PREFIX|__PYVENV|NODE_OPTIONS|npm_config_(global|prefix|dry_run|omit)", re.I
    )
    variables = {name: value for name, value in os.environ.items() if UV_SOURCES.match(name) or not own.match(name)}
    of_uv = [name for name in variables if re.match("UV_.*(INDEX|FIND_LINKS)", name)]
    for name, value in pip_settings().items():
        variables["PIP_" + name.upper().replace("-", "_")] = value
        if SOURCES[name] and not (of_uv and name in ("index-url", "extra-index-url", "find-links", "no-index")):
            separator = "," if name == "find-links" else " "
            variables.setdefault(SOURCES[name], separator.join(value.split()) if SOURCES[name].startswith("UV_") else value)
    fixed = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PYTHONNOUSERSITE": "1"}
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(WORK))
    home = Path(os.path.expanduser("~"))
    caches = {
        "UV_CACHE_DIR": Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "uv",
        "npm_config_cache": home / ".npm",
    }
    places.update({name: str(WORK / name) for name, path in caches.items() if name not in variables and not is_writable(path)})
    return {**variables, **fixed, **places}


def pip_settings():
    """The settings of pip that say where packages come from, of its files and its variables."""
    parser = configparser.RawConfigParser(strict=False)
    for path in pip_files():
        with contextlib.suppress(OSError, ValueError, configparser.Error):
            parser.read(path, encoding="utf-8")
    variables = {name[4:]: value for name, value in os.environ.items() if name.upper().startswith("PIP_")}
    found = {}
    for part in (*(parser[section] for section in ("global", "install") if section in parser), variables):  # the later counts
        found.update({name.lower().replace("_", "-"): value for name, value in part.items()})
    found["timeout"] = found.get("timeout") or found.get("default-timeout", "")
    return {name: value for name, value in found.items() if name in SOURCES and value}


def pip_files():
    """Where pip looks for settings; the later count."""
    own, home = os.environ.get("PIP_CONFIG_FILE"), Path(os.path.expanduser("~"))
    if own == os.devnull:
        return []
    if os.name == "nt":
        folders = [os.environ.get("PROGRAMDATA", "C:/ProgramData"), home, os.environ.get("APPDATA", home)]
        found = [Path(folder, "pip", "pip.ini") for folder in folders]
    else:
        apple = [Path("/Library/Application Support"), home / "Library" / "Application Support"]
        shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        folders = [Path(folder) for folder in shared.split(os.pathsep)] + (apple[:1] if sys.platform == "darwin" else [])
        users = [Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")] + (apple[1:] if sys.platform == "darwin" else [])
        found = [folder / "pip" / "pip.conf" for folder in folders] + [Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
        found += [folder / "pip" / "pip.conf" for folder in users]
    return [*found, Path(sys.prefix) / ("pip.ini" if os.name == "nt" else "pip.conf"), *([Path(own)] if own else [])]
