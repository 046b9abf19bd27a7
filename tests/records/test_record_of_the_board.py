"""The board and the sessions under way: what wants a human comes first, and nothing is counted that may not be seen."""

import re
from datetime import timedelta

import asyncpg
import pytest
from pydantic import ValidationError

from domain.course.session import HERE
from domain.course.state import Phase
from domain.values import CourseId, Severity
from domain.views.summary import CourseSummary
from records.board import Board, BoardFilter, Column
from records.statements import statement
from records.store import RecordStore
from tests.support.record_samples import MONDAY, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

NOON = MONDAY + timedelta(hours=4)


async def arrives(
    store: RecordStore, course_id: CourseId, *, stage: str | None = "dosed", **where_it_is: object
) -> CourseSummary:
    """A course at that stage; a patient who was dosed and has not gone home is watched."""
    dosed_at = MONDAY if stage in {"dosed", "recovering"} else None
    told = batch(ledger(readings(1), course_id), **{"stage": stage, "dosed_at": dosed_at, **where_it_is})
    await store.append(told)
    return told.summary


async def looked_at(store: RecordStore, **asked: object) -> Board:
    return await store.board(BoardFilter.model_validate(asked), NOON)


def ids(board: Board) -> dict[str, list[CourseId]]:
    """The cards of each column that has some."""
    return {column.phase: [card.course_id for card in column.cards] for column in board.columns if column.cards}


def column(board: Board, phase: Phase) -> Column:
    return next(one for one in board.columns if one.phase is phase)


async def test_an_empty_floor_has_all_its_columns(store: RecordStore) -> None:
    """In the order of a course; a closed one is on no floor."""
    board = await looked_at(store)

    assert [one.phase for one in board.columns] == [
        "screening",
        "preparation",
        "medicine",
        "integration",
        "follow_up",
    ]
    assert {(one.courses, one.late, one.wanting, one.under_way, one.cards) for one in board.columns} == {
        (0, 0, 0, 0, ())
    }
    assert (board.sites, board.protocols) == ((), ())


async def test_in_a_column_the_worst_comes_first_and_then_what_is_due_longest(store: RecordStore) -> None:
    """Attention, then lateness, then what is due soonest, then what nothing is due of."""
    hour = timedelta(hours=1)
    for course_id, attention, by in (
        ("LATER", None, NOON + 9 * hour),
        ("NEVER", None, None),
        ("SOON", None, NOON + hour),
        ("LATE", None, NOON - hour),
        ("ROUTINE", Severity.ROUTINE, NOON + 9 * hour),
        ("EMERGENCY", Severity.EMERGENCY, NOON + 9 * hour),
        ("EMERGENCY-LATE", Severity.EMERGENCY, NOON - hour),
        ("URGENT", Severity.URGENT, NOON - 9 * hour),
    ):
        await arrives(store, course_id, attention=attention, to_do_by=by)

    assert ids(await looked_at(store)) == {
        "medicine": ["EMERGENCY-LATE", "EMERGENCY", "URGENT", "ROUTINE", "LATE", "SOON", "LATER", "NEVER"]
    }


async def test_a_column_counts_all_and_shows_the_first(store: RecordStore) -> None:
    """How many there are, who is here, who is late and who wants somebody is said of all of them."""
    for n in range(7):
        await arrives(
            store,
            f"C-{n}",
            stage="dosed" if n < 2 else "booked",
            attention=Severity.URGENT if n == 6 else None,
            to_do_by=NOON + timedelta(minutes=n - 3),
        )
    await arrives(store, "P-1", phase="preparation", stage=None, to_do_by=None)

    board = await looked_at(store, limit=2)

    medicine = column(board, Phase.MEDICINE)
    assert [card.course_id for card in medicine.cards] == ["C-6", "C-0"]
    assert (medicine.courses, medicine.under_way, medicine.late, medicine.wanting) == (7, 2, 3, 1)
    assert column(board, Phase.PREPARATION).courses == 1


@pytest.mark.parametrize("stage", ["dosed", "checked_in"])
async def test_a_patient_who_is_here_stands_before_all_that_can_wait(store: RecordStore, stage: str) -> None:
    """However many visits that nobody reported are overdue for days: first is who is here, and of these who is late."""
    for n in range(3):
        by = NOON - timedelta(days=n + 1)
        await arrives(store, f"DAYS-{n}", stage="booked", attention=Severity.ROUTINE, to_do_by=by)
    late, in_time = NOON - timedelta(minutes=5), NOON + timedelta(minutes=5)
    await arrives(store, "HERE", stage=stage, reading_due_at=late, to_do_by=NOON + timedelta(days=1))
    await arrives(store, "IN-TIME", stage=stage, reading_due_at=in_time, to_do_by=in_time)
    await arrives(store, "WAKES", stage="booked", attention=Severity.URGENT, to_do_by=NOON)

    assert ids(await looked_at(store, limit=2)) == {"medicine": ["WAKES", "HERE"]}
    assert ids(await looked_at(store, limit=4)) == {"medicine": ["WAKES", "HERE", "IN-TIME", "DAYS-2"]}


@pytest.mark.parametrize("query", ["board_cards", "board_counts", "courses_under_way", "floor"])
def test_who_is_here_is_the_same_in_each_query(query: str) -> None:
    """A stage that a query forgot would take a patient off the floor."""
    (stages,) = re.findall(r"stage IN \(([^)]*)\)", statement(query))

    assert set(re.findall(r"'(\w+)'", stages)) == set(HERE)


async def test_what_is_due_now_is_not_late_yet(store: RecordStore) -> None:
    """Late begins behind the moment."""
    await arrives(store, "NOW", to_do_by=NOON)
    await arrives(store, "PAST", to_do_by=NOON - timedelta(microseconds=1))

    assert column(await looked_at(store), Phase.MEDICINE).late == 1


async def test_the_board_shows_what_was_asked_for_and_counts_no_more(store: RecordStore) -> None:
    """Each filter alone and all together; a search is any part of an id in any case."""
    mara = await arrives(store, "MARA-1", attention=Severity.EMERGENCY)
    await arrives(store, "MARTIN-2", site="cork", attention=Severity.ROUTINE, protocol_id="other")
    await arrives(store, "ADA_3", phase="screening", held=True, stage=None)
    await arrives(store, "ADAM-4", phase="closed", outcome="completed", stage=None)

    async def shown(**asked: object) -> dict[str, list[CourseId]]:
        board = await looked_at(store, **asked)
        assert {one.phase: one.courses for one in board.columns if one.courses} == {
            phase: len(cards) for phase, cards in ids(board).items()
        }
        return ids(board)

    assert await shown(site="cork") == {"medicine": ["MARTIN-2"]}
    assert await shown(phase="screening") == {"screening": ["ADA_3"]}
    assert await shown(phase="closed") == {"closed": ["ADAM-4"]}
    assert await shown(attention="routine") == {"medicine": ["MARA-1", "MARTIN-2"]}
    assert await shown(attention="urgent") == {"medicine": ["MARA-1"]}
    assert await shown(held=True) == {"screening": ["ADA_3"]}
    assert await shown(protocol="other") == {"medicine": ["MARTIN-2"]}
    assert await shown(search="mar") == {"medicine": ["MARA-1", "MARTIN-2"]}
    assert await shown(search="ada_") == {"screening": ["ADA_3"]}
    assert await shown(search="%") == {}
    assert await shown(search="ara") == await shown(search="MARA") == {"medicine": ["MARA-1"]}
    assert await shown(search="-2") == {"medicine": ["MARTIN-2"]}
    assert await shown(search="NOBODY") == {}
    assert await shown(site="bend", attention="urgent", held=False, protocol="kap-im-weekly", search="MARA") == {
        "medicine": ["MARA-1"]
    }
    assert column(await looked_at(store, phase="medicine", site="bend"), Phase.MEDICINE).cards == (mara,)


async def test_late_alone_shows_whose_next_task_is_overdue(store: RecordStore) -> None:
    """The counts are those of the cards; together with a site it is what a site's desk asks for in the morning."""
    await arrives(store, "LATE-B", to_do_by=NOON - timedelta(microseconds=1))
    await arrives(store, "LATE-C", site="cork", to_do_by=NOON - timedelta(days=1))
    await arrives(store, "DUE", to_do_by=NOON)
    await arrives(store, "NEVER", to_do_by=None)

    every = await looked_at(store, late=True)
    cork = await looked_at(store, late=True, site="cork")

    assert ids(every) == {"medicine": ["LATE-C", "LATE-B"]}
    assert column(every, Phase.MEDICINE).courses == 2
    assert (ids(cork), column(cork, Phase.MEDICINE).courses) == ({"medicine": ["LATE-C"]}, 1)


async def test_the_filters_offer_what_there_is_whatever_was_asked_for(store: RecordStore) -> None:
    """The sites and protocols of open courses, so that one choice does not take the others away."""
    await arrives(store, "A", site="bend", protocol_id="weekly")
    await arrives(store, "B", site="cork", protocol_id="sublingual")
    await arrives(store, "C", site="oslo", protocol_id="weekly", phase="closed")

    board = await looked_at(store, site="cork", search="nobody")

    assert (board.sites, board.protocols) == (("bend", "cork"), ("sublingual", "weekly"))


async def test_who_may_see_one_site_learns_nothing_of_the_others(store: RecordStore) -> None:
    """Not even that they are there, whatever site they ask for."""
    await arrives(store, "A", site="bend")
    await arrives(store, "B", site="cork")

    board = await looked_at(store, seen_site="bend")
    other = await looked_at(store, seen_site="bend", site="cork")

    assert ids(board) == {"medicine": ["A"]}
    assert (column(board, Phase.MEDICINE).courses, board.sites) == (1, ("bend",))
    assert ids(other) == {}
    assert (column(other, Phase.MEDICINE).courses, other.sites) == (0, ("bend",))


async def test_who_may_see_courses_behind_escalations_sees_no_others(store: RecordStore) -> None:
    """Neither their cards nor their number nor their sites."""
    await arrives(store, "A", site="bend")
    await arrives(store, "B", site="cork")
    await store.record_escalation(view("A"))

    board = await looked_at(store, behind_escalations=True)

    assert ids(board) == {"medicine": ["A"]}
    assert (column(board, Phase.MEDICINE).courses, board.sites) == (1, ("bend",))


@pytest.mark.parametrize("asked", [{"search": ""}, {"search": "a\x00"}, {"limit": 0}, {"phase": "no"}])
def test_what_makes_no_sense_is_no_question(asked: dict[str, object]) -> None:
    """It is refused before PostgreSQL hears of it."""
    with pytest.raises(ValidationError):
        BoardFilter.model_validate(asked)


async def test_the_sessions_under_way_are_the_patients_who_are_here(store: RecordStore) -> None:
    """From check-in to discharge, the reading that is due longest first; who has no dose yet comes last."""
    for course_id, stage, due_in in (
        ("BOOKED", "booked", None),
        ("HERE", "checked_in", None),
        ("CLEARED", "cleared", None),
        ("DOSED", "dosed", 3),
        ("LATE", "recovering", -6),
        ("HOME", "discharged", None),
    ):
        due_at = None if due_in is None else NOON + timedelta(minutes=due_in)
        await arrives(store, course_id, stage=stage, reading_due_at=due_at, site="bend")
    await arrives(store, "ENDED", stage="checked_in", phase="closed", outcome="declined")
    await arrives(store, "FAR", stage="dosed", site="cork", reading_due_at=NOON)
    await store.record_escalation(view("LATE"))

    async def here(site: str | None = None, *, behind: bool = False) -> list[CourseId]:
        return [one.course_id for one in await store.sessions_under_way(site, behind_escalations=behind)]

    assert await here() == ["LATE", "FAR", "DOSED", "CLEARED", "HERE"]
    assert await here("bend") == ["LATE", "DOSED", "CLEARED", "HERE"]
    assert await here(behind=True) == ["LATE"]


async def test_a_dosed_patient_is_here_whatever_became_of_their_course(store: RecordStore) -> None:
    """A dose is taken for ever: after the course was closed, before it began, beside a session that is only booked."""
    for n, (course_id, phase, stage) in enumerate(
        (("CLOSED", "closed", "dosed"), ("SCREENED", "screening", "dosed"), ("BESIDE", "medicine", "booked"))
    ):
        due_at = NOON + timedelta(minutes=n)
        await arrives(store, course_id, phase=phase, stage=stage, dosed_at=NOON, reading_due_at=due_at)

    assert [one.course_id for one in await store.sessions_under_way(None)] == ["CLOSED", "SCREENED", "BESIDE"]
    assert (await store.floor(None)).under_way == 3
    assert column(await looked_at(store), Phase.MEDICINE).under_way == 1


async def test_the_first_cards_are_read_off_the_index(store: RecordStore, superuser: asyncpg.Connection) -> None:
    """However many courses a phase has, a column reads as many as it shows."""
    await superuser.execute(
        """
        INSERT INTO courses (course_id, site, protocol_id, protocol_version, phase, held, open_escalations, started_at,
            sequence, ledger_head, to_do_by)
        SELECT 'C-' || n, 'bend', 'weekly', '1', 'follow_up', false, 0, now(), 1, '', now() + n * interval '1 minute'
        FROM generate_series(1, 3000) AS n
        """
    )
    await superuser.execute("ANALYZE courses")

    asked = (["follow_up"], *[None] * 6, False, 40, False, NOON)
    plan = await superuser.fetch(f"EXPLAIN {statement('board_cards')}", *asked)

    assert "Index Scan using courses_by_haste" in "\n".join(row[0] for row in plan)
    assert len(column(await looked_at(store), Phase.FOLLOW_UP).cards) == 40
