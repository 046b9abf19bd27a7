"""The watch's rounds of courses without a dosed patient, on the real PostgreSQL; Temporal and channels are twins."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pydantic import JsonValue

from console.watchdog.watchdog import ASKED_AT_ONCE, Watchdog
from domain.escalation.ids import escalation_id
from domain.escalation.messages import EscalationState, EscalationView, Kind
from domain.escalation.silence import Silence, SilenceReason, words
from domain.escalation.watchdog import GRACES_WITHOUT_A_DOSE, NextMove, NoAnswer, Suspect, Tick
from domain.ledger import Note
from domain.values import CourseId, Severity
from gateway.workflow_calls import Unavailable
from records.connections import Connections, open_connections
from records.gauges import gauges
from records.store import EscalationFilter
from records.watchdog import turn_to_watch
from tests.records.test_the_watchdog import CLINIC, GRACE, Night
from tests.support.eventually import eventually
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

LONGER = GRACE * GRACES_WITHOUT_A_DOSE
FAILING, ENDED = NoAnswer(why=SilenceReason.KEEPS_FAILING), NoAnswer(why=SilenceReason.ENDED)


class Rounds(Night):
    """A night in which Temporal lists whom it suspects; `lists` is None while it does not."""

    def __init__(self, connections: Connections, database_url: str) -> None:
        self.lists: Sequence[Suspect] | None = ()
        self.connections = connections
        super().__init__(connections, database_url)

    def console_starts(self) -> None:
        super().console_starts()
        turn = partial(turn_to_watch, self._database_url)
        ask = self.orchestrator.ask
        self.watch = Watchdog(self.watched, turn, ask, self.alarms, lambda: CLINIC, GRACE, self.listed)

    async def listed(self) -> Sequence[Suspect]:
        if self.lists is None:
            raise Unavailable("Temporal cannot be reached")
        return self.lists

    async def is_due(self, ago: timedelta, *courses: CourseId, **changes: object) -> None:
        """These courses, whose patients are not dosed, were to move so long ago. Somebody has watched all the time."""
        now = datetime.now(UTC)
        for course in courses:
            entries = ledger(readings(1), course)
            await self.store.append(batch(entries, next_passes_at=now - ago, stage=None, **changes))
        await self.watched.look(Tick(looked_at=now, watching_since=now - timedelta(days=9)))

    async def goes_round(self) -> None:
        await self.watch.go_round()
        await self.pages()

    async def alarms_of(self, state: EscalationState = EscalationState.OPEN) -> list[EscalationView]:
        found = await self.store.escalations(EscalationFilter(state=state))
        return [one for one in found if one.kind is Kind.ORCHESTRATOR_SILENT]


@pytest.fixture
async def night(database_url: str) -> AsyncIterator[Rounds]:
    async with open_connections(database_url) as connections:
        yield Rounds(connections, database_url)


def opened(kind: Kind, severity: Severity) -> Note:
    data: dict[str, JsonValue] = {
        "id": escalation_id(MARA, kind, None, 1),
        "kind": kind.value,
        "severity": severity.value,
    }
    return Note(time=MONDAY, type="kap.escalation.opened", data=data)


async def test_a_course_that_has_not_moved_by_itself_is_asked_and_told(night: Rounds) -> None:
    """Nobody is dosed: it is given longer, and then the urgent policy's first step is paged, once."""
    await night.is_due(LONGER - timedelta(minutes=1), MARA)
    await night.goes_round()
    assert (night.orchestrator.asked, night.phones.arrived) == ([], [])

    await night.is_due(LONGER, "NIKO-1")
    await night.goes_round()
    await night.goes_round()

    (alarm,) = await night.alarms_of()
    assert (alarm.id, alarm.session, alarm.severity) == ("NIKO-1~orchestrator_silent~0~1", None, Severity.URGENT)
    assert alarm.note == words(SilenceReason.UNANSWERED)
    assert {text.title for _, text, _ in night.phones.arrived} == {"URGENT: monitoring silent"}
    assert len(night.phones.arrived) == len(alarm.pages)


async def test_a_record_that_is_behind_wakes_nobody(night: Rounds) -> None:
    """The course itself answers that it moves."""
    await night.is_due(timedelta(days=1), MARA)
    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(days=1))

    await night.goes_round()

    assert len(night.orchestrator.asked) == 1
    assert await night.alarms_of() == []


async def test_one_outage_is_one_alarm_and_asks_only_a_few(night: Rounds) -> None:
    """Temporal is away as forty courses are due: it is not asked for each of them, and one page goes out."""
    courses = [f"C-{n}" for n in range(40)]
    await night.is_due(timedelta(hours=1), *courses)
    night.lists = None

    await night.goes_round()

    assert len(night.orchestrator.asked) == ASKED_AT_ONCE
    (alarm,) = await night.alarms_of()
    assert len(await night.watched.silences()) == len(courses)

    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(days=1))
    await night.goes_round()
    assert [one.id for one in await night.alarms_of(EscalationState.RESOLVED)] == [alarm.id]
    assert await night.watched.silences() == []


async def test_a_course_that_fails_is_told_before_anything_of_it_is_due(night: Rounds) -> None:
    """Temporal lists it, and says so of it; the alarm is over when it moves again, and no sooner."""
    await night.is_due(-timedelta(days=3), MARA)
    night.lists, night.orchestrator.answer = [Suspect(course_id=MARA)], FAILING
    await night.goes_round()
    night.lists = []
    await night.goes_round()
    (alarm,) = await night.alarms_of()

    assert alarm.note == words(SilenceReason.KEEPS_FAILING)
    assert [(one.course_id, one.found) for one in await night.watched.silences()] == [
        (MARA, SilenceReason.KEEPS_FAILING)
    ]

    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(days=3))
    await night.goes_round()
    (over,) = await night.alarms_of(EscalationState.RESOLVED)
    assert (over.resolved_by, over.note) == (None, "Kapstan moves again")


async def test_a_dosed_patients_course_that_fails_is_an_emergency_at_once(night: Rounds) -> None:
    """The next reading is minutes away, and Temporal lists the course: nobody waits until the reading is missed."""
    await night.mara_is_due(ago=-timedelta(minutes=5))
    night.lists, night.orchestrator.answer = [Suspect(course_id=MARA)], FAILING

    await night.goes_round()
    await night.looks()
    night.lists = []
    await night.goes_round()
    await night.looks()

    (alarm,) = await night.alarms_of()
    assert (alarm.id, alarm.severity) == (f"{MARA}~orchestrator_silent~1~1", Severity.EMERGENCY)
    assert alarm.note == words(SilenceReason.KEEPS_FAILING)
    (silence,) = await night.watched.silences()
    assert (silence.session, silence.found) == (1, SilenceReason.KEEPS_FAILING)

    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(minutes=5))
    await night.looks()
    assert [one.id for one in await night.alarms_of(EscalationState.RESOLVED)] == [alarm.id]


@pytest.mark.parametrize(
    ("phase", "is_owed", "is_told"), [("medicine", True, True), ("closed", True, True), ("closed", False, False)]
)
async def test_what_temporal_has_ended_is_told_unless_nothing_is_due(
    night: Rounds, phase: str, is_owed: bool, is_told: bool
) -> None:
    """A closed course needs nobody, unless something is due: a call that is owed, a patient who was dosed."""
    due_at = datetime.now(UTC) if is_owed else None
    await night.store.append(batch(ledger(readings(1)), phase=phase, next_passes_at=due_at))
    await night.is_due(-timedelta(days=1))
    night.lists, night.orchestrator.answer = [Suspect(course_id=MARA, is_ended=True)], ENDED

    await night.goes_round()

    assert bool(await night.alarms_of()) is is_told


async def test_an_escalation_of_a_closed_course_is_still_looked_after(night: Rounds) -> None:
    """An emergency, ended in Temporal before anybody answered: an emergency for whoever is called now."""
    severity = Severity.EMERGENCY
    late = view(MARA, session=None, severity=severity, moves_at=datetime.now(UTC) - GRACE)
    await night.store.record_escalation(late)
    await night.is_due(timedelta(), MARA, phase="closed")
    night.orchestrator.answer = ENDED

    await night.goes_round()

    (alarm,) = await night.alarms_of()
    assert (alarm.severity, alarm.note) == (severity, words(SilenceReason.ENDED, late.id))


async def test_an_escalation_that_was_opened_and_never_recorded_is_missed(night: Rounds) -> None:
    """Its course says that it has opened it; nobody was dosed."""
    entries = ledger([*readings(1), opened(Kind.SUICIDE_RISK, Severity.EMERGENCY)])
    told = batch(entries, attention=Severity.EMERGENCY, stage=None)
    await night.store.append(told)

    due = await night.watched.overdue(datetime.now(UTC), (), 10)

    assert [(one.escalation, one.session, one.severity) for one in due] == [
        (f"{MARA}~suicide_risk~0~1", None, Severity.EMERGENCY)
    ]


async def test_what_is_looked_at_with_a_dosed_patient_is_not_looked_at_twice(night: Rounds) -> None:
    """But for a routine escalation of theirs, which no emergency waits for."""
    await night.mara_is_due(ago=timedelta(hours=1))
    at = datetime.now(UTC) - timedelta(hours=1)
    await night.store.record_escalation(view(n=1, moves_at=at))
    await night.store.record_escalation(view(n=2, moves_at=at, severity=Severity.ROUTINE))

    due = await night.watched.overdue(datetime.now(UTC), [MARA], 10)

    assert [(one.escalation, one.session, one.policy) for one in due] == [(view(n=2).id, None, Severity.ROUTINE)]


async def test_a_round_that_fails_takes_no_eyes_off_the_dosed(night: Rounds) -> None:
    """Whatever is wrong with a round: the looks go on."""
    await night.mara_is_due(ago=GRACE)

    async def breaks() -> Sequence[Suspect]:
        raise AssertionError("a fault")

    night.listed = breaks  # type: ignore[method-assign]
    night.console_starts()
    async with night.watch.kept():

        async def paged() -> bool:
            return bool(await night.alarms_of())

        await eventually(paged)


async def test_since_when_it_is_silent_is_kept(night: Rounds) -> None:
    """However often the same is found; another finding begins anew, and what is over is gone."""
    first = Silence(course_id=MARA, session=None, found=SilenceReason.KEEPS_FAILING, since=MONDAY)
    later = first.but(since=MONDAY + timedelta(hours=1))
    dosed = first.but(course_id="NIKO-1", session=2)
    await night.watched.silent([first], dosed=False)
    await night.watched.silent([dosed], dosed=True)

    await night.watched.silent([later], dosed=False)
    assert await night.watched.silences() == [dosed, first]
    assert (await gauges(night.connections)).silent == {"keeps_failing": 2}

    ended = later.but(found=SilenceReason.ENDED)
    await night.watched.silent([ended], dosed=False)
    assert await night.watched.silences(course_id=MARA) == [ended]

    await night.watched.silent([], dosed=True)
    assert await night.watched.silences() == [ended]
