"""One patient's way through the clinic, visit by visit, as its protocol and its staff make it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random

from domain import measures
from domain.answer import Answer
from domain.escalation import Kind
from domain.events import (
    CheckInCompleted,
    ConsentSigned,
    CourseReferred,
    DischargeAssessed,
    Dose,
    DoseAdministered,
    EligibilityDecided,
    EligibilityDecision,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    MeasureRecorded,
    PatientCheckedIn,
    PatientDischarged,
    PlanPrescribed,
    PregnancyTest,
    PreparationHeld,
    ScreeningRecorded,
    SessionBooked,
    SessionCleared,
    StaffMember,
    VitalsRecorded,
)
from domain.followup import days
from domain.protocol import DoseBasis, MeasureMoment, Protocol
from domain.values import Actor, Role
from domain.vitals import VerdictSeverity
from simulation import mood, physiology
from simulation.calendar import DOSING_DAYS, opening
from simulation.patients import Patient
from simulation.physiology import Response, Vitals
from simulation.telling import Teller
from simulation.ward import Ward

SITE = "bend"

DESK = Actor(id="desk", role=Role.COORDINATOR)
NURSE = Actor(id="lind", role=Role.MONITOR)
PRESCRIBER = Actor(id="osei", role=Role.PRESCRIBER)
THERAPIST = Actor(id="thorne", role=Role.THERAPIST)
STAFF = {actor.role: actor for actor in (DESK, NURSE, PRESCRIBER, THERAPIST)}

SCREENING_AT, TALK_AT, DOSE_AT, VISIT_AT = time(9), time(14), time(10), time(11)
ARRIVES_BEFORE = timedelta(minutes=30)
LAST_CALL_BEFORE = timedelta(minutes=30)
"""A call that would fall due during a visit is made this long before the patient arrives."""
LONGEST_VISIT = timedelta(hours=5)
SECOND_LOOK_AFTER = timedelta(minutes=5)
"""CLINICAL.md 3.4: after a warning, the reading is taken again in 5 minutes."""
NURSE_ANSWERS_AFTER = timedelta(seconds=30)
AT_THE_BEDSIDE_AFTER = timedelta(seconds=15)
"""Both together within the minute that an event may run ahead of its course's clock, which an open escalation stops."""


class Journey:
    """What happens to one patient, told to a ward as it happens. A script says in which order, and what is special."""

    def __init__(self, patient: Patient, protocol: Protocol, ward: Ward, starts_at: datetime, random: Random) -> None:
        self.patient = patient
        self.protocol = protocol
        self._ward = ward
        self.random = random
        self._teller = Teller(ward, patient.course_id, starts_at)
        self._starts_at: datetime | None = None
        self._home_at = starts_at

    @property
    def sessions(self) -> range:
        """The numbers of the medicine sessions that the plan has."""
        return range(1, self.patient.medicine_sessions + 1)

    async def refer(self) -> None:
        """The course exists, from now."""
        await self._teller.tell(
            self._teller.now,
            CourseReferred.Data(
                actor=DESK, protocol=self.protocol.id, site=SITE, indications=(self.patient.indication,)
            ),
        )

    async def screen(self, *conditions: str) -> None:
        """The screening visit: history, measures and consent."""
        at, body = opening(self._teller.now, SCREENING_AT), physiology.at_rest(self.random, self.patient.rest)
        screening = ScreeningRecorded.Data(
            actor=PRESCRIBER,
            conditions=conditions,
            medications=self.patient.medications,
            systolic=body.systolic,
            diastolic=body.diastolic,
            heart_rate=body.heart_rate,
            weight_kg=self.patient.weight_kg,
            age_years=self.patient.age_years,
            pregnancy_test=PregnancyTest.NEGATIVE,
            escort_available=True,
            prior_adequate_trials=max(2, self.protocol.screening.prior_trials_min),
        )
        await self._teller.tell(at, screening)
        await self._answer(at + timedelta(minutes=30), self.protocol.screening.measures, progress=0)
        consent = ConsentSigned.Data(actor=DESK, document="consent", version=self.protocol.screening.consent_version)
        await self._teller.tell(at + timedelta(minutes=30), consent)

    async def decide(self, decision: EligibilityDecision, rationale: str) -> None:
        """The prescriber has decided, at the end of the screening visit."""
        decided = EligibilityDecided.Data(actor=PRESCRIBER, decision=decision, rationale=rationale)
        await self._teller.tell(self._teller.now + timedelta(minutes=45), decided)

    async def prepare(self) -> None:
        """The plan is prescribed, every talk held, the first session booked."""
        await self._teller.tell(self._teller.now, self._plan())
        rules = self.protocol.preparation
        for talk in range(rules.sessions):
            at = opening(self._teller.now + timedelta(hours=12), TALK_AT)
            topics = rules.topics[talk :: rules.sessions]
            await self._teller.tell(at, PreparationHeld.Data(actor=THERAPIST, topics=topics, minutes=60))
        self._starts_at = opening(self._teller.now + timedelta(days=1), DOSE_AT, DOSING_DAYS)
        await self._teller.tell(self._teller.now, self._booking(1, self._starts_at))

    async def session(self, number: int, response: Response | None = None, unread: timedelta | None = None) -> None:
        """A medicine session, from the door to the door, and what follows it noted down for the days after.

        `response` is how the body answers, uneventfully if not said; at the checkpoint `unread` after the dose nobody
        takes a reading until the nurse is paged.
        """
        assert self._starts_at is not None
        await self._arrive(number, self._starts_at)
        await self._dose(number, self._starts_at)
        rest = self.patient.rest
        calm = response or physiology.response_that(
            self.random, rest, lambda drawn: physiology.is_uneventful(rest, drawn)
        )
        await self._watch(number, self._starts_at, calm, unread)
        await self._go_home(number)
        self._note_aftercare(number, self._starts_at)

    async def follow_up(self) -> None:
        """The visits after the last session; with the last of them the course is complete."""
        last = self._home_at
        for after in self.protocol.follow_up.after:
            at = opening(last + after, VISIT_AT)
            await self._teller.live_until(at)
            await self._answer(at, self._instruments(), progress=1)
            await self._teller.tell(at, FollowUpHeld.Data(actor=THERAPIST, days_after=days(after)))

    async def _arrive(self, number: int, starts_at: datetime) -> None:
        arrival = starts_at - ARRIVES_BEFORE
        await self._teller.live_until(arrival - LAST_CALL_BEFORE, nobody_calls_for=LONGEST_VISIT)
        await self._answer(arrival, self._instruments(), progress=(number - 1) / max(1, self.patient.medicine_sessions))
        fasting = self.protocol.medicine
        checked_in = PatientCheckedIn.Data(
            actor=NURSE,
            session=number,
            last_solids_at=arrival - fasting.solids_fasting - timedelta(hours=self.random.randint(3, 7)),
            last_fluids_at=arrival - fasting.fluids_fasting - timedelta(minutes=self.random.randint(15, 90)),
            escort=True,
            weight_kg=round(self.patient.weight_kg + self.random.uniform(-0.8, 0.8), 1),
            pregnancy_test=PregnancyTest.NEGATIVE,
            medications_changed=False,
        )
        await self._teller.tell(arrival, checked_in)
        self._weight_kg = checked_in.weight_kg or self.patient.weight_kg

    async def _dose(self, number: int, starts_at: datetime) -> None:
        body = physiology.at_rest(self.random, self.patient.rest)
        await self._teller.tell(starts_at - timedelta(minutes=8), _reading(number, body))
        await self._teller.tell(starts_at - timedelta(minutes=5), SessionCleared.Data(actor=PRESCRIBER, session=number))
        dose = DoseAdministered.Data(
            actor=PRESCRIBER, session=number, mg=self._milligrams(), route=self.protocol.route, lot="K2207"
        )
        await self._teller.tell(starts_at, dose)

    async def _watch(self, number: int, dosed_at: datetime, moved: Response, unread: timedelta | None) -> None:
        rules = self.protocol.medicine.checkpoints
        for offset in self._offsets():
            due_at = dosed_at + offset
            if offset == unread:
                await self._overlook(number, dosed_at, moved, due_at + rules.grace)
                continue
            taken_at = due_at + self.random.random() * rules.grace / 2 if offset else due_at
            await self._ward.until(taken_at)
            answer = await self._read(number, dosed_at, moved, taken_at)
            if answer.verdict is not None and answer.verdict.severity is not VerdictSeverity.NORMAL:
                await self._ward.until(taken_at + SECOND_LOOK_AFTER)
                await self._read(number, dosed_at, moved, taken_at + SECOND_LOOK_AFTER)

    async def _overlook(self, number: int, dosed_at: datetime, moved: Response, passes_at: datetime) -> None:
        """Nobody comes; the nurse is paged, has it, and takes the reading: then nothing is left to resolve."""
        escalation = await self._ward.called(Kind.VITALS_OVERDUE, number, by=passes_at)
        answered_at = await self._ward.acknowledge(escalation, NURSE.id, after=NURSE_ANSWERS_AFTER)
        await self._read(number, dosed_at, moved, answered_at + AT_THE_BEDSIDE_AFTER)
        await self._ward.settled(escalation)

    async def _read(self, number: int, dosed_at: datetime, moved: Response, at: datetime) -> Answer:
        body = physiology.after_dose(self.random, self.patient.rest, moved, at - dosed_at)
        return await self._teller.tell_at_once(at, _reading(number, body))

    async def _go_home(self, number: int) -> None:
        assessed = DischargeAssessed.Data(
            actor=NURSE,
            session=number,
            padss=10,
            oriented=True,
            steady_gait=True,
            dissociation_resolved=True,
            nausea=False,
        )
        await self._teller.tell(self._teller.now + timedelta(minutes=5), assessed)
        home = PatientDischarged.Data(actor=NURSE, session=number, escort=True, instructions_given=True)
        await self._teller.tell(self._teller.now, home)
        self._home_at = self._teller.now

    def _note_aftercare(self, number: int, dosed_at: datetime) -> None:
        home_at, rules = self._home_at, self.protocol
        for form in rules.forms:
            self._teller.note(home_at + timedelta(hours=2), FormFiled.Data(actor=DESK, session=number, form=form.form))
        for after in rules.check_ins.after:
            called = CheckInCompleted.Data(actor=NURSE, session=number, days_after=days(after), suicidal_ideation=False)
            self._teller.note(home_at + after + timedelta(minutes=self.random.randint(0, 20)), called)
        talked_at = home_at
        for talk in range(1, rules.integration.sessions + 1):
            # Two thirds of the time allowed: with 72 hours, at the same time two days later.
            talked_at = home_at + rules.integration.within * 2 / 3 * talk / rules.integration.sessions
            self._teller.note(talked_at, IntegrationHeld.Data(actor=THERAPIST, session=number, minutes=60))
        if number not in self.sessions[:-1]:
            return
        if rules.course.review_after_session == number:
            self._teller.note(talked_at, self._plan())
        self._starts_at = opening(dosed_at + rules.course.interval - timedelta(hours=6), DOSE_AT, range(7))
        self._teller.note(talked_at, self._booking(number + 1, self._starts_at))

    async def _answer(self, at: datetime, instruments: tuple[str, ...], progress: float) -> None:
        moods = {known.instrument: known for known in self.patient.moods}
        for instrument in instruments:
            if instrument == measures.CSSRS:
                items = mood.no_risk()
            elif instrument in moods:
                total = moods[instrument].total(self.random, progress)
                items = mood.answers(self.random, instrument, total)
            else:
                continue
            await self._teller.tell(at, MeasureRecorded.Data(actor=DESK, instrument=instrument, items=items))

    def _plan(self) -> PlanPrescribed.Data:
        rules = self.protocol.medicine.dose
        amount = min(rules.first_max, rules.max)
        return PlanPrescribed.Data(
            actor=PRESCRIBER,
            medicine_sessions=self.patient.medicine_sessions,
            interval_days=days(self.protocol.course.interval),
            dose=Dose(mg_per_kg=amount) if rules.basis is DoseBasis.MG_PER_KG else Dose(mg=amount),
            goals=("sleep through the night", "go back to work"),
        )

    def _booking(self, number: int, starts_at: datetime) -> SessionBooked.Data:
        rules = self.protocol.medicine
        staff = tuple(
            StaffMember(id=STAFF[Role(role)].id, role=Role(role), credentials=rules.credentials.get(role, ()))
            for role in rules.staff
        )
        return SessionBooked.Data(actor=DESK, session=number, starts_at=starts_at, room="willow", staff=staff)

    def _milligrams(self) -> float:
        rules = self.protocol.medicine.dose
        amount = min(rules.first_max, rules.max)
        return float(int(amount * self._weight_kg)) if rules.basis is DoseBasis.MG_PER_KG else amount

    def _instruments(self) -> tuple[str, ...]:
        each = [name for name, rule in self.protocol.measures.items() if rule.every is MeasureMoment.EACH_SESSION]
        return tuple(dict.fromkeys((*each, *self.protocol.medicine.measures)))

    def _offsets(self) -> Iterator[timedelta]:
        """The protocol's readings, and more of them until the patient may be thought of going home."""
        rules = self.protocol.medicine.checkpoints
        yield from rules.offsets
        offset = rules.offsets[-1]
        while offset < self.protocol.medicine.minimum_observation:
            offset += rules.then_every
            yield offset


def _reading(number: int, body: Vitals) -> VitalsRecorded.Data:
    return VitalsRecorded.Data(actor=NURSE, session=number, **body.model_dump())
