"""The command lines: what `make` calls, and how they end."""

import errno
import os
import re
import shutil
import signal

import pytest
from conftest import ROOT

from sixtytwo.base import contracts
from sixtytwo.data import idx
from sixtytwo.report import book, command


@pytest.mark.parametrize(("handler", "status"), [(signal.SIG_DFL, 130), (signal.SIG_IGN, 0)], ids=["terminal", "nohup"])
def test_closed_terminal_ends_a_run_unless_nohup_was_asked_for(handler, status):
    before = signal.signal(signal.SIGHUP, handler)
    try:
        assert command.exit_status(lambda: os.kill(os.getpid(), signal.SIGHUP), interrupted="") == status
        assert signal.getsignal(signal.SIGHUP) == handler
    finally:
        signal.signal(signal.SIGHUP, before)


def failing(error):
    def fail():
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        book.RunError("refused"),
        idx.DataError("refused"),
        contracts.ContractError("refused"),
        OSError(errno.ENOSPC, "refused"),
        OSError(errno.EROFS, "refused"),
        shutil.Error([("a", "b", "refused")]),
    ],
)
def test_refusal_is_one_sentence_and_status_1(error, capsys):
    assert command.exit_status(failing(error), interrupted="") == 1
    message = capsys.readouterr().err
    assert message.startswith("Error: ") and "refused" in message and message.count("\n") == 1


def test_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        command.exit_status(lambda: 1 / 0, interrupted="")


def test_every_command_of_the_makefile_exists(capsys):
    called = set(re.findall(r"\$\(BOOK\) (\w+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert called >= {"book", "site", "data", "reference"}
    for name in called:
        with pytest.raises(SystemExit) as ended:
            command.main([name, "--help"])
        assert ended.value.code == 0


@pytest.mark.parametrize("given", ["epochs", "seeds=[0"])
def test_setting_that_cannot_be_read_is_refused_in_one_sentence(given, capsys):
    with pytest.raises(SystemExit):
        command.main(["run", "--set", given])
    assert f"{given!r} is no NAME=VALUE" in capsys.readouterr().err
