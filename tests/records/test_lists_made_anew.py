"""Lists are written anew over whatever stands there, newer or not; the ledger has the last word on what is newest."""

import asyncpg
import pytest

from domain.escalation.messages import EscalationState
from records.store import RecordStore
from tests.support.record_samples import MARA, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

ENTRIES = ledger(readings(3))


async def test_a_row_that_claims_to_be_newer_is_written_over(store: RecordStore, superuser: asyncpg.Connection) -> None:
    """Somebody set a course aside by hand, under a number that no later entry would reach."""
    told = batch(ENTRIES)
    await store.append(told)
    await superuser.execute("UPDATE courses SET phase = 'closed', stage = 'no stage', sequence = 999")

    assert await store.list_anew(told.but(entries=()))

    assert await store.course(MARA) == told.summary


async def test_what_the_ledger_does_not_end_with_is_not_listed(store: RecordStore) -> None:
    """A course that has moved meanwhile is asked again; one that the ledger does not know is none."""
    await store.append(batch(ENTRIES))

    assert not await store.list_anew(batch(ENTRIES[:2]))
    assert not await store.list_anew(batch(ledger(readings(1), "NILS-7")))

    assert [one.sequence for one in await store.courses()] == [3]


async def test_an_escalation_is_written_over_and_followed_from_then_on(
    store: RecordStore, superuser: asyncpg.Connection
) -> None:
    """Set to resolved by hand under a high revision, it would be deaf to its workflow for ever."""
    await store.record_escalation(view())
    await superuser.execute("UPDATE escalations SET state = 'resolved', revision = 999; DELETE FROM escalation_pages")

    await store.list_escalation_anew(view())
    (anew,) = await store.escalations()
    await store.record_escalation(view(revision=2, state=EscalationState.ACKNOWLEDGED, acknowledged_by="osei"))

    assert anew == view()
    assert [one.state for one in await store.escalations()] == [EscalationState.ACKNOWLEDGED]


async def test_what_nobody_knows_is_taken_off(store: RecordStore, superuser: asyncpg.Connection) -> None:
    """A course and an escalation that somebody made up: their rows go, a ledger stays."""
    await store.append(batch(ENTRIES))
    await store.record_escalation(view())
    assert (await store.listed(), await store.escalation_ids(MARA)) == ([MARA], [view().id])

    await store.unlist_escalation(view().id)
    await store.unlist_course(MARA)

    assert await store.listed() == []
    assert await superuser.fetchval("SELECT count(*) FROM escalation_pages") == 0
    assert len(await store.ledger(MARA)) == 3
