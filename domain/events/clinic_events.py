"""The clinic events: one model for each, as CloudEvents 1.0.

Units are fixed: mmHg, beats/min, breaths/min, %, kg, mg, minutes, years. Times carry an offset.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, JsonValue, TypeAdapter, model_validator

from domain.durations import Length
from domain.events.fields import (
    WHOLE,
    Codes,
    Days,
    Diastolic,
    Dose,
    HeartRate,
    Milligrams,
    Minutes,
    Moaas,
    Override,
    OxygenSaturation,
    PregnancyTest,
    Pressure,
    Reason,
    Reported,
    RespiratoryRate,
    SessionNumber,
    StaffMember,
    Systolic,
    Weight,
)
from domain.values import Actor, Attribute, Code, CourseId, Frozen, GroupId, Moment, Name, PersonId, Text


class EventData(Frozen):
    """The data that every event has: who did it, and a remark."""

    actor: Actor
    note: Text | None = None


class SessionData(EventData):
    """The data that every event of a medicine session has."""

    session: SessionNumber


class HappenedInSession(EventData):
    """The data of what happened in a medicine session; without its number it belongs to the session under way.

    `set_aside` are numbers off the scale of their fields, as they were told: nothing else follows from them.
    """

    session: SessionNumber | None = None
    set_aside: Mapping[Code, float] | None = None


class Event(Frozen, extra="ignore"):
    """A CloudEvents 1.0 envelope; attributes that Kapstan does not know are ignored, as the standard asks."""

    specversion: Literal["1.0"] = "1.0"
    id: Attribute
    source: Attribute
    subject: CourseId
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"


class Corrects(Frozen):
    """The event that is corrected: of the correction's own source, unless another is named."""

    source: Attribute | None = None
    id: Attribute


class Act(Event):
    """A clinic event that is somebody's decision: the protocol may refuse it."""


class Fact(Event):
    """A clinic event that has happened to a patient: it is never refused for what the protocol says.

    `corrects` names the earlier version of the same record, by its `id` where that is of the same `source`.
    """

    corrects: Attribute | Corrects | None = None

    def corrects_named(self) -> tuple[str, str] | None:
        """The source and id of the event that this one corrects; None if it corrects none."""
        match self.corrects:
            case Corrects(source=source, id=identity):
                return source or self.source, identity
            case str(identity):
                return self.source, identity
            case _:
                return None


class CourseReferred(Act):
    """A patient is referred: the course starts, in `screening`."""

    class Data(EventData):  # noqa: D106
        protocol: Name
        site: Code
        indications: Annotated[Codes, Field(min_length=1)]
        weight_kg: Weight | None = None
        measures_baseline: Mapping[Code, Annotated[float, Field(ge=0, le=1000)]] | None = None

    type: Literal["kap.course.referred"] = "kap.course.referred"
    data: Data


class ScreeningRecorded(Fact):
    """The screening visit with its findings."""

    class Data(EventData, Pressure):  # noqa: D106
        conditions: Reported
        medications: Reported
        heart_rate: HeartRate | None = None
        weight_kg: Weight
        age_years: Annotated[int, Field(ge=0, le=130), WHOLE]
        pregnancy_test: PregnancyTest
        escort_available: bool
        prior_adequate_trials: Annotated[int, Field(ge=0, le=100), WHOLE] | None = None
        adequate_trials: Annotated[Codes, Field(min_length=1)] | None = None
        abstinent_days: Annotated[int, Field(ge=0, le=36500), WHOLE] | None = None

    type: Literal["kap.screening.recorded"] = "kap.screening.recorded"
    data: Data


class ConsentSigned(Fact):
    """The patient consents to one version of one document."""

    class Data(EventData):  # noqa: D106
        document: Name
        version: Name

    type: Literal["kap.consent.signed"] = "kap.consent.signed"
    data: Data


class ConsentWithdrawn(Fact):
    """The patient withdraws consent: the course is held at once."""

    class Data(EventData):  # noqa: D106
        pass

    type: Literal["kap.consent.withdrawn"] = "kap.consent.withdrawn"
    data: Data


class MeasureRecorded(Fact):
    """An outcome measure or a risk screen was answered."""

    class Data(EventData):  # noqa: D106
        instrument: Code
        items: Annotated[tuple[Annotated[int, WHOLE], ...], Field(max_length=100)] | None = None
        score: Annotated[float, Field(ge=0, le=1000)] | None = None
        behavior_lifetime: bool | None = None
        since_last_contact: bool | None = None

    type: Literal["kap.measure.recorded"] = "kap.measure.recorded"
    data: Data


class ResultRecorded(Fact):
    """The result of a laboratory test or a drug screen: a value with its unit, or an answer, of when it was taken."""

    class Data(EventData):  # noqa: D106
        test: Code
        value: Annotated[float, Field(ge=-100_000, le=100_000)] | None = None
        unit: Name | None = None
        answer: Code | None = None

    type: Literal["kap.result.recorded"] = "kap.result.recorded"
    data: Data


class EligibilityDecision(StrEnum):
    """The prescriber's decision on the screening."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"


class EligibilityDecided(Act):
    """A prescriber decides on the screening; `ineligible` closes the course."""

    class Data(EventData):  # noqa: D106
        decision: EligibilityDecision
        rationale: Reason
        overrides: tuple[Override, ...] = ()

    type: Literal["kap.eligibility.decided"] = "kap.eligibility.decided"
    data: Data


class PlanPrescribed(Act):
    """A prescriber's plan within the protocol's bounds; prescribed again, it is the review."""

    class Data(EventData):  # noqa: D106
        medicine_sessions: Annotated[int, Field(ge=1, le=99), WHOLE] | None = None
        interval_days: Annotated[int, Field(ge=1, le=365), WHOLE] | None = None
        dose: Dose
        goals: Annotated[tuple[Reason, ...], Field(max_length=50)] = ()
        further_routes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=5)] | None = None

    type: Literal["kap.plan.prescribed"] = "kap.plan.prescribed"
    data: Data


class PreparationHeld(Fact):
    """A preparation talk was held."""

    class Data(EventData):  # noqa: D106
        topics: Codes
        minutes: Minutes

    type: Literal["kap.preparation.held"] = "kap.preparation.held"
    data: Data


class SessionBooked(Act):
    """A medicine session has a time and its people; those of a group are booked together, each by its own course."""

    class Data(SessionData):  # noqa: D106
        starts_at: Moment
        room: Name | None = None
        group: GroupId | None = None
        staff: Annotated[tuple[StaffMember, ...], Field(max_length=20)]

    type: Literal["kap.session.booked"] = "kap.session.booked"
    data: Data


class SessionRebooked(Act):
    """A session moves to another time."""

    class Data(SessionData):  # noqa: D106
        starts_at: Moment

    type: Literal["kap.session.rebooked"] = "kap.session.rebooked"
    data: Data


class SessionCanceled(Act):
    """A session is canceled before the patient came."""

    class Data(SessionData):  # noqa: D106
        reason: Reason

    type: Literal["kap.session.canceled"] = "kap.session.canceled"
    data: Data


class SessionMissed(Fact):
    """The patient did not come."""

    class Data(HappenedInSession):  # noqa: D106
        pass

    type: Literal["kap.session.missed"] = "kap.session.missed"
    data: Data


class PatientCheckedIn(Fact):
    """The patient is here: fasting, escort, weight, what changed."""

    class Data(HappenedInSession):  # noqa: D106
        last_solids_at: Moment
        last_fluids_at: Moment
        escort: bool
        weight_kg: Weight | None = None
        pregnancy_test: PregnancyTest | None = None
        medications_changed: bool

    type: Literal["kap.patient.checked_in"] = "kap.patient.checked_in"
    data: Data


class VitalsRecorded(Fact):
    """One reading, with the signs that could be taken; the protocol's verdict comes back with the answer.

    A monitor drops one channel at a time, and nobody who convulses can be measured: at least one value or symptom. An
    empty list of symptoms says that there are none; a machine, which asks nobody, leaves it out.
    """

    class Data(HappenedInSession):  # noqa: D106
        systolic: Systolic | None = None
        diastolic: Diastolic | None = None
        heart_rate: HeartRate | None = None
        spo2: OxygenSaturation | None = None
        respiratory_rate: RespiratoryRate | None = None
        moaas: Moaas | None = None
        symptoms: Reported | None = None

        @model_validator(mode="after")
        def _says_something(self) -> Self:
            taken = (self.systolic, self.diastolic, self.heart_rate, self.spo2, self.respiratory_rate, self.moaas)
            if not self.symptoms and not self.set_aside and all(value is None for value in taken):
                raise ValueError("must be at least one value or symptom")
            return self

    type: Literal["kap.vitals.recorded"] = "kap.vitals.recorded"
    data: Data


class SessionCleared(Act):
    """A prescriber clears the patient for this session's dose."""

    class Data(SessionData):  # noqa: D106
        overrides: tuple[Override, ...] = ()

    type: Literal["kap.session.cleared"] = "kap.session.cleared"
    data: Data


class DoseAdministered(Fact):
    """The medicine was given: vitals checkpoints are counted from here. A second dose in a session is a booster."""

    class Data(HappenedInSession):  # noqa: D106
        mg: Milligrams
        route: Code
        lot: Name | None = None
        witness: PersonId | None = None

    type: Literal["kap.dose.administered"] = "kap.dose.administered"
    data: Data


class InfusionStarted(Fact):
    """An intravenous dose begins to run: checkpoints are counted from here. `over` is how long it is meant to run."""

    class Data(HappenedInSession):  # noqa: D106
        mg: Milligrams
        over: Length | None = None
        lot: Name | None = None
        witness: PersonId | None = None

    type: Literal["kap.infusion.started"] = "kap.infusion.started"
    data: Data


class InfusionPaused(Fact):
    """The infusion is interrupted."""

    class Data(HappenedInSession):  # noqa: D106
        reason: Text | None = None

    type: Literal["kap.infusion.paused"] = "kap.infusion.paused"
    data: Data


class InfusionResumed(Fact):
    """The infusion runs again."""

    class Data(HappenedInSession):  # noqa: D106
        pass

    type: Literal["kap.infusion.resumed"] = "kap.infusion.resumed"
    data: Data


class InfusionStopped(Fact):
    """The infusion has ended: what was given is `mg_given`, and the patient is observed from here."""

    class Data(HappenedInSession):  # noqa: D106
        mg_given: Milligrams
        reason: Text | None = None

    type: Literal["kap.infusion.stopped"] = "kap.infusion.stopped"
    data: Data


class MedicationAdministered(Fact):
    """Another medicine was given: co-medication or rescue."""

    class Data(HappenedInSession):  # noqa: D106
        code: Code
        dose: Name | None = None
        route: Code | None = None
        reason: Text | None = None

    type: Literal["kap.medication.administered"] = "kap.medication.administered"
    data: Data


class PatientLeft(Fact):
    """The patient has gone before they were discharged."""

    class Data(HappenedInSession):  # noqa: D106
        reason: Text | None = None

    type: Literal["kap.patient.left"] = "kap.patient.left"
    data: Data


class PatientReturned(Fact):
    """A patient who had gone is here again."""

    class Data(HappenedInSession):  # noqa: D106
        pass

    type: Literal["kap.patient.returned"] = "kap.patient.returned"
    data: Data


class PatientHandedOver(Fact):
    """The patient was handed over to an ambulance or a hospital."""

    class Data(HappenedInSession):  # noqa: D106
        to: Name
        reason: Text

    type: Literal["kap.patient.handed_over"] = "kap.patient.handed_over"
    data: Data


class PatientDied(Fact):
    """The patient has died: the course closes, and nobody is asked to call, book or file about them any more."""

    class Data(EventData):  # noqa: D106
        reason: Text | None = None

    type: Literal["kap.patient.died"] = "kap.patient.died"
    data: Data


class NoteAdded(Fact):
    """A person's note on one of the course's escalations, whether or not it is resolved. Nothing follows from it."""

    class Data(EventData):  # noqa: D106
        note: Text
        escalation: Name

    type: Literal["kap.note.added"] = "kap.note.added"
    data: Data


class AdverseEventReported(Fact):
    """An adverse event, graded 1 (mild) to 5 (death) as in CTCAE v5 (S45)."""

    class Data(HappenedInSession):  # noqa: D106
        term: Name
        grade: Annotated[int, Field(ge=1, le=5), WHOLE]
        serious: bool

    type: Literal["kap.adverse_event.reported"] = "kap.adverse_event.reported"
    data: Data


class SessionAborted(Fact):
    """A session is aborted; after a dose, monitoring goes on until discharge."""

    class Data(HappenedInSession):  # noqa: D106
        reason: Text

    type: Literal["kap.session.aborted"] = "kap.session.aborted"
    data: Data


class DischargeAssessed(Fact):
    """How fit the patient is for discharge. PADSS 0 to 10 (S43)."""

    class Data(HappenedInSession):  # noqa: D106
        padss: Annotated[int, Field(ge=0, le=10), WHOLE]
        oriented: bool
        steady_gait: bool
        dissociation_resolved: bool
        nausea: bool | None = None

    type: Literal["kap.discharge.assessed"] = "kap.discharge.assessed"
    data: Data


class PatientDischarged(Act):
    """The patient is discharged, with an escort and instructions."""

    class Data(SessionData):  # noqa: D106
        escort: bool
        instructions_given: bool
        overrides: tuple[Override, ...] = ()

    type: Literal["kap.patient.discharged"] = "kap.patient.discharged"
    data: Data


class CheckInCompleted(Fact):
    """A check-in call; `days_after` (counted from discharge) tells which, and one that was not due has none."""

    class Data(HappenedInSession):  # noqa: D106
        days_after: Days | None = None
        suicidal_ideation: bool
        symptoms: Reported = ()

    type: Literal["kap.check_in.completed"] = "kap.check_in.completed"
    data: Data


class IntegrationHeld(Fact):
    """An integration talk was held after a medicine session."""

    class Data(HappenedInSession):  # noqa: D106
        minutes: Minutes
        themes: Annotated[tuple[Text, ...], Field(max_length=50)] = ()

    type: Literal["kap.integration.held"] = "kap.integration.held"
    data: Data


class FormFiled(Fact):
    """A form that the protocol asks for after a session was filed."""

    class Data(HappenedInSession):  # noqa: D106
        form: Code

    type: Literal["kap.form.filed"] = "kap.form.filed"
    data: Data


class FollowUpHeld(Fact):
    """A follow-up visit was held; `days_after` (counted from the last session) tells which."""

    class Data(EventData):  # noqa: D106
        days_after: Days

    type: Literal["kap.follow_up.held"] = "kap.follow_up.held"
    data: Data


class CourseHeld(Fact):
    """The course is put on hold: nothing is dosed until it is resumed."""

    class Data(EventData):  # noqa: D106
        reason: Text

    type: Literal["kap.course.held"] = "kap.course.held"
    data: Data


class CourseResumed(Act):
    """Reasons of a hold are lifted, those of safety by a prescriber; without `reasons` all that the actor may lift."""

    class Data(EventData):  # noqa: D106
        reason: Reason
        reasons: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)] | None = None

    type: Literal["kap.course.resumed"] = "kap.course.resumed"
    data: Data


class CorrectionRecorded(Fact):
    """An earlier fact was wrong: its `data` (the right data, whole), its time `at`, or both; or it never happened."""

    class Data(EventData):  # noqa: D106
        corrects: Corrects
        reason: Text
        data: dict[str, JsonValue] | None = None
        at: Moment | None = None
        retracted: bool = False

        @model_validator(mode="after")
        def _says_one_thing(self) -> Self:
            says_what_is_right = self.data is not None or self.at is not None
            if says_what_is_right is self.retracted:
                raise ValueError(
                    "must have either `data`, the right data, or `at`, the right time, or `retracted`: true"
                )
            return self

    type: Literal["kap.correction.recorded"] = "kap.correction.recorded"
    data: Data

    def corrects_named(self) -> tuple[str, str]:
        """The source and id of the event that this one corrects."""
        return self.data.corrects.source or self.source, self.data.corrects.id


class PatientWithdrew(Fact):
    """The patient ends their course."""

    class Data(EventData):  # noqa: D106
        reason: Text

    type: Literal["kap.patient.withdrew"] = "kap.patient.withdrew"
    data: Data


class CourseDiscontinued(Act):
    """The clinic ends the course."""

    class Data(EventData):  # noqa: D106
        reason: Reason

    type: Literal["kap.course.discontinued"] = "kap.course.discontinued"
    data: Data


class CourseTransferred(Act):
    """Another provider takes the course over."""

    class Data(EventData):  # noqa: D106
        reason: Reason
        to: Name | None = None

    type: Literal["kap.course.transferred"] = "kap.course.transferred"
    data: Data


class CourseVoided(Act):
    """The course was entered in error."""

    class Data(EventData):  # noqa: D106
        reason: Reason

    type: Literal["kap.course.voided"] = "kap.course.voided"
    data: Data


class ProtocolMigrated(Act):
    """The course changes to another version of its protocol."""

    class Data(EventData):  # noqa: D106
        to_version: Name
        approved_by: Name

    type: Literal["kap.protocol.migrated"] = "kap.protocol.migrated"
    data: Data


ClinicEvent = Annotated[
    CourseReferred
    | ScreeningRecorded
    | ConsentSigned
    | ConsentWithdrawn
    | MeasureRecorded
    | ResultRecorded
    | EligibilityDecided
    | PlanPrescribed
    | PreparationHeld
    | SessionBooked
    | SessionRebooked
    | SessionCanceled
    | SessionMissed
    | PatientCheckedIn
    | VitalsRecorded
    | SessionCleared
    | DoseAdministered
    | InfusionStarted
    | InfusionPaused
    | InfusionResumed
    | InfusionStopped
    | MedicationAdministered
    | PatientLeft
    | PatientReturned
    | PatientHandedOver
    | PatientDied
    | NoteAdded
    | AdverseEventReported
    | SessionAborted
    | DischargeAssessed
    | PatientDischarged
    | CheckInCompleted
    | IntegrationHeld
    | FormFiled
    | FollowUpHeld
    | CourseHeld
    | CourseResumed
    | CorrectionRecorded
    | PatientWithdrew
    | CourseDiscontinued
    | CourseTransferred
    | CourseVoided
    | ProtocolMigrated,
    Field(discriminator="type"),
]
"""Any clinic event, discriminated by its `type`."""

CLINIC_EVENT: TypeAdapter[ClinicEvent] = TypeAdapter(ClinicEvent)

MODELS: Mapping[str, type[Event]] = {
    model.model_fields["type"].default: model for model in get_args(get_args(ClinicEvent)[0])
}
"""Every clinic event's model by its full `type`, in the order of a course."""


def data_model(event: type[Event]) -> type[EventData]:
    """The model of such an event's data."""
    return event.model_fields["data"].annotation  # type: ignore[return-value]
