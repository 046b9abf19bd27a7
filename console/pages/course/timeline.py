"""The timeline of a course: a line for each happening, newest first, in clinical words."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from console.pages import labels
from console.pages.course import readings
from console.pages.course.outcomes import mark_of, taken_in_words
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import CORRECTED, DEADLINES, ESCALATION_CHANGES, EVENTS, FIELDS, HAPPENINGS, PHASES, PUNCTUAL
from domain.codes import spoken
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.state import Phase
from domain.escalation.ids import EscalationKey
from domain.escalation.messages import PHRASES, EscalationView, Kind
from domain.events.clinic_events import MODELS, Fact
from domain.events.parsing import CORRECTION
from domain.ledger import Entry
from domain.values import Frozen, PersonId, Role, Severity
from domain.views.blocker_labels import words_of_code
from domain.views.corrected_entries import as_corrected
from domain.views.course import CourseView
from domain.views.session import ReadingView, SessionView
from domain.views.timeline import Happening, happening, plain_values


class TimelineLine(Frozen):
    """One happening. Its `mark` is one of the signs, or none; `detail` is what was reported with it.

    `reads_now` says what a correction has made of it; `correct_at` is the page that corrects it.
    """

    at: Clock
    mark: str | None
    words: str
    by: str
    detail: str
    reads_now: str | None = None
    correct_at: str | None = None


SeverityOf: TypeAlias = Callable[[Happening], Severity | None]
"""How severe the escalation was when this happened to it; None where nobody can tell now."""


def story(
    viewer: Viewer, view: CourseView, told: Iterable[Happening], clock: WallClock, severity_of: SeverityOf
) -> tuple[TimelineLine, ...]:
    """These happenings as lines, newest first, with measurements and overrides from the course."""
    ordered = sorted(enumerate(told), key=lambda one: (one[1].at, one[0]), reverse=True)
    return tuple(_line(viewer, view, one, clock, severity_of) for _, one in ordered if not _is_the_end(one))


def severity_of(entries: Iterable[Entry], view: CourseView, recorded: Iterable[EscalationView]) -> SeverityOf:
    """As the ledger's entry has it; where that says none, as the escalation is known, resolved or not."""
    then: dict[tuple[str, datetime], Severity] = {}
    known: dict[str, Severity] = {}
    for entry in entries:
        with suppress(ValueError):
            named, severity = str(entry.data.get("id")), Severity(str(entry.data.get("severity")))
            then[named, entry.time] = known[named] = severity
    known |= {one.id: one.severity for one in recorded} | {one.id: one.severity for one in view.escalations}

    def found(one: Happening) -> Severity | None:
        named = one.what or ""
        return then.get((named, one.at)) or known.get(named)

    return found


def from_ledger(entries: Sequence[Entry], view: CourseView) -> tuple[Happening, ...]:
    """Happenings from the ledger, with those not recorded yet, and with safety holds.

    Nobody reports a safety hold: it follows from an answer or a withdrawal, and only that stands in the ledger.
    """
    corrected = as_corrected(entries)
    told = tuple(_marked(_happening(one), one, corrected) for one in entries)
    known = set(map(_name, told))
    return (*told, *(one for one in view.happened if _name(one) not in known))


def _marked(one: Happening, entry: Entry, corrected: Mapping[int, Entry | None]) -> Happening:
    """The happening, marked if a correction has changed it."""
    if one.sequence is None or one.sequence not in corrected:
        return one
    reads_now = "retracted" if corrected[one.sequence] is None else "corrected"
    return one.but(reads_now=reads_now, was=plain_values(entry.data))


def _happening(entry: Entry) -> Happening:
    """The happening of an entry; only its time and type if its content cannot be read."""
    try:
        return happening(entry)
    except ValueError:
        return Happening(at=entry.time, type=entry.type)


def from_view(view: CourseView, escalations: Iterable[EscalationView]) -> tuple[Happening, ...]:
    """Happenings from the course itself, with what these escalations know besides: resolved ones, and answers."""
    known = set(map(_name, view.happened))
    besides = (told for one in escalations for told in _of_escalation(one))
    return (*view.happened, *(one for one in besides if _name(one) not in known))


def who(viewer: Viewer, person: PersonId | None, role: Role | None = None) -> str:
    """A person's name; for somebody not in the on-call file, the id and the role."""
    if person is None:
        return ""
    name = viewer.name_of(person)
    return f"{name}, {role}" if role and name == person and role != person else name


def _name(one: Happening) -> tuple[object, ...]:
    """Identifies a happening; a missed reading by when it was due, however soon that was noticed."""
    try:
        what: object = datetime.fromisoformat(one.what or "")
    except ValueError:
        what = one.what
    return one.type, what, None if one.type == "kap.checkpoint.missed" else one.at, one.reads_now


def _of_escalation(one: EscalationView) -> Iterator[Happening]:
    yield Happening(at=one.opened_at, type="kap.escalation.opened", session=one.session, what=one.id)
    if (acknowledged_at := one.acknowledged_at or one.first_acknowledged_at) is not None:
        yield Happening(at=acknowledged_at, type="kap.escalation.acknowledged", what=one.id, by=one.acknowledged_by)
    if one.resolved_at is not None:
        yield Happening(at=one.resolved_at, type="kap.escalation.resolved", what=one.id, by=one.resolved_by)


def _is_the_end(one: Happening) -> bool:
    """Whether this is the closing of the course, which is told together with its outcome."""
    return one.type == "kap.phase.entered" and one.what == Phase.CLOSED


def _line(viewer: Viewer, view: CourseView, one: Happening, clock: WallClock, severity_of: SeverityOf) -> TimelineLine:
    try:
        mark, words, detail = _particulars(view, one, clock, severity_of)
    except (ValueError, TypeError, OverflowError):
        mark, words, detail = None, spoken(one.type.removeprefix("kap.")), labels.UNREADABLE
    return TimelineLine(
        at=clock.at(one.at),
        mark=mark,
        words=words,
        by=who(viewer, one.by, one.role),
        detail=detail,
        reads_now=CORRECTED[one.reads_now] if one.reads_now else None,
        correct_at=_correct_at(viewer, view, one),
    )


def _correct_at(viewer: Viewer, view: CourseView, one: Happening) -> str | None:
    """Where this fact is corrected; None for what is none, or if this viewer may not."""
    model = MODELS.get(one.type)
    is_fact = model is not None and issubclass(model, Fact) and one.type != CORRECTION
    if one.sequence is None or not is_fact or not viewer.caller.may_report(CORRECTION):
        return None
    return f"/courses/{view.course_id}/correct/{one.sequence}"


Particulars = tuple[str | None, str, str]


def _particulars(view: CourseView, one: Happening, clock: WallClock, severity_of: SeverityOf) -> Particulars:
    name = one.type.removeprefix("kap.")
    if one.reads_now is not None:
        was = ", ".join(f"{FIELDS.get(field, spoken(field))} {value}" for field, value in one.was.items())
        return None, f"{EVENTS[one.type]}{_for_session(one)}{': ' if was else ''}{was}", ""
    session = next((known for known in view.sessions if known.number == one.session), None)
    match name.split("."):
        case ["vitals", _]:
            return _reading(view, session, one)
        case ["dose", _]:
            return _dose(session, one)
        case ["measure", _]:
            return _measure(view, one)
        case ["escalation", moved]:
            return _escalation(one, moved, severity_of)
        case ["checkpoint", _]:
            due_at = datetime.fromisoformat(one.what) if one.what else one.at
            words = _phrase(one, clock, reading=_reading_at(session, due_at))
            return Severity.URGENT.value, words, labels.DUE_AT.format(moment=clock.at(due_at).words)
        case ["deadline", _]:
            return "late", DEADLINES.get(one.what or "", labels.DEADLINE_PASSED), _of_session(one)
        case ["deviation", _]:
            return "caution", _phrase(one, clock), one.what or ""
        case ["phase", _]:
            return None, _phrase(one, clock, phase=PHASES[Phase(one.what)]) if one.what else labels.NEXT_PHASE, ""
        case ["course", "closed"]:
            return "held", _phrase(one, clock), ""
        case ["course", "held"]:
            return "held", _phrase(one, clock), "; ".join(hold.reason for hold in view.holds if hold.since == one.at)
        case ["course", "resumed"]:
            return None, _phrase(one, clock), ""
        case ["consent", "withdrawn"]:
            return Severity.URGENT.value, EVENTS[one.type], ""
        case _:
            return None, _phrase(one, clock), "; ".join(_overridden(view, one))


def _phrase(one: Happening, clock: WallClock, *, reading: str = "", phase: str = "") -> str:
    what = one.what or ""
    phrase = HAPPENINGS.get(one.type)
    if phrase is None:
        return f"{EVENTS.get(one.type, spoken(one.type.removeprefix('kap.')))}{_for_session(one)}"
    return phrase.format(
        what=what,
        spoken=spoken(what),
        moment=_at(clock, datetime.fromisoformat(what)) if "{moment}" in phrase else "",
        session=one.session,
        for_session=_for_session(one),
        reading=reading,
        phase=phase,
    )


def _for_session(one: Happening) -> str:
    return f", session {one.session}" if one.session else ""


def _of_session(one: Happening) -> str:
    return f"session {one.session}" if one.session else ""


def _reading(view: CourseView, session: SessionView | None, one: Happening) -> Particulars:
    known = (*(session.readings if session else ()), *view.readings_outside)
    reading = next((reading for reading in known if reading.at == one.at), None)
    if reading is None:
        return None, labels.READING_OF_AN_EARLIER_VISIT.format(for_session=_for_session(one)), ""
    is_of_session = session is not None and reading in session.readings
    when = _reading_at(session, reading.at) if is_of_session else labels.READING_OUTSIDE
    punctuality = _punctuality(session, reading) if session is not None and is_of_session else ()
    mark = readings.MARK_OF[reading.verdict.severity]
    detail = "; ".join((*punctuality, *readings.findings(reading.verdict)))
    return mark, f"{when}: {readings.in_a_line(reading)}", detail


def _reading_at(session: SessionView | None, at: datetime) -> str:
    return labels.READING.format(since_dose=since_dose(session, at)).rstrip()


def _punctuality(session: SessionView, reading: ReadingView) -> Iterator[str]:
    for one in session.checkpoints:
        if one.reading_at == reading.at:
            yield PUNCTUAL[one.status is CheckpointStatus.MET]


def _dose(session: SessionView | None, one: Happening) -> Particulars:
    dose = next((known for known in (session.doses if session else ()) if known.at == one.at), None)
    if session is None or dose is None:
        return None, f"{labels.DOSE}{_for_session(one)}", ""
    which = labels.DOSE if dose == session.doses[0] else labels.BOOSTER
    return None, f"{which} {dose.mg:g} mg {spoken(dose.route)}, session {one.session}", ""


def _measure(view: CourseView, one: Happening) -> Particulars:
    taken = next((m for m in view.measures if m.at == one.at and m.instrument == one.what), None)
    if taken is None:
        return None, EVENTS["kap.measure.recorded"], ""
    return mark_of(taken), taken_in_words(taken), ""


def _escalation(one: Happening, moved: str, severity_of: SeverityOf) -> Particulars:
    phrase = labels.ESCALATION
    with suppress(ValueError):
        phrase = PHRASES[Kind(EscalationKey.parse(one.what or "").kind)].capitalize()
    mark = "well" if moved == "resolved" else severity_of(one)
    return mark, f"{phrase}: {ESCALATION_CHANGES.get(moved, moved)}", ""


def _overridden(view: CourseView, one: Happening) -> Iterator[str]:
    if one.type not in {"kap.eligibility.decided", "kap.session.cleared", "kap.patient.discharged"}:
        return
    for override in view.overrides:
        if override.at == one.at and override.session == one.session:
            what = words_of_code(override.code)
            yield labels.OVERRIDDEN.format(what=what, rationale=override.rationale)


def since_dose(session: SessionView | None, at: datetime) -> str:
    """`at 105 min` after the last dose before it, or `before the dose`; empty for a session without one."""
    given = [dose.at for dose in (session.doses if session else ()) if dose.at <= at]
    if not given:
        return labels.BEFORE_DOSE if session and session.doses else ""
    return labels.SINCE_DOSE.format(minutes=(at - given[-1]).total_seconds() // 60)


def _at(clock: WallClock, moment: datetime) -> str:
    return clock.local(moment)
