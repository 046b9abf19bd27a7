"""What a page cannot show, because its row of the record cannot be read: named, with a way to what holds it itself."""

import re
from collections.abc import Iterable
from typing import Final

from domain.values import Frozen
from records.readable import Unreadable

_AN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")


class Unread(Frozen):
    """One row that is not shown. Without a `href` what stands for its id is none, and leads nowhere."""

    name: str
    href: str | None


def unread(rows: Iterable[Unreadable], path: str) -> tuple[Unread, ...]:
    """Each of them; under this path its workflow is asked, which goes on."""
    return tuple(
        Unread(name=row.name, href=f"{path}/{row.id}" if is_an_id(row.id) else None) for row in dict.fromkeys(rows)
    )


def is_an_id(written: str) -> bool:
    """Whether a course or an escalation may be asked for by it."""
    return _AN_ID.fullmatch(written) is not None
