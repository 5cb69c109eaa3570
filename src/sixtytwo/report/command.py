"""All command lines of the book; the Makefile calls them.

python -m sixtytwo.report.command book --profile smoke      # execute what has changed, build _build/smoke/html
python -m sixtytwo.report.command run --profile smoke       # the first half of it
python -m sixtytwo.report.command site                      # the published run, _build/site/html
python -m sixtytwo.report.command reference                 # a full run, gated and made the published one
python -m sixtytwo.report.command readme                    # its results into README.md
python -m sixtytwo.report.command data                      # download and verify EMNIST
python -m sixtytwo.report.command lab                       # the notebooks in JupyterLab
"""

import argparse
import errno
import shutil
import signal
import sys

import yaml

from sixtytwo.base import contracts, paths
from sixtytwo.data import download, idx
from sixtytwo.report import book, build, execute, lab, promote, readme

STORED = "What was finished is stored; the same command goes on from there."


def main(arguments=None) -> int:
    """Run a command line; returns the exit status: 0 good, 1 refused, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="sixtytwo", description="Execute and publish the book.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(command, text):
        added = commands.add_parser(command.__name__.strip("_"), help=text)
        added.set_defaults(command=command)
        return added

    again = "draw the figures of these chapters again, e.g. 06"
    for added in (
        add(_book, "execute what has changed, and build the site of the run"),
        add(_run, "execute what has changed"),
    ):
        _add_run_options(added, profile="smoke", data="auto")
        added.add_argument("--chapters", nargs="+", default=(), help=again)
    added = add(_reference, "execute a profile and make it the published run")
    _add_run_options(added, profile="paper", data="emnist")
    added.add_argument("--chapters", nargs="+", default=(), help=f"{again}, and promote them alone")
    add(_site, "build the published run")
    add(_readme, "write the published results into README.md")
    add(_data, "download and verify EMNIST")
    add(_lab, "open the notebooks in JupyterLab")
    options = parser.parse_args(arguments)
    return exit_status(lambda: options.command(options), interrupted=STORED)


def _add_run_options(parser, profile, data):
    parser.add_argument("--profile", choices=book.PROFILES, default=profile)
    parser.add_argument("--data", default=data, help="auto, emnist, synthetic, a name in sixtytwo.data.registry, or a folder")
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="override a parameter")


def _setting(text):
    """The name and the value of an argument NAME=VALUE, the value as YAML."""
    name, equals, value = text.partition("=")
    try:
        if equals:
            return name, yaml.safe_load(value)
    except yaml.YAMLError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no NAME=VALUE with a value in YAML, such as epochs=5 or 'seeds=[0, 1]'")


def _book(options):
    with execute.alone():
        execute.run(options.profile, options.data, dict(options.set), redraw=options.chapters)
        _build(paths.run(options.profile), options.profile)


def _run(options):
    with execute.alone():
        execute.run(options.profile, options.data, dict(options.set), redraw=options.chapters)


def _reference(options):
    commit_steps = options.profile == "paper"
    redraw = options.chapters or [path.stem for path in book.chapters()]  # what is published has no pictures of older code
    with execute.alone():
        execute.run(options.profile, options.data, dict(options.set), redraw=redraw, commit_steps=commit_steps)
        promote.promote(options.profile, options.chapters)
        readme.write_readme()


def _site(options):
    with execute.alone():
        _build(paths.REFERENCE, "site")


def _build(run_folder, name):
    fresh = build.build(run_folder, paths.ROOT / "_build" / name)
    print(f"{'built' if fresh else 'unchanged'}: _build/{name}/html/index.html")
    print(f"To draw characters in it as well: python -m http.server -d _build/{name}/html, then http://localhost:8000")


def _readme(options):
    readme.write_readme()


def _data(options):
    download.main()


def _lab(options):
    lab.open_lab()


def exit_status(command, *, interrupted) -> int:
    """Run a command: 0 if it was good, 1 if it was refused or the disk is full, 130 if interrupted or told to end.

    In the last two cases it says so in one sentence.
    """
    handlers = {}
    for name in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):  # Windows lacks the second
        if signal.getsignal(name) == signal.SIG_DFL:  # not if it is ignored, as under nohup
            handlers[name] = signal.signal(name, signal.default_int_handler)
    try:
        command()
    except (book.RunError, idx.DataError, contracts.ContractError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # shutil's Error holds a list of them
        if not (remedy := _remedy(error)):
            raise
        print(f"Error: {error}. What was there before is unchanged; {remedy}, then run it again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. {interrupted}", file=sys.stderr)
        return 130
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)
    return 0


def _remedy(error):
    """What to do about an error of the file system; None if it tells of something else."""
    if isinstance(error, shutil.Error) or error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room"
    if "No usable temporary directory" in str(error):  # they are full, or not to be written
        return "make room in one of these, or name another in TMPDIR"
    return "make it writable" if error.errno in (errno.EROFS, errno.EACCES) else None


if __name__ == "__main__":
    sys.exit(main())
