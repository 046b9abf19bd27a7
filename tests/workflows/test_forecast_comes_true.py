"""A forecast is taken, nobody acts, time passes: the pages that are really sent are those that it foretold."""

from collections.abc import AsyncIterator, Container, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from temporalio.client import WorkflowHandle

from activities.paging import Paging
from domain.course.deadlines import DeadlineKind
from domain.escalation.ids import EscalationId, escalation_id, escalation_workflow_id
from domain.escalation.messages import Acknowledge, EscalationView, Kind, Page, Reassign, Snooze
from domain.escalation.page_text import Text
from domain.escalation.pager import Pager
from domain.oncall.file import OnCall, parse_on_call
from domain.refusal import Refused
from domain.values import PersonId, Severity
from domain.views.forecast import MOST_PAGES, Because, Forecast, Move
from gateway.forecasts import forecast_of
from tests.support.cast import (
    adverse_event,
    days,
    dose,
    hours,
    minutes,
    seconds,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.clinic import Clinic, Patient, open_clinic
from tests.support.eventually import eventually
from tests.support.running_stack import example_on_call
from tests.workflows.conftest import Temporal
from workflows.escalation import EscalationWorkflow

EXAMPLE = example_on_call()
LIND, OSEI, WARD, DESK = "lind", "osei", "ward", "desk"

LATE = timedelta(seconds=30)
"""How much later a page may go out: under skipped time each timer on the way costs about a second of that time, and in
real time a machine may be busy."""

SOON = timedelta(milliseconds=2)
"""And how much sooner: the server counts in milliseconds."""

AHEAD = timedelta(seconds=10)

Way = tuple[int, PersonId, str]
"""A page's step, its person and the kind of channel that it went out by."""


class Night:
    """A clinic with a real pager, whose channels take every page and show it to nobody."""

    def __init__(self, clinic: Clinic, on_call: OnCall) -> None:
        self.clinic = clinic
        self._on_call = on_call

    async def forecast(self, patient: Patient, now: datetime) -> Forecast:
        return await forecast_of(
            patient.course, now, self.clinic.courses, self.clinic.escalations, on_call=self._on_call
        )

    async def alarm(self, grade: int, ago: timedelta = timedelta()) -> "Alarm":
        """An adverse event of that grade, so long ago, has been reported: 2 is routine, 3 urgent, 4 an emergency."""
        patient = await self.clinic.has(lambda ward: ward.referred())
        await patient.sends(adverse_event(patient.course, at=await patient.now() - ago, grade=grade))
        alarm = self.raised(patient, Kind.ADVERSE_EVENT)
        await alarm.is_there()
        return alarm

    def raised(self, patient: Patient, kind: Kind, session: int | None = None) -> "Alarm":
        return Alarm(self, patient, escalation_id(patient.course, kind, session, 1))


class Alarm:
    """One escalation, and the test's hand on its clock."""

    def __init__(self, night: Night, patient: Patient, escalation: EscalationId) -> None:
        self._night = night
        self.patient = patient
        self.id = escalation

    @property
    def handle(self) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        return self._night.clinic.temporal.client.get_workflow_handle_for(
            EscalationWorkflow.run, escalation_workflow_id(self.id)
        )

    async def now(self) -> datetime:
        """What its own clock shows."""
        return await self._night.clinic.temporal.env.get_current_time(self.handle)

    async def passes(self, length: timedelta) -> None:
        await self._night.clinic.temporal.env.fast_forward(self.handle, length)

    async def forecast(self) -> Forecast:
        return await self._night.forecast(self.patient, await self.now())

    async def is_there(self) -> None:
        async def is_known() -> bool:
            try:
                return bool(await self._night.clinic.escalations.view(self.id))
            except Refused:
                return False

        await eventually(is_known)

    async def has_paged(self, *people: PersonId) -> None:
        """Waits until these have been paged, in order; those of one moment by name."""

        async def paged() -> bool:
            return (
                tuple(person for _, person in sorted((page.at, page.person) for page in await self.pages())) == people
            )

        await eventually(paged)

    async def pages(self) -> Sequence[Page]:
        return (await self._night.clinic.escalations.view(self.id)).pages

    async def comes_true(self, foretold: Forecast, within: timedelta) -> None:
        """Nobody acts, and so much time passes: what is sent by then is what was foretold, and nothing else."""
        before = len(await self.pages())
        await self.passes(foretold.at + within - await self.now())
        await self.has_sent(foretold, within, after=before)

    async def has_sent(self, foretold: Forecast, within: timedelta, after: int = 0) -> None:
        """After its first pages, exactly those that were foretold, each at its moment or a little later."""
        expected = ways(foretold, within)
        are_on_time(expected, (await self._pages(after + len(expected)))[after:])

    async def has_sent_in_order(self, foretold: Forecast, within: timedelta) -> None:
        """In real time: those that were foretold come first, in order, none too soon and after no shorter wait."""
        expected = ways(foretold, within)
        waited_for = {page.at for page in foretold.pages if page.because is Because.NO_ANSWER}
        are_in_order(expected, await self._pages(len(expected)), waited_for)

    async def _pages(self, number: int) -> Sequence[Page]:
        """As soon as it has sent so many."""

        async def sent() -> Sequence[Page] | None:
            pages = await self.pages()
            return pages if len(pages) >= number else None

        return await eventually(sent)


def ways(foretold: Forecast, within: timedelta) -> list[tuple[Way, datetime]]:
    """Each page that it foretells by then, channel by channel."""
    return [
        ((page.step, page.person, channel), page.at)
        for page in foretold.pages
        if page.at <= foretold.at + within
        for channel in page.channels
    ]


def are_on_time(expected: Iterable[tuple[Way, datetime]], sent: Iterable[Page]) -> None:
    said = sorted(expected)
    done = sorted(((page.step, page.person, page.channel), page.at) for page in sent)
    assert [way for way, _ in done] == [way for way, _ in said]
    lateness = [(way, at - due) for (way, at), (_, due) in zip(done, said, strict=True)]
    assert all(-SOON <= by <= LATE for _, by in lateness), lateness


def are_in_order(
    expected: Iterable[tuple[Way, datetime]], sent: Iterable[Page], waited_for: Container[datetime]
) -> None:
    said = sorted((at, way) for way, at in expected)
    done = sorted((page.at, (page.step, page.person, page.channel)) for page in sent)[: len(said)]
    assert [way for _, way in done] == [way for _, way in said]
    lateness = [at - due for (at, _), (due, _) in zip(done, said, strict=True)]
    assert all(-SOON <= by <= LATE for by in lateness), lateness
    waits = [(due, after - before) for (before, after), (due, _) in zip(pairwise(lateness), said[1:], strict=True)]
    assert all(longer >= -SOON for due, longer in waits if due in waited_for), lateness


def told(foretold: Forecast, number: int) -> list[tuple[int, PersonId, Because]]:
    """Step, person and reason of its first pages."""
    return [(page.step, page.person, page.because) for page in foretold.pages[:number]]


async def sent_well(_url: str, _text: Text, _severity: Severity) -> None:
    """Every channel takes every page."""


@asynccontextmanager
async def night(temporal: Temporal, file: str = EXAMPLE) -> AsyncIterator[Night]:
    on_call = parse_on_call(file, "oncall.toml")
    paging = Paging(lambda: on_call, Pager(lambda *_: "https://k.example/ack", sent_well))
    async with open_clinic(temporal, on_call, paging) as clinic:
        yield Night(clinic, on_call)


async def test_an_urgent_one_that_nobody_answers(temporal: Temporal) -> None:
    """The nurse has been paged: Dr Osei by both his channels, the director, the nurse again, and so on without end."""
    async with night(temporal) as clinic:
        alarm = await clinic.alarm(grade=3)
        await alarm.has_paged(LIND)

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(58))

    assert told(foretold, 4) == [
        (2, OSEI, Because.NO_ANSWER),
        (3, WARD, Because.NO_ANSWER),
        (1, LIND, Because.NO_ANSWER),
        (2, OSEI, Because.NO_ANSWER),
    ]
    assert (len(foretold.pages), foretold.cut) == (MOST_PAGES, True)


async def test_an_escalation_that_outlives_its_course(temporal: Temporal) -> None:
    """The patient has moved away, the course is closed: whoever was called is called on."""
    async with night(temporal) as clinic:
        alarm = await clinic.alarm(grade=4)
        await alarm.has_paged(LIND, OSEI, OSEI)
        await alarm.patient.sends(withdrawal(alarm.patient.course, at=datetime.now(UTC)))

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(5))

    assert [page.person for page in foretold.pages[:5]] == [LIND, OSEI, WARD, LIND, OSEI]


async def test_a_promise_that_is_not_kept(temporal: Temporal) -> None:
    """Acknowledged, then left: after 60 min it is open again and pages from the next step."""
    async with night(temporal) as clinic:
        alarm = await clinic.alarm(grade=3)
        await alarm.has_paged(LIND)
        await clinic.clinic.escalations.act(alarm.id, Acknowledge(by=LIND))

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(87))

    assert told(foretold, 2) == [(2, OSEI, Because.PROMISE_LAPSED), (3, WARD, Because.NO_ANSWER)]
    assert [(one.change, one.at) for one in foretold.changes] == [(Move.REOPENED, foretold.pages[0].at)]


async def test_a_routine_one_at_night(temporal: Temporal) -> None:
    """It waits for the office to open, two days from now; then the desk, four hours later the director."""
    opens = datetime.combine(datetime.now(UTC).date() + timedelta(days=2), time(8), UTC)
    weekdays = 'days = ["mon", "tue", "wed", "thu", "fri"]'
    seldom_open = EXAMPLE.replace(weekdays, f'days = ["{opens:%a}"]'.lower()).replace("America/Los_Angeles", "UTC")
    async with night(temporal, seldom_open) as clinic:
        alarm = await clinic.alarm(grade=2, ago=days(2))  # told so late, no clinician is called by day

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, days(4))

    assert told(foretold, 9) == [(1, DESK, Because.HOURS_BEGIN), (2, WARD, Because.NO_ANSWER)]
    assert [page.at for page in foretold.pages] == [opens, opens + hours(4)]


async def test_a_snoozed_one(temporal: Temporal) -> None:
    """Half an hour of quiet, and then the step that was due in the middle of it."""
    async with night(temporal) as clinic:
        alarm = await clinic.alarm(grade=3)
        await alarm.has_paged(LIND)
        await clinic.clinic.escalations.act(alarm.id, Snooze(by=LIND, for_=minutes(30), note="The cuff is changed"))

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(57))

    assert told(foretold, 2) == [(2, OSEI, Because.SNOOZE_ENDED), (3, WARD, Because.NO_ANSWER)]


async def test_one_that_was_passed_on(temporal: Temporal) -> None:
    """The director has been asked instead, after 4 min: the wait of the step starts again, then the next one is due."""
    async with night(temporal) as clinic:
        alarm = await clinic.alarm(grade=3)
        await alarm.has_paged(LIND)
        await alarm.passes(minutes(4))
        await clinic.clinic.escalations.act(alarm.id, Reassign(by=LIND, to=WARD))
        await alarm.has_paged(LIND, WARD)

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(32))

    assert told(foretold, 3) == [
        (2, OSEI, Because.NO_ANSWER),
        (3, WARD, Because.NO_ANSWER),
        (1, LIND, Because.NO_ANSWER),
    ]


async def test_the_rota_is_handed_on_while_nobody_answers(temporal: Temporal) -> None:
    """Whoever has the duty by then is paged: the ladder's second round calls another nurse than its first."""
    handed_on = (datetime.now(UTC) + minutes(20)).replace(microsecond=0, tzinfo=None)
    file = (
        EXAMPLE.replace('members  = ["lind"]', 'members = ["lind", "desk"]')
        .replace('timezone = "America/Los_Angeles"\nmembers', 'timezone = "UTC"\nmembers')
        .replace('"P7D"', '"PT1H"')
        .replace("2026-01-05T08:00:00", (handed_on - hours(1)).isoformat())
    )
    async with night(temporal, file) as clinic:
        alarm = await clinic.alarm(grade=3)
        await alarm.has_paged(LIND)

        foretold = await alarm.forecast()
        await alarm.comes_true(foretold, minutes(42))

    assert [page.person for page in foretold.pages[:4]] == [OSEI, WARD, DESK, OSEI]


async def test_a_reading_that_will_be_missed(temporal: Temporal) -> None:
    """Foretold before there is any escalation: five minutes after the reading was due the nurse, then step by step."""
    hasty = EXAMPLE.replace('wait = "PT5M"', 'wait = "PT2M"').replace('wait = "PT10M"', 'wait = "PT2M"')
    async with night(temporal, hasty) as clinic:
        mara = await clinic.clinic.has(lambda ward: ward.dosed())
        await mara.sends(vitals(mara.course, 1, at=await mara.now()))

        foretold = await clinic.forecast(mara, await mara.now())
        await mara.until(DeadlineKind.CHECKPOINT)
        alarm = clinic.raised(mara, Kind.VITALS_OVERDUE, session=1)
        await alarm.is_there()
        first = foretold.changes[0]
        # The escalation's clock moves on alone: its course stands, and so does what would come of its next deadline.
        await alarm.passes(first.at + minutes(4.9) - await alarm.now())
        await alarm.has_sent(foretold, first.at + minutes(4.9) - foretold.at)

    assert told(foretold, 3) == [
        (1, LIND, Because.OPENED),
        (2, OSEI, Because.NO_ANSWER),
        (3, WARD, Because.NO_ANSWER),
    ]
    assert (first.escalation, first.kind, first.session) == (None, Kind.VITALS_OVERDUE, 1)
    assert [(one.change, one.at - first.at) for one in foretold.changes[:2]] == [
        (Move.OPENED, minutes(0)),
        (Move.RAISED, minutes(5)),
    ]


async def test_a_missed_reading_becomes_an_emergency(temporal: Temporal) -> None:
    """In real time, course and escalation together: urgent at 4 s, an emergency at 14 s, and its louder ladder.

    The dose is reported a little ahead, by a clinic's clock that runs fast: so a slow machine has foretold it in time.
    """
    hasty = (
        EXAMPLE.replace('wait = "PT1M"', 'wait = "PT3S"')
        .replace('wait = "PT2M"', 'wait = "PT6S"')
        .replace('wait = "PT5M"', 'wait = "PT3S"')
    )
    checkpoints = {"offsets": (timedelta(), minutes(1)), "grace": seconds(4), "emergency_after": seconds(14)}
    hurried = weekly({f"medicine.checkpoints.{key}": value for key, value in checkpoints.items()})
    async with night(temporal, hasty) as clinic:
        clinic.clinic.follows(hurried)
        mara = await clinic.clinic.has(lambda ward: ward.cleared())
        await mara.sends(dose(mara.course, at=datetime.now(UTC) + AHEAD))

        foretold = await clinic.forecast(mara, datetime.now(UTC))
        alarm = clinic.raised(mara, Kind.VITALS_OVERDUE, session=1)
        await alarm.is_there()
        within = foretold.changes[0].at + seconds(16) - foretold.at
        await alarm.has_sent_in_order(foretold, within)

    assert told(foretold, 7) == [
        (1, LIND, Because.OPENED),
        (2, OSEI, Because.NO_ANSWER),
        (1, LIND, Because.RAISED),
        (1, OSEI, Because.RAISED),
        (2, LIND, Because.NO_ANSWER),
        (2, OSEI, Because.NO_ANSWER),
        (2, WARD, Because.NO_ANSWER),
    ]
