"""What an accepted clinic event changes, and whom it makes us call."""

from datetime import date, tzinfo
from typing import Any, TypeVar

from domain.course import measures
from domain.course.measures_taken import MeasureTaken
from domain.course.rules import checkpoints, followup, preparation, vitals
from domain.course.rules.vitals import VerdictSeverity, verdict
from domain.course.state import CourseState, Data, Fact, MedicineSession, Outcome, Phase, Stage
from domain.course.transition import CourseT, Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    AdverseEventReported,
    CheckInCompleted,
    ClinicEvent,
    ConsentSigned,
    ConsentWithdrawn,
    CourseDiscontinued,
    CourseHeld,
    CourseReferred,
    CourseResumed,
    CourseTransferred,
    CourseVoided,
    DischargeAssessed,
    DoseAdministered,
    EligibilityDecided,
    EligibilityDecision,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    MeasureRecorded,
    PatientCheckedIn,
    PatientDischarged,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ProtocolMigrated,
    ScreeningRecorded,
    SessionAborted,
    SessionBooked,
    SessionCanceled,
    SessionCleared,
    SessionMissed,
    SessionRebooked,
    VitalsRecorded,
)
from domain.protocol.model import MeasureRule
from domain.values import Moment, Severity

Known = TypeVar("Known", bound=Fact[Any])

LEFT_BEFORE_DISCHARGE = "left_before_discharge"
"""The term by which a clinic reports that a dosed patient went away before she was discharged (CLINICAL.md 6.1)."""

_SERIOUS_GRADE = 4
_SEVERE_GRADE = 3
_MODERATE_GRADE = 2


def apply(transition: Transition[CourseT], event: ClinicEvent) -> None:
    """The course after the event, with every entry, escalation and change of phase that follows from it."""
    match event:
        case CourseReferred():
            transition.change(referral=_fact(transition, event.time, event.data))
            transition.enter(Phase.SCREENING, event.time)
        case ScreeningRecorded():
            transition.change(screening=_newer(transition.course.screening, _fact(transition, event.time, event.data)))
        case ConsentSigned():
            transition.change(consent=_newer(transition.course.consent, _fact(transition, event.time, event.data)))
        case ConsentWithdrawn():
            _withdraw_consent(transition, event)
        case MeasureRecorded():
            _take_measure(transition, event)
        case EligibilityDecided():
            _decide_eligibility(transition, event)
        case PlanPrescribed():
            plans = (*transition.course.plans, _fact(transition, event.time, event.data))
            transition.change(plans=tuple(sorted(plans, key=lambda plan: plan.at)))
            _begin_medicine_when_prepared(transition, event.time)
            _go_on_when_integrated(transition, event.time)
        case PreparationHeld():
            transition.change(preparations=(*transition.course.preparations, _fact(transition, event.time, event.data)))
            _begin_medicine_when_prepared(transition, event.time)
        case AdverseEventReported():
            _report_adverse_event(transition, event)
        case FollowUpHeld():
            _hold_follow_up(transition, event)
        case CourseHeld():
            transition.hold(event.data.reason, event.time, is_safety=False)
        case CourseResumed():
            transition.change(hold=None, phase_learned_at=transition.now)
        case PatientWithdrew():
            was_screened = transition.course.phase is not Phase.SCREENING
            transition.close(Outcome.WITHDRAWN if was_screened else Outcome.DECLINED, event.time)
        case CourseDiscontinued():
            transition.close(Outcome.DISCONTINUED, event.time)
        case CourseTransferred():
            transition.close(Outcome.TRANSFERRED, event.time)
        case CourseVoided():
            transition.close(Outcome.ENTERED_IN_ERROR, event.time)
        case ProtocolMigrated():
            # The course has taken the new version over before; what it does not ask for any more is not waited for.
            _go_on_when_integrated(transition, event.time)
            _complete_when_followed_up(transition, event.time)
        case _:
            _apply_to_session(transition, event)


def _apply_to_session(transition: Transition[CourseT], event: ClinicEvent) -> None:
    match event:
        case SessionBooked():
            _book(transition, event)
            return
        case _:
            session = transition.course.session_numbered(getattr(event.data, "session", 0))
    assert session is not None
    match event:
        case SessionRebooked():
            _rebook(transition, session, event)
        case SessionCanceled():
            _keep(transition, session.but(stage=Stage.CANCELED))
        case SessionMissed():
            _keep(transition, session.but(stage=Stage.MISSED))
            transition.escalate(Kind.SESSION_MISSED, session.number, Severity.ROUTINE, event.time)
        case PatientCheckedIn():
            _keep(transition, session.but(stage=Stage.CHECKED_IN, check_in=_fact(transition, event.time, event.data)))
        case VitalsRecorded():
            _read(transition, session, event)
        case SessionCleared():
            cleared = _newer(session.clearance, _fact(transition, event.time, event.data))
            _keep(transition, session.but(stage=Stage.CLEARED, clearance=cleared))
        case DoseAdministered():
            doses = (*session.doses, _fact(transition, event.time, event.data))
            _keep(
                transition,
                _unsettled(session).but(stage=Stage.DOSED, doses=tuple(sorted(doses, key=lambda dose: dose.at))),
            )
        case SessionAborted():
            stage = Stage.RECOVERING if session.doses else Stage.ABORTED
            _keep(transition, session.but(stage=stage, abort=_fact(transition, event.time, event.data)))
            _go_on_when_integrated(transition, event.time)
        case DischargeAssessed():
            assessed = _newer(session.assessment, _fact(transition, event.time, event.data))
            _keep(transition, session.but(stage=Stage.RECOVERING, assessment=assessed))
        case PatientDischarged():
            _discharge(transition, session, event)
        case CheckInCompleted():
            _call(transition, session, event)
        case IntegrationHeld():
            held = (*session.integrations, _fact(transition, event.time, event.data))
            _keep(transition, session.but(integrations=held))
            _go_on_when_integrated(transition, event.time)
        case FormFiled():
            _keep(transition, session.but(forms=(*session.forms, _fact(transition, event.time, event.data))))


def _fact(transition: Transition[CourseT], at: Moment, data: Data) -> Fact[Data]:
    # Parametrized by what it holds, so that it is written out, and read back, as that.
    return Fact[type(data)](at=at, recorded_at=transition.now, data=data)  # type: ignore[misc,no-any-return,operator]


def _newer(standing: Known | None, arrived: Known) -> Known:
    """A fact sent late does not push aside one that is newer."""
    return standing if standing is not None and standing.at > arrived.at else arrived


def _keep(transition: Transition[CourseT], session: MedicineSession) -> None:
    transition.change(sessions=transition.course.sessions_with(session))


def _book(transition: Transition[CourseT], event: SessionBooked) -> None:
    booked = MedicineSession(
        number=event.data.session,
        stage=Stage.BOOKED,
        starts_at=event.data.starts_at,
        booking=_fact(transition, event.time, event.data),
    )
    _keep(transition, booked)


def _rebook(transition: Transition[CourseT], session: MedicineSession, event: SessionRebooked) -> None:
    """Another visit: nothing that was said or measured at an earlier one counts at it."""
    booked = MedicineSession(
        number=session.number, stage=Stage.BOOKED, starts_at=event.data.starts_at, booking=session.booking
    )
    _keep(transition, booked)


def _withdraw_consent(transition: Transition[CourseT], event: ConsentWithdrawn) -> None:
    transition.change(consent=_newer(transition.course.consent, _fact(transition, event.time, event.data)))
    transition.hold("consent withdrawn", event.time, is_safety=True)
    last = transition.course.last_dose_at
    if last is not None and _day(last, event.time.tzinfo) == _day(event.time, event.time.tzinfo):
        session = transition.course.dosed_sessions[-1].number
        transition.escalate(Kind.CONSENT_WITHDRAWN, session, Severity.URGENT, event.time)


def _day(moment: Moment, zone: tzinfo | None) -> date:
    return moment.astimezone(zone).date()


def _take_measure(transition: Transition[CourseT], event: MeasureRecorded) -> None:
    scored = measure_scored(transition.course, event)
    taken = MeasureTaken(at=event.time, recorded_at=transition.now, scored=scored)
    transition.change(measures=(*transition.course.measures, taken))
    rule = transition.course.protocol.measures.get(scored.instrument)
    if rule is None:
        return
    if rule.item9 and scored.item9 is not None and scored.item9 >= rule.item9.at_least:
        transition.escalate(Kind.ITEM9_POSITIVE, None, rule.item9.severity, event.time)
    _answer_risk(transition, rule, scored.risk, event)


def _answer_risk(
    transition: Transition[CourseT], rule: MeasureRule, risk: measures.Risk | None, event: MeasureRecorded
) -> None:
    answer = {measures.Risk.HIGH: rule.high, measures.Risk.MODERATE: rule.moderate}.get(risk) if risk else None
    if answer is None:
        return
    if answer.hold:
        transition.hold(f"suicide risk {risk}", event.time, is_safety=True)
    transition.escalate(Kind.SUICIDE_RISK, None, answer.severity, event.time)


def measure_scored(course: CourseState, event: MeasureRecorded) -> measures.Scored:
    """What the answers come to. Raises `Refused`, naming the field, where they are not as the instrument asks."""
    said = event.data
    return measures.scored(
        said.instrument,
        course.protocol.measures,
        items=said.items,
        score=said.score,
        behavior_lifetime=said.behavior_lifetime,
    )


def _decide_eligibility(transition: Transition[CourseT], event: EligibilityDecided) -> None:
    transition.change(eligibility=_fact(transition, event.time, event.data))
    if event.data.decision is EligibilityDecision.INELIGIBLE:
        transition.close(Outcome.INELIGIBLE, event.time)
    else:
        transition.enter(Phase.PREPARATION, event.time)


def _begin_medicine_when_prepared(transition: Transition[CourseT], at: Moment) -> None:
    if transition.course.phase is Phase.PREPARATION and not any(preparation.blockers(transition.course)):
        transition.enter(Phase.MEDICINE, at)


def _read(transition: Transition[CourseT], session: MedicineSession, event: VitalsRecorded) -> None:
    """The reading is judged, and so are those after it that it gives another meaning: it may have arrived late."""
    protocol, before = transition.course.protocol, session
    arrived = _fact(transition, event.time, event.data)
    place = before.place_of(arrived)
    session = _unsettled_by(before, event.time).but(
        readings=(*before.readings[:place], arrived, *before.readings[place:])
    )
    _keep(transition, session)
    for reading in (arrived, *vitals.judged_anew(before, session, arrived)):
        is_known = reading is not arrived
        was = verdict(protocol, before, reading).severity if is_known else VerdictSeverity.NORMAL
        now = verdict(protocol, session, reading).severity
        if now.pages_as is not None and now.rank > was.rank:
            kind = Kind.VITALS_EMERGENCY if now is VerdictSeverity.EMERGENCY else Kind.VITALS_URGENT
            transition.escalate(kind, session.number, now.pages_as, reading.at)
        was_not_falling = is_known and vitals.is_not_falling(protocol, before, reading)
        if session.is_monitored and not was_not_falling and vitals.is_not_falling(protocol, session, reading):
            transition.escalate(Kind.BLOOD_PRESSURE_NOT_FALLING, session.number, Severity.URGENT, reading.at)
    if not checkpoints.is_overdue(protocol.medicine.checkpoints, session, transition.course.passed):
        transition.settle(Kind.VITALS_OVERDUE, session.number)
    settle_checkpoints(transition, session.number)


def settle_checkpoints(transition: Transition[CourseT], number: int) -> None:
    """The session's checkpoints that ask nothing more are kept as they are: the next decision does not look at them."""
    session = transition.course.session_numbered(number)
    if session is not None and session.is_monitored:
        settled = checkpoints.settle(transition.course.protocol.medicine.checkpoints, session, transition.course.passed)
        if settled is not session:
            _keep(transition, settled)


def _unsettled(session: MedicineSession) -> MedicineSession:
    """The session with all its checkpoints to be judged anew: what they follow from has changed."""
    return session.but(settled=(), settled_until=None) if session.settled else session


def _unsettled_by(session: MedicineSession, moment: Moment) -> MedicineSession:
    is_behind = session.settled_until is not None and moment < session.settled_until
    return _unsettled(session) if is_behind else session


def _discharge(transition: Transition[CourseT], session: MedicineSession, event: PatientDischarged) -> None:
    _keep(
        transition, _unsettled(session).but(stage=Stage.DISCHARGED, discharge=_fact(transition, event.time, event.data))
    )
    transition.settle(Kind.VITALS_OVERDUE, session.number)
    transition.enter(Phase.INTEGRATION, event.time)
    _go_on_when_integrated(transition, event.time)


def _go_on_when_integrated(transition: Transition[CourseT], at: Moment) -> None:
    """On to the next medicine session, or after the plan's last one to the follow-up, unless the patient is here.

    The follow-up waits for the talk in any case; the next session only where the protocol wants the talk before it.
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
        _complete_when_followed_up(transition, at)


def _complete_when_followed_up(transition: Transition[CourseT], at: Moment) -> None:
    if transition.course.phase is Phase.FOLLOW_UP and followup.is_over(transition.course):
        transition.close(Outcome.COMPLETED, at)


def _call(transition: Transition[CourseT], session: MedicineSession, event: CheckInCompleted) -> None:
    _keep(transition, session.but(check_ins=(*session.check_ins, _fact(transition, event.time, event.data))))
    if event.data.suicidal_ideation:
        transition.escalate(Kind.SUICIDE_RISK, None, Severity.URGENT, event.time)


def _report_adverse_event(transition: Transition[CourseT], event: AdverseEventReported) -> None:
    """CTCAE v5 grades (S45): life-threatening or serious wakes everybody, severe is urgent, moderate is routine."""
    said, monitored = event.data, transition.course.monitored
    severity = _severity_of(said)
    if said.term == LEFT_BEFORE_DISCHARGE and monitored is not None:
        at_least = Severity.EMERGENCY if severity is Severity.EMERGENCY else Severity.URGENT
        transition.escalate(Kind.LEFT_BEFORE_DISCHARGE, monitored.number, at_least, event.time)
    elif severity is not None:
        transition.escalate(Kind.ADVERSE_EVENT, said.session, severity, event.time)


def _severity_of(said: AdverseEventReported.Data) -> Severity | None:
    if said.serious or said.grade >= _SERIOUS_GRADE:
        return Severity.EMERGENCY
    if said.grade >= _SEVERE_GRADE:
        return Severity.URGENT
    return Severity.ROUTINE if said.grade >= _MODERATE_GRADE else None


def _hold_follow_up(transition: Transition[CourseT], event: FollowUpHeld) -> None:
    transition.change(follow_ups=(*transition.course.follow_ups, _fact(transition, event.time, event.data)))
    _complete_when_followed_up(transition, event.time)
