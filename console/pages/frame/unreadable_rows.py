"""Rows of the record store that cannot be read: each is named, with a link to the workflow's own state."""

import re
from collections.abc import Iterable
from typing import Final

from domain.values import Frozen
from records.unreadable_rows import Unreadable

_AN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")


class Unread(Frozen):
    """One unreadable row. It has no `href` if its id is not a valid one."""

    name: str
    href: str | None


def unread(rows: Iterable[Unreadable], path: str) -> tuple[Unread, ...]:
    """The unreadable rows; the page under `path` shows each from its workflow, which is not affected."""
    return tuple(
        Unread(name=row.name, href=f"{path}/{row.id}" if is_an_id(row.id) else None) for row in dict.fromkeys(rows)
    )


def is_an_id(written: str) -> bool:
    """Whether this is a valid id of a course or an escalation."""
    return _AN_ID.fullmatch(written) is not None
