"""The sources that a protocol file names in its comments, which no rule reads: `# S62 What it is: https://…`."""

import re
from collections.abc import Iterable
from typing import Final

from domain.values import Frozen

_NAMED: Final = re.compile(r"^# (S\d+) (.+?)(?:: (https?://\S+))?$", re.MULTILINE)


class Source(Frozen):
    """One source: the name that `[evidence]` gives it, what it is, and where it can be read, if anywhere."""

    id: str
    title: str
    url: str | None


def sources_of(text: str) -> tuple[Source, ...]:
    """The sources of a protocol file's text, each once, in its order."""
    found = {one[1]: Source(id=one[1], title=one[2], url=one[3]) for one in _NAMED.finditer(text)}
    return tuple(found.values())


def ids_of(sources: Iterable[Source]) -> frozenset[str]:
    """The names by which `[evidence]` may call them."""
    return frozenset(one.id for one in sources)
