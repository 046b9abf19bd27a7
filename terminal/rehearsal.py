"""A rehearsal for the terminal: a timeline of what follows from a script, with repeated pages told together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from rich.markup import escape

from domain.escalation.messages import Kind
from domain.rehearsal.lines import DeadlineLine, EndLine, EscalationLine, Line, PageLine, ReceivedLine, Reception
from domain.values import Severity, count_of
from terminal.formatting import plain, severity

SHOWN_STEPS = 6
"""How many steps of an escalation that has not moved are told one by one; one that nobody answers never ends."""

_RECEIVED = {
    Reception.ACCEPTED: "[green]accepted[/]",
    Reception.REFUSED: "[red]refused[/] ",
    Reception.REPLAYED: "[dim]replayed[/]",
}
_VERDICTS = {"emergency": "bold red", "urgent": "yellow", "recheck": "yellow", "warning": "yellow", "normal": "green"}


def timeline(lines: Iterable[Line], zone: tzinfo) -> Iterator[str]:
    """The lines of a rehearsal as people read them, in the time zone of its script, as markup."""
    paging = _Paging(zone)
    for _, together in groupby(lines, _step_of):
        first, *others = together
        at = _moment(first.at, zone)
        match first:
            case ReceivedLine():
                yield f"{at}  {_RECEIVED[first.what]}  {escape(_event(first))}{_verdict(first)}"
                yield from _against(first)
            case DeadlineLine():
                subject = f" ({escape(plain(first.subject))})" if first.subject else ""
                yield f"{at}  [magenta]passed[/]    {plain(first.kind)}{subject}{_session(first.session)}"
            case EscalationLine():
                yield from paging.moved(first)
                by = f" by {escape(first.by)}" if first.by else ""
                what = f"{severity(first.severity)} {plain(first.kind)}{_session(first.session)}"
                yield f"{at}  [bold]{first.change.ljust(8)}[/]  {what}{by}"
            case PageLine():
                yield from paging.sent([first, *(one for one in others if isinstance(one, PageLine))])
            case EndLine():
                yield from paging.ended()
                yield ""
                yield from _end(first, at)


def _step_of(line: Line) -> object:
    """The same of the pages of one step; any other line is told by itself."""
    return (line.at, line.kind, line.session, line.severity, line.step) if isinstance(line, PageLine) else id(line)


class _Paging:
    """Tells the first pages of each escalation since it moved one by one, and of the others how many they were."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._told: Counter[tuple[Kind, int | None]] = Counter()
        self._left: dict[tuple[Kind, int | None], list[PageLine]] = {}

    def sent(self, pages: list[PageLine]) -> Iterator[str]:
        first = pages[0]
        escalation = (first.kind, first.session)
        if self._told[escalation] >= SHOWN_STEPS:
            self._left.setdefault(escalation, []).extend(pages)
            return
        self._told[escalation] += 1
        people = ", ".join(escape(page.person) for page in pages)
        about = f"{severity(first.severity)} {plain(first.kind)}{_session(first.session)}"
        yield f"{_moment(first.at, self._zone)}  [cyan]paged[/]     {people}: {about}, step {first.step}"

    def moved(self, line: EscalationLine) -> Iterator[str]:
        yield from self._counted((line.kind, line.session))

    def ended(self) -> Iterator[str]:
        for escalation in tuple(self._left):
            yield from self._counted(escalation)

    def _counted(self, escalation: tuple[Kind, int | None]) -> Iterator[str]:
        del self._told[escalation]
        if left := self._left.pop(escalation, []):
            kind, session = escalation
            until = _moment(left[-1].at, self._zone)
            yield _beneath(
                f"[dim]and {count_of(len(left), 'more page')} of {plain(kind)}{_session(session)}, until {until}[/]"
            )


def _event(line: ReceivedLine) -> str:
    named = plain((line.type or "an event without a type").removeprefix("kap.").replace(".", ": "))
    return f"{named} ({line.event_id})" if line.event_id else named


def _verdict(line: ReceivedLine) -> str:
    if line.verdict is None:
        return ""
    found = "; ".join(finding.message for finding in line.verdict.findings)
    told = f"[{_VERDICTS[line.verdict.severity]}]{line.verdict.severity}[/]"
    return f": {told}{f', {escape(found)}' if found else ''}"


def _against(line: ReceivedLine) -> Iterator[str]:
    """What the protocol has against the event: why it was refused, or how it deviates."""
    if line.what is Reception.REFUSED:
        yield _beneath(f"[red]{line.code}[/]: {escape(line.message)}")
    elif line.deviations:
        yield _beneath(f"[yellow]deviates[/]: {escape(line.message)}")


def _end(line: EndLine, at: str) -> Iterator[str]:
    where = (
        "no course" if line.phase is None else plain(line.phase) + (f", {plain(line.outcome)}" if line.outcome else "")
    )
    held = ", [magenta]held[/]" if line.held else ""
    yield f"{at}  [bold]the end[/]   {where}{held}"
    sent = ", ".join(f"{line.pages[one]} {one}" for one in reversed(Severity) if line.pages[one])
    yield _beneath(f"pages: {sent or 'none'}")
    for one in line.open:
        yield _beneath(f"{one.state}: {severity(one.severity)} {plain(one.kind)}{_session(one.session)}")
    if line.next:
        yield _beneath(f"may come: {escape(', '.join(name.removeprefix('kap.') for name in line.next))}")
    if line.blockers:
        yield _beneath(f"what blocks: {escape(', '.join(line.blockers))}")


def unfinished(lines: Sequence[Line]) -> Iterator[str]:
    """What was not played to its end, for there is none, as plain text."""
    line = lines[-1]
    assert isinstance(line, EndLine)
    if line.silenced:
        still = "an open escalation goes" if len(line.silenced) == 1 else f"{len(line.silenced)} open escalations go"
        yield f"{still} on paging, and no more of its pages are shown; --until shows all of them until a moment"
    if line.stopped:
        yield "there is no end to what falls due, so time stops here; --until says how far it goes on"


def _session(number: int | None) -> str:
    return f", session {number}" if number else ""


def _moment(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _beneath(text: str) -> str:
    return f"{'':16}  {'':8}  {text}"
