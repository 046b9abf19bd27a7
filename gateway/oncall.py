"""Reads the on-call file for paging and forecasts: an edit counts at once, a broken file changes nothing."""

import logging
import os
from pathlib import Path

from domain.oncall.file import Fault, OnCall, OnCallFileError, parse_on_call

log = logging.getLogger(__name__)


def read_on_call(path: Path, fault: Fault = lambda _: None) -> OnCall:
    """Reads an on-call file. Raises `OnCallFileError` with its path, also if it cannot be read.

    To use or validate it for paging, pass `gateway.channels.fault`, which checks each channel.
    """
    try:
        return parse_on_call(path.read_text(encoding="utf-8"), str(path), fault)
    except UnicodeDecodeError:
        raise OnCallFileError(str(path), (("", "must be text in UTF-8"),)) from None
    except OSError as error:
        raise OnCallFileError(str(path), (("", f"must be an on-call file: {error.strerror}"),)) from None


class OnCallBook:
    """The current on-call file. An edit counts at once; a broken one is reported and changes nothing.

    A channel with a `fault` makes the whole file broken, for the next start would refuse it. The last good file is
    copied to `kept`: a program that restarts while the clinic's own is broken pages by that.
    """

    def __init__(self, path: Path, fault: Fault = lambda _: None, kept: Path | None = None) -> None:
        self._path = path
        self._fault = fault
        self._kept = kept
        self._seen: tuple[int, int, int, int] | None = None
        self._good: OnCall | None = None
        self._trouble: OnCallFileError | None = None

    @property
    def trouble(self) -> OnCallFileError | None:
        """Why the file cannot be used, as of the last reading; None if it can."""
        return self._trouble

    def now(self) -> OnCall:
        """The newest valid on-call file. Raises `OnCallFileError` if there never was one."""
        try:
            seen = self._look()
            if self._good is None or seen != self._seen:
                self._seen = seen
                self._good = read_on_call(self._path, self._fault)
                self._trouble = None
                self._keep()
        except OnCallFileError as error:
            self._trouble = error
            self._good = self._good or self._read_kept()
            if self._good is None:
                raise
            self._tell(error)
        return self._good

    def _keep(self) -> None:
        if self._kept is None:
            return
        try:
            new = self._kept.with_name(f"{self._kept.name}.{os.getpid()}")
            new.touch(mode=0o600)  # it holds addresses
            new.write_bytes(self._path.read_bytes())
            new.replace(self._kept)
        except OSError as error:
            log.warning("The on-call file cannot be kept for a later start: %s", error.strerror)

    def _read_kept(self) -> OnCall | None:
        """The last good file of an earlier start. Its channels are not checked: better some page than none."""
        if self._kept is None or not self._kept.is_file():
            return None
        try:
            return read_on_call(self._kept)
        except OnCallFileError:
            return None

    def _look(self) -> tuple[int, int, int, int] | None:
        """A fingerprint that changes whenever the file or its permissions do; None if there is no file."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)

    def _tell(self, error: Exception) -> None:
        log.error("The on-call file cannot be used; paging goes on with the last good one. %s", error)
