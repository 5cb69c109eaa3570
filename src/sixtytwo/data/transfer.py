"""What pooch cannot do for a large file: go on after a break, and give up on a dead server within seconds.

(pooch 1.9 has no resume, issue 310, and its time-outs do not cover a silent name server.)
"""

import contextlib
import sys
import threading
import time

import pooch
import requests

from sixtytwo.data import idx

# One server is reported to refuse Python's default User-Agent with status 403.
_HEADERS = {"User-Agent": "sixty-two-characters/1.0 (research; EMNIST loader)"}
_ATTEMPTS = 3
_TOO_FAR = 416  # HTTP status: what we have is longer than their file


class NoAnswer(idx.DataError):
    """A server that says nothing."""


def require_answer(url, seconds) -> bool:
    """Whether a server sends parts of files; raises `NoAnswer` unless it answers anything in time.

    In a thread, because no time-out covers a silent name server.
    """
    answered = []

    def ask():
        with contextlib.suppress(requests.RequestException):
            answered.append(requests.head(url, headers=_HEADERS, timeout=max(seconds, 1), allow_redirects=True))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if not answered:
        raise NoAnswer("no answer (no network, or the server is gone)")
    return answered[0].headers.get("Accept-Ranges") == "bytes"


class Resumed:
    """A downloader for pooch that collects a file in `part` and goes on there after a break, also in a later process.

    Parameters
    ----------
    part : Path
        Where the file grows, in the folder that pooch downloads to.
    size : int
        Bytes that the whole file has.
    sends_parts : bool
        Whether the server sends the rest of a file; else every attempt starts anew.

    Called by pooch, it raises `idx.DataError` for an answer that is no such file and `requests.RequestException` if the
    third attempt breaks off as well; what was received is kept.
    """

    def __init__(self, part, size, sends_parts):
        self.part, self.size, self.sends_parts = part, size, sends_parts

    def __call__(self, url, output_file, pooch_):
        for attempt in range(_ATTEMPTS):
            try:
                self._go_on(url)
                break
            except requests.RequestException as error:
                status = getattr(error.response, "status_code", None)  # None: the transfer broke off
                if not self.sends_parts or status == _TOO_FAR or not self.part.stat().st_size:
                    self.part.unlink()
                if attempt == _ATTEMPTS - 1 or status not in (None, _TOO_FAR):
                    raise
                time.sleep(1 + attempt)
        self._check_size()
        self.part.replace(output_file)

    def _go_on(self, url):
        if not self.sends_parts:
            self.part.unlink(missing_ok=True)
        have = self.part.stat().st_size if self.part.exists() else 0
        if have >= self.size:
            return
        headers = _HEADERS | ({"Range": f"bytes={have}-"} if have else {})
        get = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), headers=headers, timeout=30, chunk_size=1 << 12)
        with open(self.part, "ab") as stream:
            get(url, stream, None)

    def _check_size(self):
        size = self.part.stat().st_size
        if size == self.size:
            return
        with open(self.part, "rb") as stream:
            start = stream.read(200).lstrip().lower()
        self.part.unlink()
        what = "a web page" if start.startswith((b"<!doctype", b"<html", b"<?xml")) else "a file"
        raise idx.DataError(f"expected a zip of {self.size:,} bytes, found {what} of {size:,} bytes")
