"""Follow-up: integration talks, check-in calls, forms and follow-up visits after the medicine sessions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from domain.codes import spoken
from domain.course.event_rule import ALWAYS, ANYONE, DISCHARGED, EventRule, SessionEventRule
from domain.course.recorded import Recorded
from domain.course.rules import preparation, suicidality, symptoms
from domain.course.session import MedicineSession
from domain.course.state import CourseState, Outcome, Phase
from domain.course.transition import Transition
from domain.course.verdict import Finding, Verdict, VerdictSeverity, verdict_of
from domain.durations import days, in_words
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    CheckInCompleted,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    PatientDischarged,
    PatientHandedOver,
)
from domain.values import Blocker, Code, Moment, Severity, count_of


def last_stay_ended(course: CourseState) -> Recorded[PatientDischarged.Data] | Recorded[PatientHandedOver.Data] | None:
    """The end of the last medicine session that has ended, the first end of its stay; None before any has."""
    ended = [home for session in course.sessions if (home := session.went_home or session.ended) is not None]
    return ended[-1] if ended else None


def counted_from(course: CourseState) -> Recorded[PatientDischarged.Data] | Recorded[PatientHandedOver.Data] | None:
    """What follow-up visits are counted from: the end of the last dosed session's stay, the first one.

    None while that session has not ended: whoever is back from a hospital is at it again, and no earlier one counts.
    """
    is_here = any(session.went_home is None and session.ended is None for session in course.dosed_sessions[-1:])
    return None if is_here else last_stay_ended(course)


def visits_held(course: CourseState) -> frozenset[int]:
    """The visits that have been held, by their days; after a session of maintenance they are counted anew."""
    last, is_anew = counted_from(course), course.maintenance_from is not None
    held = (visit for visit in course.follow_ups if not is_anew or last is None or visit.at >= last.at)
    return frozenset(visit.data.days_after for visit in held)


def integration_blockers(course: CourseState, session: MedicineSession, event: IntegrationHeld) -> Iterator[Blocker]:
    """The blockers of recording this integration talk."""
    rules = course.protocol.integration
    if session.ended is None:
        yield from _before_discharge(session, event.time)
    elif event.time < session.ended.at:
        yield Blocker(
            code="integration.before_discharge",
            message="The talk is dated before the patient's discharge",
            absolute=True,
        )
    elif rules.roles is not None and preparation.began_at(event.time, event.data.minutes) < session.ended.at:
        since = in_words(event.time - session.ended.at)
        yield Blocker(
            code="integration.before_discharge",
            message=f"The talk took {event.data.minutes} min and was over {since} after the patient's discharge",
            absolute=True,
            observed=event.data.minutes,
        )
    yield from preparation.too_short("integration", event.data.minutes, rules.least_minutes, course.protocol)
    held = (talk for one in course.sessions for talk in one.integrations)
    yield from preparation.told_before("integration", event, held, rules)


def check_in_blockers(course: CourseState, session: MedicineSession, event: CheckInCompleted) -> Iterator[Blocker]:
    """The blockers of recording this check-in call. A late call is never blocked."""
    gone = session.gone
    if gone is None or event.time < gone.at:
        yield from _before_discharge(session, event.time)
    # A call that was not due has no name: it is judged, and fulfils nothing.
    if event.data.days_after is None:
        return
    named = course.protocol.check_ins.after
    yield from _must_be_named("check_in.not_in_protocol", event.data.days_after, named, "check_ins.after", course)
    if gone is not None and event.time >= gone.at:
        since = event.time - gone.at
        yield from _too_early("check_in.too_early", event.data.days_after, since, named, "check_ins.after", course)
    if event.data.days_after in {call.data.days_after for call in session.check_ins}:
        yield Blocker(
            code="check_in.already_done",
            message=f"The call {count_of(event.data.days_after, 'day')} after session {session.number} "
            "has been recorded",
            absolute=True,
            observed=event.data.days_after,
        )


def form_blockers(course: CourseState, session: MedicineSession, event: FormFiled) -> Iterator[Blocker]:
    """The blockers of filing this form."""
    yield from _before_discharge(session, event.time)
    forms = [form.form for form in course.protocol.forms]
    named = ", ".join(map(spoken, forms))
    if event.data.form not in forms:
        yield Blocker(
            code="form.not_in_protocol",
            message=f"The form must be one of {named}" if forms else "The protocol asks for no forms",
            absolute=True,
            observed=event.data.form,
        )
    elif event.data.form in {paper.data.form for paper in session.forms}:
        yield Blocker(
            code="form.already_filed",
            message=f"The form {spoken(event.data.form)} has been filed for session {session.number}",
            absolute=True,
            observed=event.data.form,
        )


def follow_up_blockers(course: CourseState, event: FollowUpHeld) -> Iterator[Blocker]:
    """The blockers of recording this follow-up visit."""
    named = course.protocol.follow_up.after
    yield from _must_be_named("follow_up.not_in_protocol", event.data.days_after, named, "follow_up.after", course)
    if (last := counted_from(course)) is None:
        yield from (one for session in course.dosed_sessions[-1:] for one in _before_discharge(session, event.time))
    else:
        since = event.time - last.at
        yield from _too_early("follow_up.too_early", event.data.days_after, since, named, "follow_up.after", course)
    if event.data.days_after in visits_held(course):
        yield Blocker(
            code="follow_up.already_held",
            message=f"The visit {count_of(event.data.days_after, 'day')} after has been recorded",
            absolute=True,
            observed=event.data.days_after,
        )


def is_over(course: CourseState) -> bool:
    """Whether the protocol asks for no visit after those held; an earlier one that was left out no longer counts."""
    last = max((days(after) for after in course.protocol.follow_up.after), default=0)
    return max(visits_held(course), default=0) >= last


def _before_discharge(session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if session.ended is None or at < session.ended.at:
        had = "has not" if session.ended is None else "had not"
        yield Blocker(
            code="session.not_discharged",
            message=f"The patient {had} been discharged from session {session.number}",
            absolute=True,
            observed=session.stage,
        )


def _must_be_named(
    code: str, observed: int, after: Sequence[timedelta], key: str, course: CourseState
) -> Iterator[Blocker]:
    named = [days(one) for one in after]
    if observed not in named:
        yield Blocker(
            code=code,
            message=f"{count_of(observed, 'day')} after was reported; the protocol names {', '.join(map(str, named))}",
            absolute=True,
            observed=observed,
            limit=", ".join(map(str, named)),
            source=course.protocol.source_of(key),
        )


def _too_early(
    code: str, named: int, since: timedelta, after: Sequence[timedelta], key: str, course: CourseState
) -> Iterator[Blocker]:
    """The blocker of a call or visit that was made nearer to the one before it than to the one that it names."""
    opens_after = next((opens for due, opens in windows(after) if days(due) == named), timedelta())
    if since < opens_after:
        yield Blocker(
            code=code,
            message=f"{count_of(named, 'day')} after was reported {in_words(since)} after the discharge; "
            f"it counts from {in_words(opens_after)} on",
            absolute=True,
            observed=in_words(since),
            limit=in_words(opens_after),
            source=course.protocol.source_of(key),
        )


def windows(after: Sequence[timedelta]) -> Iterator[tuple[timedelta, timedelta]]:
    """Each due moment with when its window opens: midway between the one before it, or the discharge, and itself."""
    for earlier, due in pairwise((timedelta(), *after)):
        yield due, earlier + (due - earlier) / 2


def go_on_when_integrated(transition: Transition[Any], at: Moment) -> None:
    """Moves on to the next medicine session, or after the plan's last one to follow-up, unless the patient is here.

    Follow-up always waits for the integration talk; the next session only if the protocol wants the talk first.
    """
    course, protocol = transition.course, transition.course.protocol
    dosed = course.dosed_sessions
    if course.phase not in {Phase.MEDICINE, Phase.INTEGRATION} or not dosed:
        return
    is_talked_through = len(dosed[-1].integrations) >= protocol.integration.sessions
    if dosed[-1].number < course.planned_sessions:
        if course.phase is Phase.INTEGRATION and (
            is_talked_through or not protocol.medicine.integration_before_next_dose
        ):
            transition.enter(Phase.MEDICINE, at)
    elif is_talked_through and not any(session.has_the_patient for session in course.sessions):
        transition.enter(Phase.FOLLOW_UP, at)
        complete_when_followed_up(transition, at)


def complete_when_followed_up(transition: Transition[Any], at: Moment) -> None:
    """Closes the course as completed once the protocol asks for nothing more."""
    if transition.course.phase is Phase.FOLLOW_UP and is_over(transition.course):
        transition.close(Outcome.COMPLETED, at)


def _no_call_open(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    made = {call.data.days_after for call in session.check_ins}
    gone = session.gone
    if gone is not None and not made.issuperset(_open_windows(course.protocol.check_ins.after, at - gone.at)):
        return
    yield Blocker(code="check_in.already_done", message="Every call that may be made by now has been", absolute=True)


def _no_visit_open(course: CourseState, at: datetime) -> Iterator[Blocker]:
    held, last = visits_held(course), counted_from(course)
    if last is not None and not held.issuperset(_open_windows(course.protocol.follow_up.after, at - last.at)):
        return
    yield Blocker(code="follow_up.already_held", message="Every visit that may be held by now has been", absolute=True)


def _open_windows(after: Sequence[timedelta], since: timedelta) -> Iterator[int]:
    """The names, in days, of the calls or visits whose window has opened by then."""
    return (days(due) for due, opens in windows(after) if opens <= since)


def _every_form_filed(course: CourseState, session: MedicineSession, _at: datetime) -> Iterator[Blocker]:
    if {paper.data.form for paper in session.forms} >= {form.form for form in course.protocol.forms}:
        yield Blocker(code="form.already_filed", message="Every form has been filed", absolute=True)


def _call(transition: Transition[Any], session: MedicineSession, event: CheckInCompleted) -> None:
    transition.keep(session.but(check_ins=(*session.check_ins, transition.recorded(event))))


def call_verdict(course: CourseState, said: CheckInCompleted.Data, at: datetime) -> Verdict:
    """The verdict on what the patient said on a call at that moment, whichever call it was."""
    ideation = Finding(
        code="check_in.suicidal_ideation",
        message="The patient speaks of suicide",
        observed=True,
        limit=None,
        severity=VerdictSeverity.URGENT,
        source=None,
    )
    told = (ideation,) if said.suicidal_ideation else ()
    return verdict_of((*told, *_findings(course, said.symptoms, at)))


def _findings(course: CourseState, said: Iterable[Code], at: datetime) -> Iterator[Finding]:
    doses = (dose for session in course.sessions for dose in session.doses)
    return symptoms.findings(course.protocol, said, symptoms.since_dose(doses, at))


def _judge_call(transition: Transition[Any], session: MedicineSession | None, event: CheckInCompleted) -> None:
    """Escalates what was said, on any call: a symptom at home is an adverse event, for nobody measured anything.

    One that tells of suicide is a risk of suicide, as if they had been asked for it.
    """
    said, protocol = event.data, transition.course.protocol
    transition.verdict = call_verdict(transition.course, said, event.time)
    if said.suicidal_ideation:
        suicidality.tell(transition, Severity.URGENT, event.time)
    suicidality.tell_of_symptoms(transition, said.symptoms, event.time)
    of_suicide = suicidality.named_in(protocol, said.symptoms)
    others = tuple(one for one in said.symptoms if one not in of_suicide)
    reported = symptoms.told_as(verdict_of(_findings(transition.course, others, event.time)))
    if reported is not None:
        transition.escalate(Kind.ADVERSE_EVENT, session.number if session else None, reported, event.time)


def _integrate(transition: Transition[Any], session: MedicineSession, event: IntegrationHeld) -> None:
    transition.keep(session.but(integrations=(*session.integrations, transition.recorded(event))))
    go_on_when_integrated(transition, event.time)


def _file(transition: Transition[Any], session: MedicineSession, event: FormFiled) -> None:
    transition.keep(session.but(forms=(*session.forms, transition.recorded(event))))


def _follow_up(transition: Transition[Any], event: FollowUpHeld) -> None:
    transition.change(follow_ups=(*transition.course.follow_ups, transition.recorded(event)))
    complete_when_followed_up(transition, event.time)


def _last_discharged(
    course: CourseState, _rule: SessionEventRule[Any], event: IntegrationHeld | FormFiled
) -> MedicineSession | None:
    return next((one for one in course.newest_first if one.ended and one.ended.at <= event.time), None)


def _last_gone(
    course: CourseState, _rule: SessionEventRule[CheckInCompleted], event: CheckInCompleted
) -> MedicineSession | None:
    return next((one for one in course.newest_first if one.gone is not None and one.gone.at <= event.time), None)


CALLED = SessionEventRule(
    event=CheckInCompleted,
    phases=ALWAYS,
    stages=DISCHARGED,
    roles=ANYONE,
    fulfils=True,
    fits_away=True,
    place=_last_gone,
    judge=_judge_call,
    standing=_no_call_open,
    blockers=check_in_blockers,
    apply=_call,
)
INTEGRATED = SessionEventRule(
    event=IntegrationHeld,
    phases=ALWAYS,
    stages=DISCHARGED,
    only_roles=lambda protocol: protocol.integration.roles,
    roles_key="integration.roles",
    fulfils=True,
    place=_last_discharged,
    blockers=integration_blockers,
    apply=_integrate,
)
FILED = SessionEventRule(
    event=FormFiled,
    phases=ALWAYS,
    fulfils=True,
    stages=DISCHARGED,
    standing=_every_form_filed,
    place=_last_discharged,
    blockers=form_blockers,
    apply=_file,
)
FOLLOWED_UP = EventRule(
    event=FollowUpHeld,
    phases=frozenset({Phase.FOLLOW_UP}),
    fulfils=True,
    standing=_no_visit_open,
    blockers=follow_up_blockers,
    apply=_follow_up,
)
RULES = (CALLED, INTEGRATED, FILED, FOLLOWED_UP)
