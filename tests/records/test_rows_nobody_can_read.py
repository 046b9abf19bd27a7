"""Whatever a row holds, it hides no other: every list shows the rest, and names the one that cannot be read."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import pytest

from domain.access import SentBy, Token, TokenRole
from domain.escalation.watchdog import Tick
from domain.escalation.watchdog_alarm import raised
from domain.views.figures import CourseFigures, MeasureFigures
from records.access import AccessStore, AdministrationAct, CourseRead
from records.board import BoardFilter
from records.changes import Changes, RecordChange
from records.connections import Connections, open_connections
from records.errors import LedgerUnreadable
from records.figures import Period
from records.gauges import gauges
from records.store import BookingFilter, CourseFilter, EscalationFilter, RecordStore
from records.unreadable_rows import Found, RowUnreadable, Unreadable
from records.watchdog import WatchdogStore
from tests.support.impossible_rows import DOCUMENTS, MOMENTS, Psql
from tests.support.record_samples import MARA, MONDAY, batch, booked, ledger, page, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

NILS: Final = "NILS-7"
BOTH: Final = {MARA, NILS}
SOON: Final = MONDAY + timedelta(minutes=20)

RELATIONS: Final = {
    "courses": f"course_id = '{MARA}'",
    "escalations": f"course_id = '{MARA}'",
    "escalation_pages": f"escalation_id LIKE '{MARA}~%'",
    "ledger": f"course_id = '{MARA}'",
    "course_figures": f"course_id = '{MARA}'",
    "course_measures": f"course_id = '{MARA}'",
    "bookings": f"course_id = '{MARA}'",
    "watch_incidents": f"escalation_id LIKE '{MARA}~%'",
    "watch_looks": "true",
    "tokens": "id = 'mara0001'",
    "course_reads": f"course_id = '{MARA}'",
}
"""Every relation, and how a row of Mara's is found."""

AGGREGATED: Final = {"course_figures", "course_measures", "watch_incidents", "watch_looks", "tokens"}
"""Those whose rows no list of courses, escalations or entries shows."""

SHORT: Final = 81
TOKENS: Final = {"mara0001": "the first", "nils0007": "the second"}


class Lists(NamedTuple):
    """All that reads the record in lists."""

    connections: Connections
    store: RecordStore
    watch: WatchdogStore
    access: AccessStore
    changes: Changes


@pytest.fixture
async def lists(database_url: str) -> AsyncIterator[Lists]:
    async with open_connections(database_url) as connections:
        opened = Lists(
            connections,
            RecordStore(connections),
            WatchdogStore(connections),
            AccessStore(connections),
            Changes(connections),
        )
        await _fills(opened)
        yield opened


async def _fills(lists: Lists) -> None:
    """Two patients who are here, watched, called about and alarmed for, and two tokens."""
    for course in (MARA, NILS):
        figures = CourseFigures(
            sessions=1,
            checkpoints_met=1,
            checkpoints_late=0,
            checkpoints_missed=0,
            integrations_in_time=0,
            integrations_late=0,
            integrations_owed=1,
            measures=(MeasureFigures(instrument="phq9", baseline=18, latest=9, is_response=True, is_remission=False),),
        )
        here = batch(ledger(readings(3), course), monitored_session=1, next_passes_at=SOON, attention="urgent")
        await lists.store.append(here.but(figures=figures, bookings=(booked(course),)))
        await lists.store.record_escalation(view(course, pages=(page(1),), moves_at=SOON))
        await lists.watch.add(raised(course, 1, 1, MONDAY))
        read = CourseRead(
            at=MONDAY,
            token_id="nils0007",
            name="a monitor",
            role=TokenRole.CLINIC,
            course_id=course,
            what="course",
            request_id=f"read-of-{course}",
        )
        await lists.access.record([read, read.but(course_id=MARA, request_id=f"beside-{course}")])
    for identity, name in TOKENS.items():
        await lists.access.create(
            Token(
                id=identity,
                name=name,
                roles=(TokenRole.CLINIC,),
                site=None,
                salt=b"salt",
                hash=b"hash",
                created_at=MONDAY,
            ),
            AdministrationAct(at=MONDAY, what="token created", about=identity, sent_by=SentBy(request_id="1")),
        )
    await lists.watch.look(Tick(looked_at=MONDAY, watching_since=MONDAY))


@pytest.fixture
async def psql(lists: Lists, superuser: asyncpg.Connection) -> Psql:
    assert lists
    somebody = Psql(superuser)
    await somebody.has_a_new_severity()
    await somebody.may_do_anything()
    return somebody


def accounted(found: Found[Any], least: int = 2) -> None:
    """Each row is shown or named."""
    assert len(found) + len(found.unreadable) == len(found.ids) >= least


async def everything_else_is_shown(lists: Lists) -> list[Unreadable]:
    """No list fails, each has whatever is Nils's, and accounts for every row. What they name."""
    store, watch, named = lists.store, lists.watch, list[Unreadable]()
    now = datetime.now(UTC)

    courses = await store.courses()
    accounted(courses)
    assert NILS in {one.course_id for one in courses}
    floor = await store.board(BoardFilter(), now)
    cards = {card.course_id for column in floor.columns for card in column.cards}
    assert NILS in cards
    lost = (*floor.unreadable, *(one for column in floor.columns for one in column.unreadable))
    assert all(len(column.cards) + len(column.unreadable) == column.courses for column in floor.columns)
    here = await store.sessions_under_way()
    assert NILS in {one.course_id for one in here}
    work, open_now = await store.escalations(), await store.unresolved()
    accounted(work, 4)
    for found in (work, open_now):
        assert {view(NILS).id, raised(NILS, 1, 1, MONDAY).id} <= {one.id for one in found}
    assert (await store.floor()).unresolved >= 3

    taken = await store.bookings(BookingFilter(since=MONDAY, until=SOON, now=SOON))
    accounted(taken, 1)
    assert NILS in {one.course_id for one in taken}

    heads = await store.heads()
    accounted(heads)
    assert NILS in {one.course_id for one in heads}
    assert len(await store.ledger(NILS)) == 3
    of_mara = await store.entries(MARA)
    accounted(of_mara, 0)
    figures = await store.figures(Period())
    assert sum(one.courses for one in figures.courses) >= 1
    assert figures.sessions >= 1
    assert sum(one.courses for one in figures.measures) >= 1
    assert sum(one.escalations for one in figures.waiting) >= 3
    assert (await gauges(lists.connections)).escalations

    changes = await lists.changes.after(0, 1000)
    assert NILS in {one.course_id for one in changes if isinstance(one, RecordChange)}
    assert await lists.changes.newest() < 1000
    assert {view(NILS).id, None} <= {one.escalation for one in await watch.expected() if one.course_id == NILS}
    assert NILS in {one.escalation.view.course_id for one in await watch.incidents()}
    await watch.last_look()

    accounted(await lists.access.tokens())
    assert await lists.access.token("nils0007") is not None
    await lists.access.token("mara0001")
    reads = await lists.access.reads(MARA)
    accounted(reads)
    assert any(one.request_id.startswith("beside-") for one in reads)
    for each in (courses, here, work, open_now, taken, heads, of_mara, reads):
        named += each.unreadable
    return [*named, *lost]


@pytest.mark.parametrize("relation", RELATIONS)
async def test_no_value_of_any_column_hides_anybody_else(lists: Lists, psql: Psql, relation: str) -> None:
    """Each column of each relation in turn holds what the schema lets in and Kapstan never writes."""
    broken = 0
    for column, value in await psql.values(relation, severity=True):
        async with psql.written(relation, RELATIONS[relation], column, value) as is_written:
            named = await everything_else_is_shown(lists) if is_written else []
        broken += len(named)
        assert all(one.name.isprintable() and len(one.name) <= SHORT for one in named)

    assert broken or relation in AGGREGATED


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("started_at", "'-infinity'"),
        ("next_due_at", "'infinity'"),
        ("phase", "'limbo'"),
        ("stage", "'limbo'"),
        ("outcome", "'limbo'"),
        ("planned_sessions", "2147483647"),
        ("blocked_by", "'{NULL}'"),
    ],
)
async def test_a_course_that_cannot_be_read_is_named_with_what_is_wrong_with_it(
    lists: Lists, psql: Psql, caplog: pytest.LogCaptureFixture, column: str, value: str
) -> None:
    """By its id and its column, never by what stands there; in the log once, however often it is read."""
    await psql.writes("courses", RELATIONS["courses"], column, value)

    with caplog.at_level(logging.ERROR):
        found = [await lists.store.courses() for _ in range(3)][-1]

    detail = f"its {column} cannot be read"
    assert found.unreadable == (Unreadable(id=MARA, detail=detail),)
    assert [record.getMessage() for record in caplog.records] == [f"A row of courses cannot be read, {MARA}: {detail}"]
    assert lists.connections.reading.unreadable["courses"] == 3
    with pytest.raises(RowUnreadable, match=f"{MARA}: {detail}"):
        await lists.store.course(MARA)


@pytest.mark.parametrize("value", [*MOMENTS, "started_at"])
async def test_the_next_page_begins_behind_a_row_that_cannot_be_read(lists: Lists, psql: Psql, value: str) -> None:
    """One row a page, from the first to the last: each is there once, whatever one of them holds."""
    await psql.writes("courses", RELATIONS["courses"], "started_at", value)

    seen: list[str] = []
    cursor = None
    while (found := await lists.store.courses(CourseFilter(limit=1, cursor=cursor))).ids:
        seen += found.ids
        cursor = found.ids[-1]

    assert sorted(seen) == sorted(BOTH)


async def test_an_id_that_is_none_is_passed_like_any_other(lists: Lists, psql: Psql) -> None:
    """What was written in an id's place neither ends the list nor colours a terminal."""
    await psql.writes("courses", RELATIONS["courses"], "course_id", r"E'x\u001b[31m'")

    first = await lists.store.courses(CourseFilter(limit=1))
    second = await lists.store.courses(CourseFilter(limit=1, cursor=first.ids[-1]))

    (broken,) = (*first.unreadable, *second.unreadable)
    assert {*first.ids, *second.ids} == {"x\x1b[31m", NILS}
    assert broken.name == r"'x\x1b[31m'"
    assert await lists.store.has_course("x\x1b[31m")


async def test_a_patient_whose_stage_nobody_knows_is_named_among_those_who_are_here(lists: Lists, psql: Psql) -> None:
    """They may be here: the course is to be asked."""
    await psql.writes("courses", RELATIONS["courses"], "stage", "'limbo'")

    here = await lists.store.sessions_under_way()

    assert [one.course_id for one in here] == [NILS]
    assert [one.id for one in here.unreadable] == [MARA]


async def test_an_escalation_with_a_page_that_cannot_be_read_is_named(lists: Lists, psql: Psql) -> None:
    """The others stay in their order."""
    await psql.writes("escalation_pages", RELATIONS["escalation_pages"], "at", "'infinity'")

    found = await lists.store.escalations(EscalationFilter(course_id=MARA))

    assert found.unreadable == (Unreadable(id=view().id, detail="its pages cannot be read"),)
    assert [one.id for one in found] == [raised(MARA, 1, 1, MONDAY).id]


async def test_of_a_ledger_the_entries_are_shown_and_the_row_that_is_none_is_named(lists: Lists, psql: Psql) -> None:
    """By its sequence; whoever wants the ledger whole is told which row is none."""
    await psql.writes("ledger", RELATIONS["ledger"], "time", "'infinity'")

    found = await lists.store.entries(MARA)

    (broken,) = found.unreadable
    assert {one.sequence for one in found} | {int(broken.id)} == {1, 2, 3}
    with pytest.raises(LedgerUnreadable, match=f"row {broken.id} of the ledger of {MARA}.*its time cannot be read"):
        await lists.store.ledger(MARA)


async def test_a_token_that_cannot_be_read_opens_nothing(lists: Lists, psql: Psql) -> None:
    """It may have been revoked: nobody can tell."""
    await psql.writes("tokens", RELATIONS["tokens"], "revoked_at", "'infinity'")

    assert await lists.access.token("mara0001") is None
    assert await lists.access.token("nils0007") is not None


async def test_who_has_an_alarm_that_cannot_be_read_gets_a_new_one(lists: Lists, psql: Psql) -> None:
    """The watch finds nobody else's alarm, raises this one again, and goes on by the new one."""
    await psql.writes("watch_incidents", RELATIONS["watch_incidents"], "incident", "'{}'")
    before = await lists.watch.incidents()

    await lists.watch.add(raised(MARA, 1, 1, SOON))

    after = await lists.watch.incidents()
    assert [one.id for one in before] == [raised(NILS, 1, 1, MONDAY).id]
    assert [one.id for one in before.unreadable] == [raised(MARA, 1, 1, MONDAY).id]
    assert {one.id for one in after} == {raised(NILS, 1, 1, MONDAY).id, raised(MARA, 1, 2, SOON).id}
    with pytest.raises(RowUnreadable):
        await lists.watch.move(raised(MARA, 1, 1, MONDAY).id, lambda one: one.settled(SOON))


@pytest.mark.parametrize(
    ("column", "value"), [("monitored_session", "0"), *(("next_passes_at", one) for one in MOMENTS)]
)
async def test_a_wrong_value_that_only_the_watchdog_reads_hides_no_patient(
    lists: Lists, psql: Psql, column: str, value: str
) -> None:
    """The card on the board and the session under way are shown without it."""
    await psql.writes("courses", RELATIONS["courses"], column, value)

    floor = await lists.store.board(BoardFilter(), MONDAY)
    here = await lists.store.sessions_under_way()

    assert MARA in {card.course_id for phase in floor.columns for card in phase.cards}
    assert MARA in {one.course_id for one in here}


@pytest.mark.parametrize("value", MOMENTS)
async def test_a_dosed_patient_is_watched_over_whatever_the_row_says_of_when(
    lists: Lists, psql: Psql, value: str
) -> None:
    """Nobody can tell when the course was to move: it is asked, as one that should have moved long ago."""
    await psql.writes("courses", RELATIONS["courses"], "next_passes_at", value)

    of_mara = [one for one in await lists.watch.expected() if one.course_id == MARA and one.escalation is None]

    assert [(one.session, one.moves_at < MONDAY) for one in of_mara] == [(1, True)]


@pytest.mark.parametrize("value", [*MOMENTS, "NULL"])
async def test_every_course_is_watched_over_whatever_its_row_says_of_when(lists: Lists, psql: Psql, value: str) -> None:
    """So is one without a dosed patient, and one of whom no moment is known at all."""
    is_known = value != "NULL"
    await psql.writes("courses", RELATIONS["courses"], "next_passes_at", value)
    dosed = await lists.watch.expected()
    await psql.writes("courses", RELATIONS["courses"], "monitored_session", "NULL")
    others = await lists.watch.overdue(MONDAY, (), 500)

    for found in (dosed, others) if is_known else (dosed,):
        theirs = [one for one in found if one.course_id == MARA and one.escalation is None]
        assert [one.moves_at < MONDAY for one in theirs] == [True]


@pytest.mark.parametrize("monitored", ["1", "NULL"])
@pytest.mark.parametrize(
    "told",
    [
        *DOCUMENTS,
        r"""'{"id": "MARA-1~suicide_risk~0~1", "severity": "\ud800"}'""",
        """'{"id": "MARA-1~suicide_risk~0~1", "severity": "unheard-of"}'""",
        """'{"id": null, "severity": null}'""",
    ],
)
async def test_whatever_an_entry_says_was_opened_the_others_are_watched_over(
    lists: Lists, psql: Psql, told: str, monitored: str
) -> None:
    """The watch reads off the ledger what was opened and never recorded: one entry must not end it for everybody."""
    await psql.writes("ledger", RELATIONS["ledger"], "type", "'kap.escalation.opened'")
    await psql.writes("ledger", f"{RELATIONS['ledger']} AND type = 'kap.escalation.opened'", "data", told)
    await psql.writes("courses", RELATIONS["courses"], "monitored_session", monitored)
    await psql.writes("courses", RELATIONS["courses"], "attention", "'urgent'")

    expected = await lists.watch.expected()
    others = await lists.watch.overdue(SOON + timedelta(days=9), (), 500)

    assert NILS in {one.course_id for one in expected}
    assert MARA in {one.course_id for one in (expected if monitored != "NULL" else others)}


async def test_a_look_that_cannot_be_read_is_none(lists: Lists, psql: Psql) -> None:
    """The watch begins anew, and writes down its own."""
    await psql.writes("watch_looks", RELATIONS["watch_looks"], "looked_at", "'infinity'")
    before = await lists.watch.last_look()
    look = Tick(looked_at=SOON, watching_since=SOON)

    await lists.watch.look(look)

    assert before is None
    assert await lists.watch.last_look() == look


@pytest.mark.parametrize(
    ("relation", "column", "value", "left_out"),
    [
        ("course_measures", "latest", "'NaN'", (MARA,)),
        ("course_measures", "baseline", "1.7e308", (MARA,)),
        ("course_figures", "checkpoints_met", "-1", (MARA,)),
        ("courses", "phase", "'limbo'", (MARA,)),
        ("escalations", "opened_at", "'-infinity'", (raised(MARA, 1, 1, MONDAY).id,)),
    ],
)
async def test_figures_count_what_can_be_counted_and_name_what_cannot(
    lists: Lists, psql: Psql, relation: str, column: str, value: str, left_out: tuple[str, ...]
) -> None:
    """A number that is none would be the mean of all."""
    await psql.writes(relation, RELATIONS[relation], column, value)

    found = await lists.store.figures(Period())

    assert found.left_out == left_out
    assert found.model_dump_json()
