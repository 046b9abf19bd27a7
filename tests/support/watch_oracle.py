"""Who must be watched, and which readings they were asked for: read off ledger entries, asking no rule that decided."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from domain.events.clinic_events import DoseAdministered
from domain.ledger import Entry
from domain.protocol.model import Protocol
from domain.values import Role
from tests.support.corrected_ledger import DOSE, SIGNS, as_corrected, is_in_doubt
from tests.support.ledger_entries import LONG_PAST, counted_from, newest, placed, role_of, said, visit_of
from tests.support.signs_oracle import is_answered

MOVED_ON = {
    "kap.patient.died",
    "kap.patient.handed_over",
    "kap.patient.returned",
    "kap.medication.administered",
    "kap.infusion.started",
    "kap.infusion.stopped",
}
"""Facts after which the last dose alone does not tell who is watched."""

ENDS = {"kap.patient.discharged", "kap.patient.handed_over"}

STAFF = {Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR}


def monitored(entries: Sequence[Entry]) -> set[int]:
    """The sessions of a dosed patient, told within a day, who was not discharged or handed over since, nor died.

    Or who was, but not discharged, and was seen at the clinic within a day after it.
    """
    dosed: dict[int, Entry] = {}
    home: dict[int, datetime] = {}
    discharged: set[int] = set()
    seen: dict[int, list[datetime]] = {}
    for one, session in placed(entries):
        if session is not None and one.type == "kap.dose.administered":
            dosed[session] = newest((one, dosed.get(session, one)))
        if session is not None and one.type in ENDS:
            # Who is handed over twice went with the later one, whichever was told first.
            is_again = one.type == "kap.patient.handed_over" and session in home
            home[session] = max(home[session], one.time) if is_again else one.time
            (discharged.add if one.type == "kap.patient.discharged" else discharged.discard)(session)
        if session is not None and _is_seen(one):
            seen.setdefault(session, []).append(one.time)
        if session in home and one.type == "kap.patient.returned" and _is_back(one, home[session]):
            home.pop(session)
    died_at = max((one.time for one in said(entries, "patient.died")), default=None)

    def is_back(session: int, gone_at: datetime) -> bool:
        return any(gone_at < at <= gone_at + LONG_PAST for at in seen.get(session, []))

    def is_here(session: int, given: Entry) -> bool:
        home_at = home.get(session)
        is_sent = home_at is not None and given.time <= home_at
        is_dead = died_at is not None and given.time <= died_at
        if is_sent and (session in discharged or not is_back(session, home[session])):
            return False
        # Whoever was at home when they died was watched no more, whatever was seen before that.
        return died_at is None or not is_dead or (session not in home and is_back(session, died_at))

    return {
        session for session, one in dosed.items() if one.recorded_at - one.time <= LONG_PAST and is_here(session, one)
    }


def is_over(event: DoseAdministered, entries: list[Entry], session: int) -> bool:
    """Whether the dose is told so late that nobody can be watched for it: the patient is gone, or a day has passed."""
    (given,) = [one for one in entries if (one.event_id, one.source) == (event.id, event.source)]
    is_gone = any(at == session and one.type in ENDS and one.time >= event.time for one, at in placed(entries))
    has_died = any(one.time >= event.time for one in said(entries, "patient.died"))
    return given.recorded_at - given.time > LONG_PAST or is_gone or has_died


def sent_home_too_soon(entries: Sequence[Entry], rules: Protocol) -> set[int]:
    """The session whose last dose, told or moved since the discharge, was too short before it, and told in time.

    In time is before the least observation would be over, counted from that dose or that discharge, the later of the
    two: whoever it was is watched again. Of ledgers with one visit, where nobody was said to be away or dead, and
    nothing else begins an observation.
    """
    homes = list(said(entries, "patient.discharged"))
    if not homes or is_in_doubt(entries, frozenset({DOSE})):
        return set()
    read = as_corrected(entries)
    if any(may_be_away(one) or _is_dead_or_moved_on(one) for one in (entries, read)):
        return set()
    last = _last_dose(read)
    if last is None or len({session for _, session in placed(entries) if session is not None}) > 1:
        return set()
    told_at, observed_for = last.recorded_at, rules.medicine.minimum_observation
    before = _last_dose(as_corrected([one for one in entries if one.recorded_at < told_at]))
    is_news = told_at > homes[-1].recorded_at and (before is None or before.time < last.time)
    is_short = homes[-1].time - last.time < observed_for
    session = homes[-1].data["session"]
    assert isinstance(session, int)
    return {session} if is_news and is_short and told_at < max(last.time, homes[-1].time) + observed_for else set()


def _last_dose(read: Sequence[Entry]) -> Entry | None:
    """The last dose of a ledger with one visit, dated as it counts; None where nobody was checked in for it."""
    doses, came = list(said(read, "dose.administered")), list(said(read, "patient.checked_in"))
    if not doses or not came:
        return None
    return newest(one.but(time=counted_from(read, one)) for one in doses)


def _is_dead_or_moved_on(entries: Sequence[Entry]) -> bool:
    """Whether somebody said that the patient died, was handed over or is back, or was given anything else."""
    fatal = [one for one in said(entries, "adverse_event.reported") if one.data["grade"] == 5]
    return bool(fatal) or any(one.type in MOVED_ON for one in entries)


def may_be_away(entries: Sequence[Entry]) -> bool:
    """Whether anybody ever said that the patient had left: then a rule of its own says for how long."""
    return any(_is_departure(one) for one in entries)


def assert_missed_checkpoints_were_told(entries: Sequence[Entry], known: int, rules: Protocol, now: datetime) -> None:
    """By the required signs alone a checkpoint is met, and by them it is; `known` entries had been written before.

    Of visits with one dose, during which nobody left or was lost and nothing in doubt was corrected; of two that go on
    at once, a reading that names neither is of one of them.
    """
    is_lost = any(said(entries, "patient.returned", "patient.handed_over", "patient.died"))
    if may_be_away(entries) or is_lost or is_in_doubt(entries):
        return
    read, grid = as_corrected(entries), rules.medicine.checkpoints
    missed = {
        (one.data["session"], datetime.fromisoformat(str(one.data["due_at"]))): one.sequence
        for one in entries
        if one.type == "kap.checkpoint.missed"
    }
    for session in monitored(read):
        visit = visit_of(read, session)
        doses, readings = list(said(visit, "dose.administered")), list(said(visit, "vitals.recorded"))
        if len(doses) != 1 or counted_from(visit, doses[0]) != doses[0].time or _is_beside_another(read, doses[0]):
            continue
        moments = [doses[0].time + offset for offset in grid.offsets]
        for due, following in pairwise(moments):
            is_met = is_answered(due, following, readings, rules)
            if not is_met and max(due, doses[0].recorded_at) + grid.missed_after < now:
                assert (session, due) in missed
            if is_met:
                assert missed.get((session, due), 0) <= known


def _is_beside_another(read: Sequence[Entry], dose: Entry) -> bool:
    """Whether another visit has a dose within a day of this one."""
    of = {one.sequence: number for one, number in placed(read)}
    return any(
        of[one.sequence] != of[dose.sequence] and abs(one.time - dose.time) < LONG_PAST
        for one in said(read, "dose.administered")
    )


def _is_back(returned: Entry, left_at: datetime) -> bool:
    """Whether they came back within a day of going, and that was told within a day."""
    is_soon = left_at < returned.time <= left_at + LONG_PAST
    return is_soon and returned.recorded_at - returned.time <= LONG_PAST


def _is_seen(one: Entry) -> bool:
    """Whether it shows them here, and was told within a day."""
    return one.type in SIGNS and role_of(one) in STAFF and one.recorded_at - one.time <= LONG_PAST


def _is_departure(one: Entry) -> bool:
    is_term = one.type == "kap.adverse_event.reported" and one.data["term"] == "left_before_discharge"
    return is_term or one.type == "kap.patient.left"
