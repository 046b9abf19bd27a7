"""Puts on the record what a command on Kapstan's own machine has read or administered."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.access import SentBy
from domain.values import CourseId
from gateway.host_account import sent_from_here
from records.access import AdministrationAct, AuditEntry, CourseRead
from records.errors import RecordStoreError
from settings import Misconfigured
from stack.errors import NoStackRuns
from terminal.target import Target, asked, place

AT_THE_HOST: Final = "host"
"""The role of whoever reads by a command: their account stands beside it."""


def note_read(kapstan: Target, what: str, course_id: CourseId | None = None) -> None:
    """Notes that this account was shown this, of the course or of many."""
    sent_by = sent_from_here()
    _put(
        kapstan,
        CourseRead(
            at=datetime.now(UTC),
            token_id=None,
            name=sent_by.account or AT_THE_HOST,
            role=AT_THE_HOST,
            course_id=course_id,
            what=what,
            request_id=sent_by.request_id,
            own_request_id=sent_by.request_id,
        ),
    )


def note_act(kapstan: Target, what: str, about: str, sent_by: SentBy) -> None:
    """Notes an act of administration."""
    _put(kapstan, AdministrationAct(at=datetime.now(UTC), what=what, about=about, sent_by=sent_by))


def note_act_if_any_runs(data: Path, what: str, about: str) -> None:
    """Notes an act that needs no running Kapstan, where there is one."""
    try:
        kapstan = place(data)
    except (Misconfigured, NoStackRuns):
        return
    note_act(kapstan, what, about, sent_from_here())


def _put(kapstan: Target, entry: AuditEntry) -> None:
    """Stores it; where the record store does not answer, what was done stands all the same, and the command says so."""
    if kapstan.database is None:
        return
    try:
        asked(kapstan.access(), lambda access: access.record([entry]))
    except RecordStoreError as away:
        sys.stderr.write(f"kapstan: this is done, and is not on the record of the auditor: {away}\n")
