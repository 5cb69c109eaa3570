"""What a person sees on a terminal: programs run in a pseudo-terminal, and what their output leaves on its screen."""

import os
import pty
import re
import subprocess
import sys
import termios

SIZE = (40, 100)  # rows and columns


def printed(code, **variables) -> str:
    """All that a program writes to a terminal."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, SIZE)
    environment = os.environ | {"TERM": "xterm"} | variables
    streams = {"stdin": follower, "stdout": follower, "stderr": subprocess.DEVNULL}
    program = subprocess.Popen([sys.executable, "-c", code], env=environment, close_fds=True, **streams)
    os.close(follower)
    chunks = []
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the program has ended
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(leader)
    assert program.wait(timeout=60) == 0, b"".join(chunks)[-2000:]
    return b"".join(chunks).decode()


def screen(text) -> list[str]:
    """The lines that output leaves on a screen: a carriage return goes back, and what follows overwrites."""
    lines, row, column = [""], 0, 0
    for part in re.split(r"(\r|\n|\x1b\[A)", text):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif part == "\x1b[A":
            row -= 1
        else:
            lines[row] = lines[row].ljust(column)[:column] + part + lines[row][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines if line.strip()]
