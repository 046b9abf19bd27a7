"""Values known before a form is filled in: the session at hand, and codes from the course's protocol."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from console.pages.recording.fields import Field, FieldKind, Option, fields_of
from console.pages.recording.form_parsing import Entered
from console.pages.recording.form_view import Offers
from domain.codes import spoken
from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.durations import days, duration
from domain.oncall.file import OnCall
from domain.protocol.instruments import INSTRUMENTS, instrument_name
from domain.protocol.model import Protocol
from domain.values import PersonId, Role
from domain.views.course import CourseView, DeadlineView

FURTHER_ROUTES: Final = "/data/further_routes"
GONE_BY: Final = frozenset({Stage.CANCELED, Stage.MISSED})
ANYWHERE: Final = frozenset({"kap.adverse_event.reported"})
"""Events of which nobody knows beforehand whether they belong to a session."""
AFTERWARDS: Final[Mapping[str, DeadlineKind]] = {
    "kap.check_in.completed": DeadlineKind.CHECK_IN,
    "kap.integration.held": DeadlineKind.INTEGRATION,
    "kap.form.filed": DeadlineKind.FORM,
    "kap.follow_up.held": DeadlineKind.FOLLOW_UP,
}
"""Events that are reported after the discharge, and the deadline that each of them answers."""


def beforehand(kind: str, view: CourseView, protocol: Protocol | None) -> Entered:
    """The form's initial values. All of them can be changed."""
    known = dict(_due(kind, view))
    if "/data/session" not in known and _is_of_the_session_at_hand(kind, view):
        known["/data/session"] = str(_session(kind, view))
    if kind == "kap.dose.administered" and protocol is not None:
        known["/data/route"] = protocol.route.value
    if kind == "kap.session.booked":
        known.update(_as_last_time(view, protocol))
    if kind == "kap.consent.signed" and protocol is not None:
        known["/data/version"] = protocol.screening.consent_version
    return {pointer: (value,) for pointer, value in known.items()}


def _as_last_time(view: CourseView, protocol: Protocol | None) -> Iterator[tuple[str, str]]:
    """The room, the group and the people of the newest visit, then the roles that the protocol asks for besides."""
    newest = view.sessions[-1] if view.sessions else None
    staff = newest.staff if newest else ()
    if newest is not None and newest.room:
        yield "/data/room", newest.room
    if newest is not None and newest.group:
        yield "/data/group", newest.group
    for row, one in enumerate(staff):
        yield f"/data/staff/{row}/id", one.id
        yield f"/data/staff/{row}/role", one.role.value
        if one.credentials:
            yield f"/data/staff/{row}/credentials", ", ".join(one.credentials)
    wanted = protocol.medicine.staff if protocol is not None else ()
    missing = [role for role in wanted if role not in {one.role for one in staff}]
    for row, role in enumerate(missing, start=len(staff)):
        yield f"/data/staff/{row}/role", role.value


def as_entered(fields: Iterable[Field], event: Mapping[str, Any], zone: ZoneInfo) -> Entered:
    """What a form holds whose values give this event: the inverse of `data_of`. Who reported it is left out."""
    known: dict[str, str] = {}
    for field in fields:
        if field.pointer.startswith("/data/actor/"):
            continue
        *path, last = field.pointer.removeprefix("/").split("/")
        holder: Any = event
        for name in path:
            holder = holder.get(name) or {}
        if holder.get(last) is not None:
            known.update(_written(field, holder[last], zone))
    return {pointer: (value,) for pointer, value in known.items()}


def _written(field: Field, value: Any, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    match field.kind:
        case FieldKind.GROUP:
            for part in field.parts:
                if value.get(part.name) is not None:
                    yield from _written(part, value[part.name], zone)
        case FieldKind.YES_NO:
            yield field.pointer, "yes" if value else "no"
        case FieldKind.CODES:
            yield field.pointer, ", ".join(map(str, value))
        case FieldKind.LINES:
            yield field.pointer, "\n".join(map(str, value))
        case FieldKind.NUMBERS:
            yield field.pointer, " ".join(map(str, value))
        case FieldKind.MOMENT:
            local = datetime.fromisoformat(str(value)).astimezone(zone).replace(tzinfo=None)
            yield field.pointer, local.isoformat(timespec="seconds" if local.second else "minutes")
        case FieldKind.NUMBER:
            yield field.pointer, f"{value:g}"
        case FieldKind.LENGTH:
            yield field.pointer, f"{duration(str(value)) / timedelta(minutes=1):g}"
        case _:
            yield field.pointer, str(value)


def offers(kind: str, protocol: Protocol | None, on_call: OnCall, view: CourseView | None) -> Offers:
    """Choices: the people of the on-call file and of the course, codes from the course's own protocol."""
    known = dict.fromkeys(("/data/actor/id", "/data/witness", "/data/staff/id"), tuple(_people(on_call, view)))
    return {**known, **(_of_protocol(kind, protocol) if protocol else {})}


def asked_for(
    fields: tuple[Field, ...], offered: Offers, protocol: Protocol | None, entered: Entered
) -> tuple[Field, ...]:
    """The fields but for further routes where the protocol, being known, has none to choose and none was entered."""
    has_none = protocol is not None and not offered.get(FURTHER_ROUTES) and not any(entered.get(FURTHER_ROUTES, ()))
    return tuple(field for field in fields if not (has_none and field.pointer == FURTHER_ROUTES))


def _people(on_call: OnCall, view: CourseView | None) -> Iterator[Option]:
    for one, person in on_call.people.items():
        yield Option(value=one, label=f"{person.name}, {person.role}", role=person.role)
    for one, role in people_of(view).items() if view else ():
        if one not in on_call.people and role not in {Role.PATIENT, Role.SYSTEM}:
            yield Option(value=one, label=f"{one}, {role}", role=role)


def people_of(view: CourseView) -> Mapping[PersonId, Role]:
    """Everybody whom the course has met, with the role of the last time: who reported something, or was booked."""
    reported = {one.by: one.role for one in view.happened if one.by and one.role}
    return {**reported, **{one.id: one.role for session in view.sessions for one in session.staff}}


def _is_of_the_session_at_hand(kind: str, view: CourseView) -> bool:
    """Whether the event must name its session, or belongs to the one that is open now."""
    of_session = next((one for one in fields_of(kind) if one.name == "session"), None)
    return of_session is not None and (of_session.is_required or (kind not in ANYWHERE and bool(view.sessions)))


def _of_protocol(kind: str, protocol: Protocol) -> Offers:
    symptoms = protocol.medicine.symptoms
    instruments = dict.fromkeys((*protocol.measures, *sorted(INSTRUMENTS)))
    return {
        "/data/topics": _codes(protocol.preparation.topics),
        "/data/symptoms": _codes((*symptoms.emergency, *symptoms.urgent, *symptoms.warning)),
        "/data/conditions": _codes((*protocol.screening.absolute, *protocol.screening.review)),
        "/data/code": _codes(one.code for one in protocol.medicine.comedication),
        "/data/medications": _codes(protocol.screening.caution_medications),
        "/data/form": _codes(form.form for form in protocol.forms),
        "/data/route": _codes(route.value for route in protocol.routes),
        FURTHER_ROUTES: _codes(one.route.value for one in protocol.medicine.routes or ()),
        "/data/instrument": tuple(Option(value=one, label=instrument_name(one)) for one in instruments),
        "/data/indications": _codes(protocol.indications) if kind == "kap.course.referred" else (),
    }


def _codes(codes: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(value=code, label=spoken(code)) for code in dict.fromkeys(codes))


def _due(kind: str, view: CourseView) -> Iterator[tuple[str, str]]:
    """Session, day and form of the longest overdue deadline."""
    awaited = AFTERWARDS.get(kind)
    found = sorted((one for one in view.deadlines if one.kind is awaited), key=lambda one: one.due_at)
    for one in found[:1]:
        if one.session is not None:
            yield "/data/session", str(one.session)
        yield from _subject(one)


def _subject(due: DeadlineView) -> Iterator[tuple[str, str]]:
    match due.kind:
        case DeadlineKind.CHECK_IN | DeadlineKind.FOLLOW_UP if due.subject:
            yield "/data/days_after", str(days(duration(due.subject)))
        case DeadlineKind.FORM if due.subject:
            yield "/data/form", due.subject


def _session(kind: str, view: CourseView) -> int:
    """The newest session, or for a booking the one after it."""
    if not view.sessions:
        return 1
    newest = view.sessions[-1]
    if kind in AFTERWARDS:
        gone_home = [session.number for session in view.sessions if session.stage is Stage.DISCHARGED]
        return gone_home[-1] if gone_home else newest.number
    is_to_be_booked = kind == "kap.session.booked" and not (
        newest.stage in GONE_BY or (newest.stage is Stage.ABORTED and not newest.doses)
    )
    return newest.number + 1 if is_to_be_booked else newest.number
