"""The clinic's on-call file as whoever pages or foretells pages reads it: an edit counts at once."""

import logging
import os
from pathlib import Path

from domain.oncall.file import Fault, OnCall, OnCallFileError, parse_on_call

log = logging.getLogger(__name__)


def read_on_call(path: Path, fault: Fault = lambda _: None) -> OnCall:
    """The on-call file that lies there. Raises `OnCallFileError` with its path, also where it cannot be read.

    Whoever pages by it, or says that it may be paged by, asks for each channel's `fault` (`gateway.channels.fault`).
    """
    try:
        return parse_on_call(path.read_text(encoding="utf-8"), str(path), fault)
    except UnicodeDecodeError:
        raise OnCallFileError(str(path), (("", "must be text in UTF-8"),)) from None
    except OSError as error:
        raise OnCallFileError(str(path), (("", f"must be an on-call file: {error.strerror}"),)) from None


class OnCallBook:
    """The on-call file as it is now. An edit counts at once; a broken one is reported and changes nothing.

    One with a channel that has a `fault` is broken as a whole, for the next start would refuse it. The last good one is
    `kept` as a file: a program that starts again while the clinic's own is broken pages by that.
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
        """Why the file as it is now cannot be used; None where it can, as of the last reading."""
        return self._trouble

    def now(self) -> OnCall:
        """The newest good reading. Raises `OnCallFileError` where there never was one."""
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
        """What was good before this program began. Its channels are taken as they are: better some page than none."""
        if self._kept is None or not self._kept.is_file():
            return None
        try:
            return read_on_call(self._kept)
        except OnCallFileError:
            return None

    def _look(self) -> tuple[int, int, int, int] | None:
        """What changes whenever the file does, or who may read it; None where there is none."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)

    def _tell(self, error: Exception) -> None:
        log.error("The on-call file cannot be used; paging goes on with the last good one. %s", error)
