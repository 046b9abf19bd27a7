"""The clinic's on-call file as whoever pages or foretells pages reads it: an edit counts at once."""

import logging
from pathlib import Path

from domain.oncall import OnCall, OnCallFileError, parse_on_call

log = logging.getLogger(__name__)


class OnCallBook:
    """The on-call file as it is now. An edit counts at once; a broken one is reported and changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._good: OnCall | None = None

    def now(self) -> OnCall:
        """The newest good reading. Raises `OnCallFileError` or OSError where there never was one."""
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._good is None or seen != self._seen:
                self._seen = seen
                self._good = parse_on_call(self._path.read_text(encoding="utf-8"), self._path.name)
        except (OnCallFileError, OSError, UnicodeDecodeError) as error:
            if self._good is None:
                raise
            self._tell(error)
        return self._good

    def _tell(self, error: Exception) -> None:
        log.error("The on-call file cannot be used; paging goes on with the last good one. %s", error)
