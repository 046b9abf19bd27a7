"""One patient's course at the clinic, visit by visit, as its protocol and its staff make it."""

from datetime import datetime, timedelta
from random import Random

from domain.course.answer import Answer
from domain.durations import days
from domain.escalation.ids import EscalationKey
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    CheckInCompleted,
    ConsentSigned,
    CourseDiscontinued,
    CourseReferred,
    CourseResumed,
    CourseTransferred,
    CourseVoided,
    EligibilityDecided,
    EligibilityDecision,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    MeasureRecorded,
    PatientCheckedIn,
    PatientDied,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ResultRecorded,
    ScreeningRecorded,
    SessionBooked,
    SessionCanceled,
    SessionMissed,
    SessionRebooked,
)
from domain.events.fields import Dose, Override, PregnancyTest, StaffMember
from domain.protocol.instruments import CSSRS, PHQ9
from domain.protocol.measures import MeasureMoment, MeasureRule
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Protocol
from domain.protocol.screening import ScreeningTest
from domain.values import Actor, Role
from simulation.course.calendar import BEND, Practice
from simulation.course.reporter import Reporter
from simulation.course.staff import DESK, NURSE, PRESCRIBER, STAFF, THERAPIST, TOLD_THE_PRESCRIBER, Reply, see_to
from simulation.course.visit import Appointment, MedicineVisit, VisitScript
from simulation.course.ward import Ward
from simulation.patients import physiology, questionnaires
from simulation.patients.patients import Patient

ARRIVES_BEFORE = timedelta(minutes=30)
LAST_CALL_BEFORE = timedelta(minutes=30)
"""A check-in call that would fall due during a visit is made this long before the patient arrives."""
LONGEST_VISIT = timedelta(hours=5)
GIVEN_UP_AFTER = timedelta(minutes=30)
EXCITED_BY = (3, 9)
"""How far the pressure of somebody afraid of the cuff is over the screening limit, in mmHg."""

SOBER_FOR = timedelta(days=365)
"""Since when whoever is asked about it has used nothing that they were dependent on."""
TRIED = ("sertraline", "venlafaxine")
"""Treatments that did not help, where a protocol asks for their names."""

ITEM_9 = 3
ASKED_ON_AFTER = timedelta(minutes=5)
ASKED_EARLY_BY = timedelta(days=1)
"""What an interval makes due is asked at a visit so much before it."""

IN_THE_ROOM = Reply(after=timedelta(seconds=30), done_after=timedelta(minutes=3))
SEEN_TO = Reply(by=PRESCRIBER, after=timedelta(seconds=40), done_after=timedelta(minutes=13))
FOUND = Reply(by=DESK, after=timedelta(minutes=10), done_after=timedelta(minutes=25))
TALK_FOUND_AFTER = timedelta(minutes=45)


CourseEnds = PatientWithdrew.Data | CourseDiscontinued.Data | CourseTransferred.Data | CourseVoided.Data


class Journey:
    """The visits of one patient, reported to a ward as they happen. A script calls them in its order."""

    def __init__(
        self,
        patient: Patient,
        protocol: Protocol,
        ward: Ward,
        starts_at: datetime,
        random: Random,
        practice: Practice = BEND,
    ) -> None:
        self.patient = patient
        self.protocol = protocol
        self.random = random
        self.practice = practice
        self.teller = Reporter(ward, patient.course_id, starts_at)
        self._starts_at: datetime | None = None
        self._home_at = starts_at
        self._answered_at: dict[str, datetime] = {}
        self._at_most_mg: float | None = None

    @property
    def sessions(self) -> range:
        """The numbers of the planned medicine sessions."""
        return range(1, self.patient.medicine_sessions + 1)

    async def refer(self) -> None:
        """Reports the referral, which starts the course."""
        await self.teller.tell(
            self.teller.now,
            CourseReferred.Data(
                actor=DESK,
                protocol=self.protocol.id,
                site=self.practice.site,
                indications=(self.patient.indication,),
            ),
        )

    async def screen(self, *conditions: str, is_excited: bool = False) -> None:
        """The screening visit: history, measures and consent. If they are excited, their pressure is over the limit."""
        at = self.practice.opening(self.teller.now, self.practice.screening_at)
        body = physiology.at_rest(self.random, self.patient.rest)
        if is_excited:
            body = body.but(systolic=self.protocol.screening.systolic_max + self.random.randint(*EXCITED_BY))
        is_named = any(gate.trials_named for gate in (self.protocol.screening.gates or {}).values())
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
            prior_adequate_trials=None if is_named else max(len(TRIED), self.protocol.screening.prior_trials_min),
            adequate_trials=TRIED if is_named else None,
            abstinent_days=SOBER_FOR.days if self.protocol.screening.gates else None,
        )
        await self.teller.tell(at, screening)
        for test, rule in (self.protocol.screening.tests or {}).items():
            await self.teller.tell(at, _result(test, rule))
        await self._answer(at + timedelta(minutes=30), self.protocol.screening.measures, progress=0)
        rules = self.protocol.screening
        document = next(iter(rules.consent_documents or ()), "consent")
        consent = ConsentSigned.Data(actor=DESK, document=document, version=rules.consent_version)
        await self.teller.tell(at + timedelta(minutes=30), consent)
        for further, asked in (rules.further_consents or {}).items():
            signed = ConsentSigned.Data(actor=DESK, document=further, version=asked.version)
            await self.teller.tell(at + timedelta(minutes=30), signed)

    async def decide(self, decision: EligibilityDecision, rationale: str, *overrides: Override) -> None:
        """The prescriber's eligibility decision, at the end of the screening visit."""
        decided = EligibilityDecided.Data(actor=PRESCRIBER, decision=decision, rationale=rationale, overrides=overrides)
        await self.teller.tell(self.teller.now + timedelta(minutes=45), decided)

    async def prepare(self) -> None:
        """Preparation: the plan is prescribed, every preparation session held, the first medicine session booked."""
        await self.teller.tell(self.teller.now, self._plan())
        rules = self.protocol.preparation
        for talk in range(rules.sessions):
            at = self.practice.opening(self.teller.now + timedelta(hours=12), self.practice.talk_at)
            topics = rules.topics[talk :: rules.sessions]
            await self.teller.tell(at, PreparationHeld.Data(actor=THERAPIST, topics=topics, minutes=60))
        self._starts_at = self._next_dosing(self.teller.now + timedelta(days=1))
        await self.teller.tell(self.teller.now, self._booking(1, self._starts_at))

    async def session(self, number: int, happening: VisitScript | None = None, *, is_talk_missed: bool = False) -> None:
        """A medicine session from arrival to departure; schedules what follows it in the days after."""
        assert self._starts_at is not None
        weight_kg = await self._arrive(number)
        appointment = Appointment(
            number=number, dosed_at=self._starts_at, weight_kg=weight_kg, at_most_mg=self._at_most_mg
        )
        visit = MedicineVisit(
            self.patient, self.protocol, self.teller, self.random, appointment, happening or VisitScript()
        )
        self._at_most_mg = await visit.take_place()
        self._home_at = self.teller.now
        self._note_calls_and_forms(number)
        if not is_talk_missed:
            self._note_talks(number, self._starts_at)

    async def is_talked_to_at_last(self, number: int) -> None:
        """Nobody holds the integration session; the desk is paged when it is overdue, and finds an hour for it."""
        assert self._starts_at is not None
        overdue_at = self._home_at + self.protocol.integration.within
        await self.teller.live_until(overdue_at)
        self.teller.now = overdue_at
        note = "Their therapist was ill; another one has an hour for them today"
        await see_to(self.teller, Kind.INTEGRATION_OVERDUE, number, FOUND, note)
        self._note_talks(number, self._starts_at, held_at=self.teller.now + TALK_FOUND_AFTER)

    async def stays_away(self, number: int, *, unreported: bool = False) -> None:
        """They do not come to the session; the desk is paged, reaches them, and books another day.

        If that is `unreported`, nobody says so until the desk is asked what became of the visit.
        """
        assert self._starts_at is not None
        await self._live_until_arrival()
        given_up_at = self._starts_at + GIVEN_UP_AFTER
        if unreported:
            self.teller.now = self._starts_at + self.protocol.medicine.unreported_after
            note = "They did not come, and nobody wrote it down: it is reported now"
            await see_to(self.teller, Kind.SESSION_UNREPORTED, number, FOUND, note)
            given_up_at = self.teller.now
        await self.teller.tell(given_up_at, SessionMissed.Data(actor=DESK, session=number))
        note = "Reached by telephone: they had the day wrong, are well, and want to come"
        await see_to(self.teller, Kind.SESSION_MISSED, number, FOUND, note)
        await self._book_another_day(number)

    async def is_at_risk(self, number: int) -> None:
        """Their answers before the session show a high risk: no dose until a prescriber resumes, on another day."""
        arrival = await self._live_until_arrival()
        phq9 = next(known for known in self.patient.moods if known.instrument == PHQ9)
        answer = await self._record(arrival, PHQ9, questionnaires.answers(self.random, PHQ9, phq9.start, ITEM_9))
        note = "I am with them; they are not left alone, and the risk screen follows now"
        await see_to(self.teller, Kind.ITEM9_POSITIVE, None, IN_THE_ROOM, note)
        if any(EscalationKey.parse(one).kind == Kind.MEASURE_WORSENED for one in answer.escalations):
            note = "I have seen the score, and go to them now"
            await see_to(self.teller, Kind.MEASURE_WORSENED, None, TOLD_THE_PRESCRIBER, note)
        await self._record(self.teller.now + ASKED_ON_AFTER, CSSRS, questionnaires.high_risk())
        note = "Evaluated in person; safety plan renewed with them and their partner, who stays with them"
        await see_to(self.teller, Kind.SUICIDE_RISK, None, SEEN_TO, note)
        off = SessionCanceled.Data(actor=PRESCRIBER, session=number, reason="held after the risk screen")
        await self.teller.tell(self.teller.now + timedelta(minutes=2), off)
        seen_again = self._next_visit(self.teller.now + timedelta(hours=12))
        await self.teller.live_until(seen_again)
        await self._record(seen_again, CSSRS, questionnaires.no_risk())
        reason = "Evaluated again: no intent since, the safety plan is in use; the course may go on"
        await self.teller.tell(seen_again + timedelta(minutes=30), CourseResumed.Data(actor=PRESCRIBER, reason=reason))
        await self._book_another_day(number)

    async def withdraw(self) -> None:
        """Some days after a session they end their course."""
        patient = Actor(id=self.patient.course_id, role=Role.PATIENT)
        await self.leave(PatientWithdrew.Data(actor=patient, reason="Is moving away, and feels well enough"))

    async def leave(self, why: CourseEnds) -> None:
        """Some days after a session, or after the referral if there was none, the course ends for this reason.

        The calls after their last session are made all the same, while the protocol owes them.
        """
        at = await self._live_for_some_days()
        await self.teller.tell(at, why)
        self.teller.keep_only(CheckInCompleted.Data)
        await self.teller.live_until(self._home_at + self.protocol.course.safety_window)

    async def dies(self) -> None:
        """Some days after a session their family tells the clinic that they have died; nobody calls them again."""
        at = await self._live_for_some_days()
        await self.teller.tell(at, PatientDied.Data(actor=DESK, reason="A road accident; their family has told us"))
        note = "I have spoken with their family; the team knows"
        await see_to(self.teller, Kind.PATIENT_DECEASED, None, SEEN_TO, note)

    def let_pass(self, length: timedelta) -> None:
        """Lets this much time pass without any report."""
        self.teller.now += length

    async def follow_up(self) -> None:
        """The follow-up visits after the last session; the last of them completes the course."""
        last = self._home_at
        for after in self.protocol.follow_up.after:
            at = self._next_visit(last + after)
            await self.teller.live_until(at)
            await self._answer(at, self._instruments(at), progress=1)
            await self.teller.tell(at, FollowUpHeld.Data(actor=THERAPIST, days_after=days(after)))

    async def _live_for_some_days(self) -> datetime:
        at = self._next_visit(self._home_at + timedelta(days=3))
        await self.teller.live_until(at)
        return at

    def _next_visit(self, after: datetime) -> datetime:
        return self.practice.opening(after, self.practice.visit_at)

    def _next_dosing(self, after: datetime) -> datetime:
        return self.practice.opening(after, self.practice.dose_at, self.practice.dosing_days)

    async def _live_until_arrival(self) -> datetime:
        assert self._starts_at is not None
        arrival = self._starts_at - ARRIVES_BEFORE
        await self.teller.live_until(arrival - LAST_CALL_BEFORE, nobody_calls_for=LONGEST_VISIT)
        return arrival

    async def _arrive(self, number: int) -> float:
        """Reports the arrival; returns today's weight in kg."""
        arrival = await self._live_until_arrival()
        gone = (number - 1) / max(1, self.patient.medicine_sessions)
        await self._answer(arrival, self._instruments(arrival), progress=gone)
        for test, rule in (self.protocol.screening.tests or {}).items():
            if rule.is_due_before(number):
                await self.teller.tell(arrival, _result(test, rule))
        fasting = self.protocol.medicine
        weight_kg = round(self.patient.weight_kg + self.random.uniform(-0.8, 0.8), 1)
        checked_in = PatientCheckedIn.Data(
            actor=NURSE,
            session=number,
            last_solids_at=arrival - fasting.solids_fasting - timedelta(hours=self.random.randint(3, 7)),
            last_fluids_at=arrival - fasting.fluids_fasting - timedelta(minutes=self.random.randint(15, 90)),
            escort=True,
            weight_kg=weight_kg,
            pregnancy_test=PregnancyTest.NEGATIVE,
            medications_changed=False,
        )
        await self.teller.tell(arrival, checked_in)
        return weight_kg

    async def _book_another_day(self, number: int) -> None:
        self._starts_at = self._next_dosing(self.teller.now + timedelta(hours=12))
        moved = SessionRebooked.Data(actor=DESK, session=number, starts_at=self._starts_at)
        await self.teller.tell(self.teller.now + timedelta(minutes=5), moved)

    def _note_calls_and_forms(self, number: int) -> None:
        home_at, rules = self._home_at, self.protocol
        for form in rules.forms:
            self.teller.note(home_at + timedelta(hours=2), FormFiled.Data(actor=DESK, session=number, form=form.form))
        for after in rules.check_ins.after:
            called = CheckInCompleted.Data(actor=NURSE, session=number, days_after=days(after), suicidal_ideation=False)
            self.teller.note(home_at + after + timedelta(minutes=self.random.randint(0, 20)), called)

    def _note_talks(self, number: int, dosed_at: datetime, held_at: datetime | None = None) -> None:
        """Schedules the integration sessions, all at `held_at` if given, and with the last the next session's plan."""
        rules, talked_at = self.protocol, self._home_at
        # Two thirds of the time allowed, with 72 hours at the same time two days later; and before the next dose.
        interval = self._interval_before(number + 1)
        within = min(rules.integration.within * 2 / 3, interval / 2)
        for talk in range(1, rules.integration.sessions + 1):
            in_time = self._home_at + within * talk / rules.integration.sessions
            talked_at = held_at or in_time
            self.teller.note(talked_at, IntegrationHeld.Data(actor=THERAPIST, session=number, minutes=60))
        if number not in self.sessions[:-1]:
            return
        # Whoever was not well, and is to be given no more the next time, has their plan looked at.
        is_after_event = bool(rules.course.review_after_event) and self._at_most_mg is not None
        if rules.course.review_after_session == number or is_after_event:
            self.teller.note(talked_at, self._plan())
        on_from = dosed_at + interval - timedelta(hours=6)
        self._starts_at = self.practice.opening(on_from, self.practice.dose_at)
        self.teller.note(talked_at, self._booking(number + 1, self._starts_at))

    async def _answer(self, at: datetime, instruments: tuple[str, ...], progress: float) -> None:
        moods = {known.instrument: known for known in self.patient.moods}
        for instrument in instruments:
            if instrument == CSSRS:
                items = questionnaires.no_risk()
            elif instrument in moods:
                total = moods[instrument].total(self.random, progress)
                items = questionnaires.answers(self.random, instrument, total)
            else:
                continue
            await self._record(at, instrument, items)

    async def _record(self, at: datetime, instrument: str, items: tuple[int, ...]) -> Answer:
        self._answered_at[instrument] = at
        return await self.teller.tell(at, MeasureRecorded.Data(actor=DESK, instrument=instrument, items=items))

    def _interval_before(self, number: int) -> timedelta:
        """How long after the last dose the session of this number is, by its part of the schedule if it has one."""
        course = self.protocol.course
        return (course.part_of(number) or course).interval

    def _plan(self) -> PlanPrescribed.Data:
        """The plan; a schedule of several parts leaves the intervals to the protocol."""
        rules, course = self.protocol.medicine.dose, self.protocol.course
        amount = min(rules.first_max_of(self.patient.age_years).amount, rules.max)
        return PlanPrescribed.Data(
            actor=PRESCRIBER,
            medicine_sessions=self.patient.medicine_sessions,
            interval_days=None if course.schedule else days(course.interval),
            dose=Dose(mg_per_kg=amount) if rules.basis is DoseBasis.MG_PER_KG else Dose(mg=amount),
            goals=("sleep through the night", "go back to work"),
        )

    def _booking(self, number: int, starts_at: datetime) -> SessionBooked.Data:
        rules = self.protocol.medicine
        staff = tuple(
            StaffMember(id=STAFF[Role(role)].id, role=Role(role), credentials=rules.credentials.get(role, ()))
            for role in rules.staff
        )
        return SessionBooked.Data(actor=DESK, session=number, starts_at=starts_at, room=self.practice.room, staff=staff)

    def _instruments(self, at: datetime) -> tuple[str, ...]:
        """What is asked at a visit at that moment: what each session asks for, and what is due by the next day."""
        asked = [
            name
            for name, rule in self.protocol.measures.items()
            if MeasureMoment.EACH_SESSION in rule.moments or self._is_due(name, rule, at)
        ]
        return tuple(dict.fromkeys((*asked, *self.protocol.medicine.measures)))

    def _is_due(self, instrument: str, rule: MeasureRule, at: datetime) -> bool:
        last = self._answered_at.get(instrument)
        intervals = [one for one in rule.moments if isinstance(one, timedelta)]
        return any(last is None or at - last >= one - ASKED_EARLY_BY for one in intervals)


def _result(test: str, rule: ScreeningTest) -> ResultRecorded.Data:
    """A result that the protocol has nothing against."""
    if rule.range is None:
        return ResultRecorded.Data(actor=NURSE, test=test, answer=(rule.wanted or ("negative",))[0])
    middle = (rule.range.low + rule.range.high) / 2
    return ResultRecorded.Data(actor=NURSE, test=test, value=middle, unit=rule.unit)
