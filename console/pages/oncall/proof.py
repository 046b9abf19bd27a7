"""The proof of the on-call file as the on-call page shows it."""

from collections.abc import Iterable, Iterator
from typing import Final

from domain.coverage.findings import CoverageFinding, alike
from domain.coverage.proof import Proof, ProofRow
from domain.durations import in_words
from domain.moments import on_its_clock
from domain.oncall.file import OnCall
from domain.values import Frozen, PersonId, Severity, count_of

SHOWN: Final = 3
"""How many times of the same gap are shown one by one."""


class ProofRowShown(Frozen):
    """A row of its table."""

    severity: Severity
    until: str
    takes: str
    opened: str
    step: str
    who: str


class FoundShown(Frozen):
    """A gap, or an absence that is none, with its first times; `more` says how many others there are."""

    is_gap: bool
    what: str
    why: str
    times: tuple[str, ...]
    more: str | None


class ProofShown(Frozen):
    """The proof: its table, what was found, and of which time."""

    rows: tuple[ProofRowShown, ...]
    found: tuple[FoundShown, ...]
    has_gaps: bool
    period: str


def proof_shown(proof: Proof, on_call: OnCall) -> ProofShown:
    """The proof in words, on the clinic's own clock."""
    return ProofShown(
        rows=tuple(_row(row, on_call) for row in proof.rows),
        found=(*_found(proof.gaps, is_gap=True), *_found(proof.absences, is_gap=False)),
        has_gaps=bool(proof.gaps),
        period=f"from {on_its_clock(proof.begins_at)} until {on_its_clock(proof.ends_at)}",
    )


def _row(row: ProofRow, on_call: OnCall) -> ProofRowShown:
    worst = row.worst
    if worst is None:
        return ProofRowShown(
            severity=row.severity, until=row.until, takes="never", opened="at some time", step="–", who="nobody"
        )
    or_others = " or others" if worst.is_constant and not worst.is_always_them else ""
    return ProofRowShown(
        severity=row.severity,
        until=row.until,
        takes=in_words(worst.after) if worst.after else "at once",
        opened="at any time" if worst.is_constant else on_its_clock(worst.opened_at),
        step=str(worst.step),
        who=f"{_names(worst.people, on_call)}{or_others}",
    )


def _names(people: Iterable[PersonId], on_call: OnCall) -> str:
    return ", ".join(on_call.people[one].name for one in people) or "nobody"


def _found(findings: Iterable[CoverageFinding], *, is_gap: bool) -> Iterator[FoundShown]:
    for times in alike(findings):
        more = times[SHOWN:]
        yield FoundShown(
            is_gap=is_gap,
            what=times[0].what,
            why=times[0].why,
            times=tuple(map(_time, times[:SHOWN])),
            more=f"{count_of(len(more), 'time')} more, the last {_time(more[-1])}" if more else None,
        )


def _time(one: CoverageFinding) -> str:
    return f"from {on_its_clock(one.begins_at)} until {on_its_clock(one.ends_at)}"
