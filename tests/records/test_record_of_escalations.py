"""Who was paged, when and how, and who answered: the on-call side's record."""

import asyncio
from datetime import timedelta

import pytest

from domain.escalation.messages import EscalationState, EscalationView
from domain.values import Severity
from records.store import EscalationFilter, RecordStore, open_store
from tests.support.record_samples import MARA, MONDAY, page, view

pytestmark = pytest.mark.xdist_group("postgres")


async def test_an_escalation_is_shown_with_every_page_it_sent(store: RecordStore) -> None:
    """Its state, who acknowledged and resolved it, and each page in order, failed ones included."""
    told = view(
        state=EscalationState.RESOLVED,
        pages=(page(1), page(1), page(2, ok=False), page(0)),
        acknowledged_by="md.osei",
        acknowledged_at=MONDAY + timedelta(minutes=24),
        resolved_by="md.osei",
        resolved_at=MONDAY + timedelta(minutes=31),
        note="reading taken: „alles ruhig“",
    )

    await store.record_escalation(told)

    assert await store.escalation(told.id) == told
    assert await store.escalation("MARA-1~vitals_overdue~1~2") is None


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (1, 2, 2), (2, 1, 2)])
async def test_the_newest_revision_stays_whatever_the_order(store: RecordStore, order: tuple[int, ...]) -> None:
    """A view that comes after a newer one changes neither the escalation nor its pages."""
    told = {
        1: view(revision=1, pages=(page(1),)),
        2: view(revision=2, pages=(page(1), page(2, ok=False)), severity=Severity.EMERGENCY, step=2),
    }

    for revision in order:
        await store.record_escalation(told[revision])

    assert await store.escalation(told[2].id) == told[2]


async def test_a_newer_revision_corrects_its_pages(store: RecordStore) -> None:
    """The pages shown are those of the newest view: changed, added and taken away."""
    await store.record_escalation(view(revision=1, pages=(page(1), page(2), page(3))))
    told = view(revision=2, pages=(page(1), page(2, ok=False)))

    await store.record_escalation(told)

    assert await store.escalation(told.id) == told


async def test_revisions_recorded_at_once_leave_the_newest(database_url: str) -> None:
    """Two workers recording one escalation at once never mix two views."""
    told = [view(revision=n, step=n, pages=tuple(page(step) for step in range(1, n + 1))) for n in range(1, 21)]
    async with open_store(database_url) as one, open_store(database_url) as other:
        await asyncio.gather(*((one, other)[n % 2].record_escalation(each) for n, each in enumerate(told)))

        assert await one.escalation(told[-1].id) == told[-1]


async def test_the_on_call_list_shows_what_was_asked_for(store: RecordStore) -> None:
    """By state, by severity, by course, newest opening first."""
    first = view(n=1, state=EscalationState.RESOLVED)
    second = view(n=2, opened_at=MONDAY + timedelta(hours=1))
    third = view("NILS-7", opened_at=MONDAY + timedelta(hours=2), severity=Severity.EMERGENCY)
    for each in (second, third, first):
        await store.record_escalation(each)

    async def listed(**asked: object) -> list[EscalationView]:
        return await store.escalations(EscalationFilter.model_validate(asked))

    assert await listed() == [third, second, first]
    assert await listed(state="open") == [third, second]
    assert await listed(severity="emergency") == [third]
    assert await listed(course_id=MARA) == [second, first]
    assert await listed(course_id=MARA, state="resolved") == [first]
    assert await listed(limit=2) == [third, second]
    assert await listed(limit=2, cursor=second.id) == [first]
