"""The people of the ward, the protocol they work by, and what they report: the words every story is told with.

Alice may, Charlie must not: OSEI prescribes, LIND watches, THORNE listens, DESK books; WARD is the second prescriber.
Everything that a builder is not told is as it is on a good day, so that a story says only what matters to it. The same
words at the same moment are the same event, with the same id.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from domain.events.clinic_events import (
    AdverseEventReported,
    CheckInCompleted,
    ClinicEvent,
    ConsentSigned,
    ConsentWithdrawn,
    CorrectionRecorded,
    Corrects,
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
    Event,
    EventData,
    FollowUpHeld,
    FormFiled,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    IntegrationHeld,
    MeasureRecorded,
    MedicationAdministered,
    NoteAdded,
    PatientCheckedIn,
    PatientDied,
    PatientDischarged,
    PatientHandedOver,
    PatientLeft,
    PatientReturned,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ProtocolMigrated,
    ResultRecorded,
    ScreeningRecorded,
    SessionAborted,
    SessionBooked,
    SessionCanceled,
    SessionCleared,
    SessionMissed,
    SessionRebooked,
    VitalsRecorded,
)
from domain.events.fields import Dose, Override, PregnancyTest, StaffMember
from domain.protocol.approval import content_hash
from domain.protocol.file import parse_protocol
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from domain.values import Actor, CourseId, Role
from tests.support.paths import PROTOCOLS

OSEI = Actor(id="osei", role=Role.PRESCRIBER)
WARD = Actor(id="ward", role=Role.PRESCRIBER)
LIND = Actor(id="lind", role=Role.MONITOR)
THORNE = Actor(id="thorne", role=Role.THERAPIST)
DESK = Actor(id="desk", role=Role.COORDINATOR)
PATIENT = Actor(id="patient", role=Role.PATIENT)
EHR = Actor(id="ehr", role=Role.SYSTEM)
EVERYBODY = (OSEI, LIND, THORNE, DESK, PATIENT, EHR)
"""One of each role."""

MARA: CourseId = "MARA-1"
JONAS: CourseId = "JONAS-1"
"""Two patients, by their courses."""

Said = TypeVar("Said", bound=Event)

CLINIC = "/clinic/bend/ehr"
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a story begins."""

SHIPPED: Protocol = parse_protocol((PROTOCOLS / "kap-im-weekly.toml").read_text(encoding="utf-8"), "kap-im-weekly.toml")
"""The protocol as it is shipped."""


def _to_the_edge(protocol: Protocol) -> Protocol:
    grid = protocol.medicine.checkpoints.but(told_after=None, emergency_after=timedelta(minutes=10))
    exact = protocol.medicine.dose.but(rounding_percent=None, parts_max=None, parts_within=None, parts_apart=None)
    return protocol.but(medicine=protocol.medicine.but(checkpoints=grid, dose=exact))


def _told_at_once(protocol: Protocol) -> Protocol:
    phq9 = protocol.measures["phq9"]
    assert phq9.item9 is not None
    told = phq9.but(item9=phq9.item9.but(screened_to=None, screened_within=None))
    return protocol.but(measures={**protocol.measures, "phq9": told})


WEEKLY: Protocol = _told_at_once(_to_the_edge(SHIPPED))
"""The clinic's protocol: as it is shipped, but readings and screens are typed in at once, doses are whole and exact."""

SPRAY: Mapping[str, object] = {
    "medicine.dose.basis": DoseBasis.MG,
    "medicine.dose.first_max": 56.0,
    "medicine.dose.max": 84.0,
    "medicine.dose.hard_max": 84.0,
    "medicine.dose.step_max": 28.0,
    "medicine.dose.amounts": (28.0, 56.0, 84.0),
}
"""The weekly protocol's keys that a nasal spray of 28 mg says otherwise."""

TOPICS = WEEKLY.preparation.topics
STAFF = (
    StaffMember(id=OSEI.id, role=Role.PRESCRIBER),
    StaffMember(id=LIND.id, role=Role.MONITOR),
    StaffMember(id=THORNE.id, role=Role.THERAPIST, credentials=("kap",)),
)
"""Who a booking names."""

CALM = (0, 0, 0, 0, 0, 0)
WISHES_TO_BE_DEAD = (1, 0, 0, 0, 0, 0)
HAS_A_METHOD = (1, 1, 1, 0, 0, 0)
HAS_INTENT = (1, 1, 1, 1, 0, 0)
HAS_A_PLAN = (1, 1, 1, 1, 1, 0)
"""Answers to the C-SSRS screener: no risk, low, moderate, high, and high with a plan."""

PHQ9 = (2, 3, 2, 3, 2, 2, 2, 1, 0)
GAD7 = (2, 2, 2, 1, 2, 1, 1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def weekly(changes: Mapping[str, object]) -> Protocol:
    """The weekly protocol with these keys different, such as `medicine.dose.boosters_max`."""
    return changed(WEEKLY, changes)


def changed(protocol: Protocol, changes: Mapping[str, object]) -> Protocol:
    """The protocol with these keys different; one that is a function is asked for its new value with the old one."""
    for key, value in changes.items():
        protocol = _changed(protocol, key, value)
    return protocol


def _changed(model: Any, key: str, value: object) -> Any:
    name, _, rest = key.partition(".")
    old = model[name] if isinstance(model, Mapping) else getattr(model, name)
    new = _changed(old, rest, value) if rest else value(old) if callable(value) else value
    return {**model, name: new} if isinstance(model, Mapping) else model.but(**{name: new})


def moved(event: Said, at: datetime) -> Said:
    """The same said of another moment: another event."""
    return event.but(time=at, id=f"{event.id} at {at.isoformat()}")


_PINNED = PinnedProtocol(protocol=WEEKLY, hash=content_hash(WEEKLY))


def pinned(protocol: Protocol = WEEKLY) -> PinnedProtocol:
    return _PINNED if protocol is WEEKLY else PinnedProtocol(protocol=protocol, hash=content_hash(protocol))


def over(*codes: str, rationale: str = "Weighed with the patient") -> tuple[Override, ...]:
    return tuple(Override(code=code, rationale=rationale) for code in codes)


def referral(
    course: CourseId,
    *,
    at: datetime,
    by: Actor = DESK,
    protocol: str = WEEKLY.id,
    site: str = "bend",
    indications: Iterable[str] = ("F33.2",),
    weight_kg: float | None = None,
    baseline: Mapping[str, float] | None = None,
) -> CourseReferred:
    data = CourseReferred.Data(
        actor=by,
        protocol=protocol,
        site=site,
        indications=tuple(indications),
        weight_kg=weight_kg,
        measures_baseline=baseline,
    )
    return _said(CourseReferred, course, at, data)


def screening(
    course: CourseId,
    *,
    at: datetime,
    by: Actor = OSEI,
    conditions: Iterable[str] = (),
    medications: Iterable[str] = (),
    systolic: int = 124,
    diastolic: int = 78,
    weight_kg: float = 70,
    age_years: int = 41,
    pregnancy_test: PregnancyTest = PregnancyTest.NEGATIVE,
    escort_available: bool = True,
    prior_adequate_trials: int | None = 2,
    adequate_trials: Iterable[str] | None = None,
    abstinent_days: int | None = None,
) -> ScreeningRecorded:
    data = ScreeningRecorded.Data(
        actor=by,
        conditions=tuple(conditions),
        medications=tuple(medications),
        systolic=systolic,
        diastolic=diastolic,
        heart_rate=72,
        weight_kg=weight_kg,
        age_years=age_years,
        pregnancy_test=pregnancy_test,
        escort_available=escort_available,
        prior_adequate_trials=prior_adequate_trials,
        adequate_trials=tuple(adequate_trials) if adequate_trials is not None else None,
        abstinent_days=abstinent_days,
    )
    return _said(ScreeningRecorded, course, at, data)


def consent(
    course: CourseId, *, at: datetime, by: Actor = DESK, version: str = "2026-01", document: str = "kap-consent"
) -> ConsentSigned:
    return _said(ConsentSigned, course, at, ConsentSigned.Data(actor=by, document=document, version=version))


def consent_withdrawn(course: CourseId, *, at: datetime, by: Actor = PATIENT) -> ConsentWithdrawn:
    return _said(ConsentWithdrawn, course, at, ConsentWithdrawn.Data(actor=by))


def measure(
    course: CourseId,
    instrument: str,
    *,
    at: datetime,
    by: Actor = DESK,
    items: Iterable[int] | None = None,
    score: float | None = None,
    behavior_lifetime: bool | None = None,
    since_last_contact: bool | None = None,
) -> MeasureRecorded:
    answers = None if items is None else tuple(items)
    data = MeasureRecorded.Data(
        actor=by,
        instrument=instrument,
        items=answers,
        score=score,
        behavior_lifetime=behavior_lifetime,
        since_last_contact=since_last_contact,
    )
    return _said(MeasureRecorded, course, at, data)


def phq9(course: CourseId, *, at: datetime, items: Iterable[int] = PHQ9) -> MeasureRecorded:
    return measure(course, "phq9", at=at, items=items)


def gad7(course: CourseId, *, at: datetime, items: Iterable[int] = GAD7) -> MeasureRecorded:
    return measure(course, "gad7", at=at, items=items)


def cssrs(
    course: CourseId,
    *,
    at: datetime,
    items: Iterable[int] = CALM,
    behavior_lifetime: bool | None = None,
    since_last_contact: bool | None = None,
) -> MeasureRecorded:
    return measure(
        course,
        "cssrs",
        at=at,
        items=items,
        behavior_lifetime=behavior_lifetime,
        since_last_contact=since_last_contact,
    )


def result(
    course: CourseId,
    test: str,
    *,
    at: datetime,
    by: Actor = EHR,
    value: float | None = None,
    unit: str | None = None,
    answer: str | None = None,
) -> ResultRecorded:
    data = ResultRecorded.Data(actor=by, test=test, value=value, unit=unit, answer=answer)
    return _said(ResultRecorded, course, at, data)


def eligible(
    course: CourseId, *, at: datetime, by: Actor = OSEI, overrides: Iterable[Override] = ()
) -> EligibilityDecided:
    data = EligibilityDecided.Data(
        actor=by, decision=EligibilityDecision.ELIGIBLE, rationale="Nothing excludes them", overrides=tuple(overrides)
    )
    return _said(EligibilityDecided, course, at, data)


def ineligible(course: CourseId, *, at: datetime, by: Actor = OSEI) -> EligibilityDecided:
    data = EligibilityDecided.Data(actor=by, decision=EligibilityDecision.INELIGIBLE, rationale="An aneurysm was found")
    return _said(EligibilityDecided, course, at, data)


def plan(
    course: CourseId,
    *,
    at: datetime,
    by: Actor = OSEI,
    sessions: int | None = 3,
    interval_days: int | None = 7,
    mg_per_kg: float | None = 0.5,
    mg: float | None = None,
    goals: Iterable[str] = ("sleep",),
    further_routes: tuple[str, ...] | None = None,
) -> PlanPrescribed:
    data = PlanPrescribed.Data(
        actor=by,
        medicine_sessions=sessions,
        interval_days=interval_days,
        dose=Dose(mg=mg) if mg is not None else Dose(mg_per_kg=mg_per_kg),
        goals=tuple(goals),
        further_routes=further_routes,
    )
    return _said(PlanPrescribed, course, at, data)


def preparation(
    course: CourseId, *, at: datetime, by: Actor = THORNE, topics: Iterable[str] = TOPICS, minutes: int = 60
) -> PreparationHeld:
    return _said(PreparationHeld, course, at, PreparationHeld.Data(actor=by, topics=tuple(topics), minutes=minutes))


def booking(
    course: CourseId,
    session: int = 1,
    *,
    at: datetime,
    starts_at: datetime,
    by: Actor = DESK,
    staff: Iterable[StaffMember] = STAFF,
) -> SessionBooked:
    data = SessionBooked.Data(actor=by, session=session, starts_at=starts_at, room="willow", staff=tuple(staff))
    return _said(SessionBooked, course, at, data)


def rebooking(
    course: CourseId, session: int = 1, *, at: datetime, starts_at: datetime, by: Actor = DESK
) -> SessionRebooked:
    return _said(SessionRebooked, course, at, SessionRebooked.Data(actor=by, session=session, starts_at=starts_at))


def cancellation(course: CourseId, session: int = 1, *, at: datetime, by: Actor = DESK) -> SessionCanceled:
    return _said(SessionCanceled, course, at, SessionCanceled.Data(actor=by, session=session, reason="A cold"))


def missed(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = DESK) -> SessionMissed:
    return _said(SessionMissed, course, at, SessionMissed.Data(actor=by, session=session))


def check_in(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    last_solids_at: datetime | None = None,
    last_fluids_at: datetime | None = None,
    escort: bool = True,
    weight_kg: float | None = 70,
    pregnancy_test: PregnancyTest | None = PregnancyTest.NEGATIVE,
    medications_changed: bool = False,
) -> PatientCheckedIn:
    data = PatientCheckedIn.Data(
        actor=by,
        session=session,
        last_solids_at=last_solids_at or at - hours(13),
        last_fluids_at=last_fluids_at or at - hours(3),
        escort=escort,
        weight_kg=weight_kg,
        pregnancy_test=pregnancy_test,
        medications_changed=medications_changed,
    )
    return _said(PatientCheckedIn, course, at, data)


def vitals(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    systolic: int | None = 126,
    diastolic: int | None = 79,
    heart_rate: int | None = 74,
    spo2: int | None = 98,
    respiratory_rate: int | None = 14,
    moaas: int | None = 5,
    symptoms: Iterable[str] | None = (),
    set_aside: Mapping[str, float] | None = None,
) -> VitalsRecorded:
    data = VitalsRecorded.Data(
        actor=by,
        session=session,
        set_aside=set_aside,
        systolic=systolic,
        diastolic=diastolic,
        heart_rate=heart_rate,
        spo2=spo2,
        respiratory_rate=respiratory_rate,
        moaas=moaas,
        symptoms=None if symptoms is None else tuple(symptoms),
    )
    return _said(VitalsRecorded, course, at, data)


def signs(
    course: CourseId,
    session: int = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    symptoms: Iterable[str] = (),
    **taken: int,
) -> VitalsRecorded:
    """A reading with these signs alone."""
    data = VitalsRecorded.Data(actor=by, session=session, symptoms=tuple(symptoms), **taken)  # type: ignore[arg-type]
    return _said(VitalsRecorded, course, at, data)


def clearance(
    course: CourseId, session: int = 1, *, at: datetime, by: Actor = OSEI, overrides: Iterable[Override] = ()
) -> SessionCleared:
    return _said(SessionCleared, course, at, SessionCleared.Data(actor=by, session=session, overrides=tuple(overrides)))


def dose(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = OSEI,
    mg: float = 35,
    route: str = WEEKLY.route,
    witness: Actor | None = None,
) -> DoseAdministered:
    data = DoseAdministered.Data(
        actor=by, session=session, mg=mg, route=route, lot="K2207", witness=witness.id if witness else None
    )
    return _said(DoseAdministered, course, at, data)


def infusion_started(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = OSEI,
    mg: float = 35,
    over: timedelta | None = timedelta(minutes=40),
    witness: Actor | None = None,
) -> InfusionStarted:
    data = InfusionStarted.Data(
        actor=by, session=session, mg=mg, over=over, lot="K2207", witness=witness.id if witness else None
    )
    return _said(InfusionStarted, course, at, data)


def infusion_paused(
    course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND, reason: str = "Nausea"
) -> InfusionPaused:
    return _said(InfusionPaused, course, at, InfusionPaused.Data(actor=by, session=session, reason=reason))


def infusion_resumed(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND) -> InfusionResumed:
    return _said(InfusionResumed, course, at, InfusionResumed.Data(actor=by, session=session))


def infusion_stopped(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    mg_given: float = 35,
    reason: str | None = "It is through",
) -> InfusionStopped:
    data = InfusionStopped.Data(actor=by, session=session, mg_given=mg_given, reason=reason)
    return _said(InfusionStopped, course, at, data)


def medication(
    course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND, code: str = "ondansetron"
) -> MedicationAdministered:
    data = MedicationAdministered.Data(
        actor=by, session=session, code=code, dose="4 mg", route="intravenous", reason="Nausea"
    )
    return _said(MedicationAdministered, course, at, data)


def left(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND) -> PatientLeft:
    return _said(PatientLeft, course, at, PatientLeft.Data(actor=by, session=session, reason="Had enough"))


def returned(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND) -> PatientReturned:
    return _said(PatientReturned, course, at, PatientReturned.Data(actor=by, session=session))


def handed_over(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = LIND) -> PatientHandedOver:
    data = PatientHandedOver.Data(actor=by, session=session, to="St Charles", reason="Does not breathe well")
    return _said(PatientHandedOver, course, at, data)


def died(course: CourseId, *, at: datetime, by: Actor = DESK) -> PatientDied:
    return _said(PatientDied, course, at, PatientDied.Data(actor=by, reason="The family rang"))


def note(
    course: CourseId, *, at: datetime, by: Actor = LIND, says: str = "Slept well", of: str | None = None
) -> NoteAdded:
    return _said(
        NoteAdded, course, at, NoteAdded.Data(actor=by, note=says, escalation=of or f"{course}~suicide_risk~0~1")
    )


def adverse_event(
    course: CourseId,
    session: int | None = None,
    *,
    at: datetime,
    by: Actor = LIND,
    term: str = "nausea",
    grade: int = 1,
    serious: bool = False,
) -> AdverseEventReported:
    data = AdverseEventReported.Data(actor=by, session=session, term=term, grade=grade, serious=serious)
    return _said(AdverseEventReported, course, at, data)


def abortion(course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = OSEI) -> SessionAborted:
    return _said(SessionAborted, course, at, SessionAborted.Data(actor=by, session=session, reason="They felt unwell"))


def assessment(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    padss: int = 10,
    oriented: bool = True,
    steady_gait: bool = True,
    dissociation_resolved: bool = True,
) -> DischargeAssessed:
    data = DischargeAssessed.Data(
        actor=by,
        session=session,
        padss=padss,
        oriented=oriented,
        steady_gait=steady_gait,
        dissociation_resolved=dissociation_resolved,
        nausea=False,
    )
    return _said(DischargeAssessed, course, at, data)


def discharge(
    course: CourseId,
    session: int = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    escort: bool = True,
    instructions_given: bool = True,
    overrides: Iterable[Override] = (),
) -> PatientDischarged:
    data = PatientDischarged.Data(
        actor=by, session=session, escort=escort, instructions_given=instructions_given, overrides=tuple(overrides)
    )
    return _said(PatientDischarged, course, at, data)


def call(
    course: CourseId,
    session: int | None = 1,
    *,
    at: datetime,
    by: Actor = LIND,
    days_after: int | None = 1,
    suicidal_ideation: bool = False,
    symptoms: Iterable[str] = (),
) -> CheckInCompleted:
    data = CheckInCompleted.Data(
        actor=by,
        session=session,
        days_after=days_after,
        suicidal_ideation=suicidal_ideation,
        symptoms=tuple(symptoms),
    )
    return _said(CheckInCompleted, course, at, data)


def integration(
    course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = THORNE, minutes: int = 60
) -> IntegrationHeld:
    return _said(IntegrationHeld, course, at, IntegrationHeld.Data(actor=by, session=session, minutes=minutes))


def form(
    course: CourseId, session: int | None = 1, *, at: datetime, by: Actor = DESK, form: str = "session_monitoring"
) -> FormFiled:
    return _said(FormFiled, course, at, FormFiled.Data(actor=by, session=session, form=form))


def follow_up(course: CourseId, *, at: datetime, days_after: int = 30, by: Actor = THORNE) -> FollowUpHeld:
    return _said(FollowUpHeld, course, at, FollowUpHeld.Data(actor=by, days_after=days_after))


def hold(course: CourseId, *, at: datetime, by: Actor = DESK, reason: str = "A family matter") -> CourseHeld:
    return _said(CourseHeld, course, at, CourseHeld.Data(actor=by, reason=reason))


def resumption(
    course: CourseId,
    *,
    at: datetime,
    by: Actor = OSEI,
    reason: str = "All is well",
    reasons: tuple[str, ...] | None = None,
) -> CourseResumed:
    return _said(CourseResumed, course, at, CourseResumed.Data(actor=by, reason=reason, reasons=reasons))


def correction(
    of: ClinicEvent,
    *,
    at: datetime,
    by: Actor = LIND,
    happened_at: datetime | None = None,
    retracted: bool = False,
    reason: str = "A slip of the pen",
    **changes: object,
) -> CorrectionRecorded:
    """The event as it should have read, these fields of its data different or its time; or it never happened."""
    right = of.data.but(**changes).model_dump(mode="json", exclude_none=True)
    only_the_time = happened_at is not None and not changes
    data = CorrectionRecorded.Data(
        actor=by,
        corrects=Corrects(source=of.source, id=of.id),
        reason=reason,
        data=None if retracted or only_the_time else right,
        at=happened_at,
        retracted=retracted,
    )
    return _said(CorrectionRecorded, of.subject, at, data)


def new_version(of: Said, of_id: str, *, at: datetime | None = None, **changes: object) -> Said:
    """The same record of the same source, as it reads now, under an id of its own."""
    return of.but(id=of_id, corrects=of.id, time=at or of.time, data=of.data.but(**changes))  # type: ignore[attr-defined]


def withdrawal(course: CourseId, *, at: datetime, by: Actor = PATIENT) -> PatientWithdrew:
    return _said(PatientWithdrew, course, at, PatientWithdrew.Data(actor=by, reason="They move away"))


def discontinuation(course: CourseId, *, at: datetime, by: Actor = OSEI) -> CourseDiscontinued:
    return _said(CourseDiscontinued, course, at, CourseDiscontinued.Data(actor=by, reason="No benefit"))


def transfer(course: CourseId, *, at: datetime, by: Actor = DESK) -> CourseTransferred:
    return _said(CourseTransferred, course, at, CourseTransferred.Data(actor=by, reason="They move", to="Salem"))


def voiding(course: CourseId, *, at: datetime, by: Actor = DESK) -> CourseVoided:
    return _said(CourseVoided, course, at, CourseVoided.Data(actor=by, reason="Entered twice"))


def migration(course: CourseId, *, at: datetime, to_version: str, by: Actor = OSEI) -> ProtocolMigrated:
    data = ProtocolMigrated.Data(actor=by, to_version=to_version, approved_by="Dr Ward")
    return _said(ProtocolMigrated, course, at, data)


def _said(model: type[Said], course: CourseId, at: datetime, data: EventData) -> Said:
    said = f"{course} {at.isoformat()} {data.model_dump_json()}"
    name = str(model.model_fields["type"].default).removeprefix("kap.")
    return model.model_validate(
        {
            "id": f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:16]}",
            "source": CLINIC,
            "subject": course,
            "time": at,
            "data": data,
        }
    )
