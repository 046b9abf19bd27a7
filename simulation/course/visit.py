"""One medicine session, from the dose to the way home: the body's response, and what the staff do about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from domain.course.answer import Answer
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    CorrectionRecorded,
    Corrects,
    DischargeAssessed,
    DoseAdministered,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    MeasureRecorded,
    PatientDischarged,
    SessionCleared,
    VitalsRecorded,
)
from domain.protocol.instruments import CSSRS
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from domain.values import Frozen, Moment
from simulation.course.reporter import Reporter
from simulation.course.staff import NURSE, PRESCRIBER, Reply, see_to
from simulation.patients import physiology, questionnaires
from simulation.patients.patients import Patient
from simulation.patients.physiology import Response, Vitals

SECOND_LOOK_AFTER = timedelta(minutes=5)
"""CLINICAL.md 3.4: after a warning, the reading is taken again in 5 minutes."""
BEFORE_IT_IS_DUE = timedelta(minutes=1)
"""The second reading that the protocol asks for is taken this long before it is due."""
BACK_AT_THE_BEDSIDE = timedelta(minutes=1)
AT_THE_BEDSIDE_AFTER = timedelta(seconds=15)
LATEST_TO_ANSWER = timedelta(seconds=30)
ONCE_MORE_AFTER = timedelta(seconds=15)
"""Together within the minute that an event may run ahead of its course's clock, which an open escalation stops."""

READ_BEFORE = timedelta(minutes=8)
TYPED_TOO_LOW_BY = 10
"""The nurse's finger hits the 8 beside the 9: the saturation reads as an emergency."""
TOO_HIGH_BY = (3, 9)
"""How far an excited patient's pressure is over the limit before a dose, in mmHg."""
RESTS_FOR = timedelta(minutes=10)

PAUSED_FOR = timedelta(minutes=5)

AT_THEIR_SIDE = Reply(by=PRESCRIBER, after=timedelta(seconds=30), done_after=timedelta(minutes=3))
NEXT_TO_THEM = Reply(after=timedelta(seconds=30), done_after=timedelta(minutes=2))
NOT_YET = "Not dosed yet: the prescriber is held up with another patient, and I am with them"
RAN_OUT = "Held up with another patient: the clearance ran out before the dose. They are well, and watched as planned"
TYPED_WRONG = "Typed wrong: the oximeter showed {right} %, not {typed} %"
THEY_ARE_WELL = "They are awake and breathe well: the number was typed wrong, and is corrected"
TOO_FAST = "It comes too fast for them: they ask for a pause, and are calm when it runs again"
SETTLED = "Seen by me; treated by the clinic's standing order; readings go on as planned"


class VisitScript(Frozen):
    """What is special about one medicine session; by default nothing.

    `response` is the body's response, by default an uneventful one. `unread`, `mistyped` and `surge` each name one of
    the protocol's readings by its time from the dose: at `unread` nobody takes it until the nurse is paged; at
    `mistyped` its saturation is typed wrong, and corrected by the nurse who is paged for it; at `surge` fear drives the
    pressure up. Whoever is paged gives `reply`. So many readings are `too_high` for a dose: the clearance is
    refused, and the dose put off. Where it `runs_out`, the nurse is asked for the dose, which is given when its
    clearance is over: a deviation. When fit to leave, they `wait_for_the_escort`. The nurse takes readings at most
    `ahead` of their time, and never before the protocol's window opens. After the reading at `paused` an infusion is
    interrupted for some minutes.
    """

    response: Response | None = None
    unread: timedelta | None = None
    mistyped: timedelta | None = None
    surge: timedelta | None = None
    reply: Reply = Reply()
    too_high: int = 0
    runs_out: bool = False
    wait_for_the_escort: timedelta = timedelta()
    ahead: timedelta = timedelta()
    paused: timedelta | None = None


class Appointment(Frozen):
    """The session's number, its dose time, the patient's weight that day in kg, and a limit of their dose in mg."""

    number: int
    dosed_at: Moment
    weight_kg: float
    at_most_mg: float | None = None


class MedicineVisit:
    """One medicine session of a patient. It starts after their check-in."""

    def __init__(
        self,
        patient: Patient,
        protocol: Protocol,
        teller: Reporter,
        random: Random,
        appointment: Appointment,
        happening: VisitScript,
    ) -> None:
        self._rest = patient.rest
        self._protocol = protocol
        self._teller = teller
        self._random = random
        self._number = appointment.number
        self._dosed_at = appointment.dosed_at
        usual, most = _usual_mg(protocol, patient.age_years, appointment.weight_kg), appointment.at_most_mg
        self._mg = usual if most is None else min(usual, most)
        self._happening = happening
        self._had_an_alarm = False
        self._runs_until: datetime | None = None
        self._observed_from = appointment.dosed_at
        self._moved = happening.response or physiology.uneventful(random, patient.rest)

    async def take_place(self) -> float | None:
        """Plays the session: they are cleared, dosed, watched, and discharged.

        Returns the most that they may have next time, in mg: after an alarm no more than this time, else None.
        """
        await self._is_dosed()
        for offset in self._offsets():
            await self._end_infusion(self._dosed_at + offset)
            await self._take_reading(offset)
            await self._ask(offset)
            if offset == self._happening.paused:
                await self._interrupt_infusion()
        await self._go_home()
        return self._mg if self._had_an_alarm else None

    async def _is_dosed(self) -> None:
        cleared = SessionCleared.Data(actor=PRESCRIBER, session=self._number)
        for _ in range(self._happening.too_high):
            await self._teller.tell(self._dosed_at - READ_BEFORE, self._reading(self._excited()))
            in_vain = self._dosed_at - READ_BEFORE + timedelta(minutes=1)
            await self._teller.tell_in_vain(in_vain, cleared, "vitals.systolic_above_limit")
            self._dosed_at += RESTS_FOR
        body = physiology.at_rest(self._random, self._rest)
        await self._teller.tell(self._dosed_at - READ_BEFORE, self._reading(body))
        await self._teller.tell(self._dosed_at - timedelta(minutes=5), cleared)
        if self._happening.runs_out:
            self._dosed_at += self._protocol.medicine.clearance_valid
            self._teller.now = self._dosed_at - timedelta(minutes=5)
            await see_to(self._teller, Kind.DOSE_UNREPORTED, self._number, NEXT_TO_THEM, NOT_YET)
        is_late = self._happening.runs_out
        await self._teller.tell(self._dosed_at, self._dose(), deviation="clearance.expired" if is_late else None)
        self._observed_from = self._dosed_at
        if self._protocol.route is Route.INTRAVENOUS:
            self._runs_until = self._dosed_at + self._protocol.medicine.infusion.usual
        if is_late:
            await see_to(self._teller, Kind.PROTOCOL_DEVIATION, self._number, AT_THEIR_SIDE, RAN_OUT)

    async def _ask(self, offset: timedelta) -> None:
        """Takes what is to be measured so long after the dose, of which the answers are not known."""
        for instrument, rule in self._protocol.measures.items():
            if offset in rule.after_dose and rule.range is not None:
                score = self._random.randint(round(rule.range.low), round(rule.range.high) // 2)
                taken = MeasureRecorded.Data(actor=NURSE, instrument=instrument, score=score)
                await self._teller.tell_at_once(self._teller.now + ONCE_MORE_AFTER, taken)

    async def _interrupt_infusion(self) -> None:
        """The infusion is paused for some minutes, and takes so much longer."""
        assert self._runs_until is not None
        paused = InfusionPaused.Data(actor=NURSE, session=self._number, reason=TOO_FAST)
        await self._teller.tell(self._teller.now + BACK_AT_THE_BEDSIDE, paused)
        resumed = InfusionResumed.Data(actor=NURSE, session=self._number)
        await self._teller.tell(self._teller.now + PAUSED_FOR, resumed)
        self._runs_until += PAUSED_FOR

    async def _end_infusion(self, next_reading_at: datetime) -> None:
        """The infusion ends once all of it has run, before the next reading if that is later."""
        if self._runs_until is None or self._runs_until >= next_reading_at:
            return
        self._observed_from, self._runs_until = max(self._runs_until, self._teller.now + BACK_AT_THE_BEDSIDE), None
        stopped = InfusionStopped.Data(actor=NURSE, session=self._number, mg_given=self._mg)
        await self._teller.tell(self._observed_from, stopped)

    def _excited(self) -> Vitals:
        limit = self._protocol.medicine.clearance.hold.systolic
        assert limit is not None
        body = physiology.at_rest(self._random, self._rest)
        return body.but(systolic=round(limit.high) + self._random.randint(*TOO_HIGH_BY))

    async def _take_reading(self, offset: timedelta) -> None:
        rules = self._protocol.medicine.checkpoints
        due_at = self._dosed_at + offset
        if offset == self._happening.surge:
            calm, self._moved = self._moved, physiology.surge(self._random, self._rest)
            await self._look(due_at + self._in_a_moment())
            self._moved = calm
        elif offset == self._happening.unread:
            await self._overlook(due_at + rules.missed_after)
        elif offset == self._happening.mistyped:
            await self._mistype(due_at + self._in_a_moment())
        elif offset:
            comes_at = due_at - min(self._happening.ahead, rules.early) + self._in_a_moment()
            await self._look(max(comes_at, self._teller.now + BACK_AT_THE_BEDSIDE))
        else:
            await self._look(max(due_at, self._teller.now))

    def _in_a_moment(self) -> timedelta:
        return self._random.random() * self._protocol.medicine.checkpoints.grace / 2

    async def _look(self, at: datetime) -> None:
        await self._teller.ward.until(at)
        await self._answer(await self._read(at))

    async def _overlook(self, passes_at: datetime) -> None:
        """The reading is missed; the nurse is paged, acknowledges and takes it, which resolves the escalation."""
        ward, soon = self._teller.ward, min(self._happening.reply.after, LATEST_TO_ANSWER)
        escalation = await ward.called(Kind.VITALS_OVERDUE, self._number, by=passes_at)
        answered_at = await ward.acknowledge(escalation, NURSE.id, after=soon)
        answer = await self._read(answered_at + AT_THE_BEDSIDE_AFTER)
        await ward.settled(escalation)
        await self._answer(answer)

    async def _mistype(self, at: datetime) -> None:
        """The reading is typed wrong and pages as an emergency; the nurse sees the patient, and corrects the reading.

        The escalation stays for a human, marked as resting on a corrected value: the nurse resolves it.
        """
        ward, reply = self._teller.ward, self._happening.reply
        await ward.until(at)
        right = self._reading(physiology.after_dose(self._random, self._rest, self._moved, at - self._dosed_at))
        assert right.spo2 is not None
        wrong = right.but(spo2=right.spo2 - TYPED_TOO_LOW_BY)
        answer = await self._teller.tell_at_once(at, wrong)
        escalation = await ward.called(Kind.VITALS_EMERGENCY, self._number, by=at)
        answered_at = await ward.acknowledge(escalation, NURSE.id, after=min(reply.after, LATEST_TO_ANSWER))
        corrected = CorrectionRecorded.Data(
            actor=NURSE,
            corrects=Corrects(id=answer.event_id),
            reason=TYPED_WRONG.format(right=right.spo2, typed=wrong.spo2),
            data=right.model_dump(mode="json", exclude_none=True),
        )
        await self._teller.tell_at_once(answered_at + AT_THE_BEDSIDE_AFTER, corrected)
        self._teller.now = await ward.resolve(escalation, NURSE.id, after=reply.done_after, note=THEY_ARE_WELL)
        self._had_an_alarm = True

    async def _answer(self, answer: Answer) -> None:
        """Acts on the verdict: a second reading after a warning, more until an alarm is confirmed."""
        if _severity(answer) is VerdictSeverity.WARNING:
            answer = await self._read_later(self._teller.now + SECOND_LOOK_AFTER)
        while _severity(answer) is VerdictSeverity.RECHECK:
            assert answer.verdict is not None
            assert answer.verdict.recheck_due_at is not None
            answer = await self._read_later(answer.verdict.recheck_due_at - BEFORE_IT_IS_DUE)
        if _severity(answer) is VerdictSeverity.URGENT:
            assert answer.verdict is not None
            if answer.verdict.recheck_due_at is not None:
                # One limit alarms, another is crossed for the first time: its second reading cannot wait for the call.
                await self._read(self._teller.now + ONCE_MORE_AFTER)
            await see_to(self._teller, Kind.VITALS_URGENT, self._number, self._happening.reply, SETTLED)
            self._moved = physiology.relieved(self._moved)
            self._had_an_alarm = True

    async def _read_later(self, at: datetime) -> Answer:
        await self._teller.ward.until(at)
        return await self._read(at)

    async def _read(self, at: datetime) -> Answer:
        body = physiology.after_dose(self._random, self._rest, self._moved, at - self._dosed_at)
        return await self._teller.tell_at_once(at, self._reading(body))

    async def _go_home(self) -> None:
        assessed = DischargeAssessed.Data(
            actor=NURSE,
            session=self._number,
            padss=10,
            oriented=True,
            steady_gait=True,
            dissociation_resolved=True,
            nausea=False,
        )
        await self._teller.tell(self._teller.now + timedelta(minutes=5), assessed)
        if CSSRS in (self._protocol.medicine.discharge.measures or ()):
            asked = MeasureRecorded.Data(actor=NURSE, instrument=CSSRS, items=questionnaires.no_risk())
            await self._teller.tell(self._teller.now, asked)
        home = PatientDischarged.Data(actor=NURSE, session=self._number, escort=True, instructions_given=True)
        await self._teller.tell(self._teller.now + self._happening.wait_for_the_escort, home)

    def _dose(self) -> DoseAdministered.Data | InfusionStarted.Data:
        if self._protocol.route is Route.INTRAVENOUS:
            over = self._protocol.medicine.infusion.usual
            return InfusionStarted.Data(actor=PRESCRIBER, session=self._number, mg=self._mg, over=over, lot="K2207")
        return DoseAdministered.Data(
            actor=PRESCRIBER, session=self._number, mg=self._mg, route=self._protocol.route, lot="K2207"
        )

    def _reading(self, body: Vitals) -> VitalsRecorded.Data:
        return VitalsRecorded.Data(actor=NURSE, session=self._number, symptoms=(), **body.model_dump())

    def _offsets(self) -> Iterator[timedelta]:
        """The protocol's readings, and further ones until the patient may be ready for discharge."""
        rules = self._protocol.medicine.checkpoints
        yield from rules.offsets
        offset = rules.offsets[-1]
        while self._dosed_at + offset < self._observed_from + self._protocol.medicine.minimum_observation:
            offset += rules.then_every
            yield offset


def _usual_mg(protocol: Protocol, age_years: int, weight_kg: float) -> float:
    """What is drawn up for this patient: whole milligrams, where the protocol goes by weight."""
    rules = protocol.medicine.dose
    amount = min(rules.first_max_of(age_years).amount, rules.max)
    return float(int(amount * weight_kg)) if rules.basis is DoseBasis.MG_PER_KG else amount


def _severity(answer: Answer) -> VerdictSeverity:
    return answer.verdict.severity if answer.verdict else VerdictSeverity.NORMAL
