"""What follows from a correction: the earlier fact reads as corrected, and all that followed from it is judged anew.

Whoever decided on the old value is told, an escalation that it opened stays for a human, and new dangers escalate at
once.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from domain.course import deadlines
from domain.course.corrections import review
from domain.course.corrections.corrected_fact import Correction, with_version
from domain.course.corrections.lost_grounds import Lost, asks_to_measure_nobody
from domain.course.corrections.retelling import MOST_TOLD, TOLD, Pair, Retelling, Step, retold, told_by
from domain.course.corrections.series_compared import compared
from domain.course.journal import Version
from domain.course.rules import checkpoints, death, deviations, eligibility, late_facts, readings, sent_home
from domain.course.rules.exclusion import tell_of_exclusion
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import Act, ClinicEvent, PatientDischarged, VitalsRecorded
from domain.ledger import Note
from domain.refusal import Refused
from domain.values import Blocker, Severity

_DISCHARGE: Final = PatientDischarged.model_fields["type"].default

OF_THE_MONITORED: Final = frozenset({Kind.VITALS_OVERDUE, Kind.DISCHARGE_OVERDUE})
"""Escalations that rest on a dose: nobody has to be watched who was not given one."""

NOBODY_TO_MEASURE: Final = "nobody is to be measured"
"""Why a reading that was overdue is no longer asked for: by the correction nobody is under the medicine."""


def follow(transition: Transition[Any], event: ClinicEvent, correction: Correction) -> int | None:
    """Carries the correction out, and returns the number of the corrected fact's session; None if it has none.

    A course of too many events is not told once more, nor one whose protocol has changed so that it cannot read what
    was said before: the right value calls whomever it calls by itself, and a prescriber has to weigh what else it
    changes.
    """
    actual: CourseState = transition.course
    version = Version(sequence=transition.sequence, recorded_at=transition.now, event=correction.event)
    transition.change(journal=with_version(actual, correction, version))
    try:
        retelling = retold(actual, correction.corrected, version) if len(actual.journal) <= MOST_TOLD else None
    except Refused:
        retelling = None
    if retelling is None:
        if correction.event is not None:
            _tell_by_itself(transition, correction.event)
        transition.escalate(Kind.CORRECTION_REVIEW, None, Severity.URGENT, event.time)
        return None
    transition.change(**_changed(actual, retelling))
    _judge_discharges(transition, actual, correction, version)
    lost = Lost()
    _tell_phase(transition, actual, event.time)
    _tell_exclusion(transition, actual, event.time)
    _hold_anew(transition, retelling)
    if (reads_now := retelling.pairs[0].now) is not None:
        transition.verdict = reads_now.verdict
    _judge_series(transition, retelling, correction, lost)
    for pair in retelling.pairs:
        _tell_deviations(transition, pair, lost)
        _tell_escalations(transition, pair, lost)
    _take_back_of_discharges(transition, correction, lost)
    if correction.event is not None:
        late_facts.judge_doses(transition, actual, correction.event, correction.corrected.recorded_at)
    _lose_deadlines(transition, actual, lost)
    _settle(transition, actual)
    death.ask_again(transition, actual, event.time)
    lost.mark(transition, retelling)
    review.ask_for(transition, retelling, correction, actual, lost, event.time)
    return review.number_of(retelling.pairs[0])


def _judge_discharges(
    transition: Transition[Any], before: CourseState, correction: Correction, version: Version
) -> None:
    """Watches again whom nobody would have sent home, as it reads now, and keeps with the correction that it did so."""
    judged = sent_home.judge(transition, before)
    reopened = tuple(one.session for one in judged if one.is_reopened)
    if reopened:
        lacked = tuple(lack for one in judged if one.is_reopened for lack in one.lacked)
        kept = version.but(reopened=reopened, lacked=lacked)
        transition.change(journal=with_version(before, correction, kept))
    late_facts.tell_discharges(transition, judged)


def _tell_by_itself(transition: Transition[Any], event: ClinicEvent) -> None:
    """Calls whomever the right value would call if it were reported now."""
    with suppress(Refused):
        step = told_by(transition.course, event, transition.now)
        transition.verdict = step.verdict
        for (kind, session), (severity, at) in step.raised.items():
            transition.escalate(kind, session, severity, at)


def _changed(actual: CourseState, retelling: Retelling) -> dict[str, object]:
    """The parts of the course that read differently now; everything else stays as it is."""
    was, now = retelling.was, retelling.now
    changed = {name: getattr(now, name) for name in TOLD if getattr(was, name) != getattr(now, name)}
    if "holds" in changed:
        # A correction before this one may have held the course anew, over a resumption: that hold stays.
        gone = set(was.holds) - set(now.holds)
        kept = tuple(hold for hold in actual.holds if hold not in gone)
        known = {hold.reason for hold in kept}
        added = (hold for hold in now.holds if hold not in was.holds and hold.reason not in known)
        changed["holds"] = (*kept, *added)
    if "sessions" in changed:
        changed["sessions"] = tuple(_session(actual, was, session) for session in now.sessions)
    return changed


def _session(actual: CourseState, was: CourseState, now: MedicineSession) -> MedicineSession:
    known = actual.session_numbered(now.number)
    unchanged = was.session_numbered(now.number) == now
    return known if known is not None and unchanged else checkpoints.unsettled(now)


def _tell_phase(transition: Transition[Any], before: CourseState, at: datetime) -> None:
    now = transition.course
    if now.phase is not before.phase:
        transition.change(phase_learned_at=transition.now)
        transition.write(Note(time=now.phase_entered_at or at, type="kap.phase.entered", data={"phase": now.phase}))
    if now.is_closed and now.outcome is not before.outcome:
        transition.write(Note(time=now.closed_at or at, type="kap.course.closed", data={"outcome": now.outcome}))


def _tell_exclusion(transition: Transition[Any], before: CourseState, at: datetime) -> None:
    """What the screening says only now: told over, it was of a patient on whom nobody had decided yet."""
    known = {_value(one) for one in eligibility.excluding(before)}
    if any(_value(one) not in known for one in eligibility.excluding(transition.course)):
        tell_of_exclusion(transition, at)


def _value(finding: Blocker) -> tuple[object, ...]:
    return finding.code, finding.observed


def _hold_anew(transition: Transition[Any], retelling: Retelling) -> None:
    """Holds the course for what the right value holds it for: whoever resumed it since did not know of that."""
    corrected = retelling.pairs[0]
    if corrected.now is None:
        return
    known = {hold.reason for hold in (corrected.was.course if corrected.was else retelling.before).holds}
    for hold in corrected.now.course.holds:
        if hold.reason not in known:
            transition.hold(hold.reason, hold.since, is_safety=hold.is_safety)


def _judge_series(transition: Transition[Any], retelling: Retelling, correction: Correction, lost: Lost) -> None:
    """Judges readings whose verdict may have changed; the corrected one's verdict is the answer's."""
    for one in compared(retelling, correction.corrected.sequence):
        if one.is_corrected:
            transition.verdict = one.verdict
        for escalated in one.risen:
            transition.escalate(escalated.kind, one.session, escalated.severity, one.at)
        for kind in one.fallen:
            lost.add(kind, one.session, one.recorded_at)


def _tell_deviations(transition: Transition[Any], pair: Pair, lost: Lost) -> None:
    """Records what speaks against a fact only now, and takes back what no longer does."""
    event = pair.kept.event
    if isinstance(event, Act):
        return
    was, now = _against(pair.was), _against(pair.now)
    gone = {one.code for one in was} - {one.code for one in now}
    if gone:
        _take_back(transition, event.source, event.id, gone)
        left = tuple(one for one in was if one.code not in gone)
        number, known_at = pair.was.session if pair.was else None, pair.kept.recorded_at
        then = deviations.severity_of(transition.course, event, number, was, known_at)
        if then is not None and deviations.severity_of(transition.course, event, number, left, known_at) is not then:
            lost.add(Kind.PROTOCOL_DEVIATION, number, known_at)
    known = {one.code for one in was}
    if pair.now and (added := tuple(one for one in now if one.code not in known)):
        reads_now = _as_it_reads(transition, pair)
        deviations.record(transition, reads_now, pair.now.session, added)


def _take_back_of_discharges(transition: Transition[Any], correction: Correction, lost: Lost) -> None:
    """Takes back what discharges were said to lack and no longer do."""
    for known in transition.course.deviations:
        session = transition.course.session_numbered(known.session) if known.session is not None else None
        if known.type != _DISCHARGE:
            continue
        lacking = sent_home.lacking(transition.course, session, known.at) if session is not None else ()
        gone = {one.code for one in known.deviations} - {one.lack.code for one in lacking}
        if gone:
            _take_back(transition, known.source, known.event_id, gone)
            lost.add(Kind.PROTOCOL_DEVIATION, known.session, correction.corrected.in_force.recorded_at)


def _against(step: Step | None) -> tuple[Blocker, ...]:
    return step.against if step is not None else ()


def _as_it_reads(transition: Transition[Any], pair: Pair) -> ClinicEvent:
    journal = transition.course.journal
    kept = next((one for one in journal if one.sequence == pair.kept.sequence), pair.kept)
    return kept.in_force.event or kept.event


def _take_back(transition: Transition[Any], source: str, event_id: str, gone: set[str]) -> None:
    def left(known: Any) -> Any:
        if (known.source, known.event_id) != (source, event_id):
            return known
        return known.but(deviations=tuple(one for one in known.deviations if one.code not in gone))

    kept = (left(known) for known in transition.course.deviations)
    transition.change(deviations=tuple(known for known in kept if known.deviations))


def _tell_escalations(transition: Transition[Any], pair: Pair, lost: Lost) -> None:
    """Escalates what is dangerous only now; for readings that is told by comparing their series, but for suicide."""
    was = pair.was.raised if pair.was else {}
    now = pair.now.raised if pair.now else {}
    for (kind, session), (severity, at) in now.items():
        known = was.get((kind, session))
        is_compared = isinstance(pair.kept.event, VitalsRecorded) and kind is not Kind.SUICIDE_RISK
        is_told = is_compared or (known and known[0].rank >= severity.rank)
        if not is_told:
            transition.escalate(kind, session, severity, at)
    for (kind, session), (severity, _) in was.items():
        left = now.get((kind, session))
        if left is None or left[0].rank < severity.rank:
            lost.add(kind, session, pair.kept.in_force.recorded_at)


def _lose_deadlines(transition: Transition[Any], before: CourseState, lost: Lost) -> None:
    """What was overdue only by the old value: the page for it rests on that."""
    still = {deadline.key for deadline in deadlines.owed(transition.course)}
    for deadline in deadlines.owed(before):
        passed_at = before.passed.get(deadline.key)
        if passed_at is not None and deadline.consequence is not None and deadline.key not in still:
            lost.add(deadline.consequence.kind, deadline.session, passed_at)
    ended = {one.number for one in before.sessions if one.is_monitored} - {
        one.number for one in transition.course.sessions if one.is_monitored
    }
    for one in transition.course.unresolved:
        if one.kind in OF_THE_MONITORED and one.session in ended:
            lost.add(one.kind, one.session, one.opened_at)


def _settle(transition: Transition[Any], before: CourseState) -> None:
    """Settles an overdue reading that has arrived after all, or that nobody can take, and what no longer changes."""
    for one in transition.course.unresolved:
        if asks_to_measure_nobody(transition.course, one):
            transition.settle(one.kind, one.session, NOBODY_TO_MEASURE)
    rules = transition.course.protocol.medicine.checkpoints
    for session in transition.course.sessions:
        if session.is_monitored and session != before.session_numbered(session.number):
            if not checkpoints.is_overdue(rules, session, transition.course.passed):
                transition.settle(Kind.VITALS_OVERDUE, session.number)
            readings.settle_checkpoints(transition, session.number)
