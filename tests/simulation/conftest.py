"""Parts played in an instant, on a chart alone."""

from datetime import datetime

import pytest

from domain.ledger import first_fault
from domain.oncall.file import parse_on_call
from domain.protocol.approval import content_hash
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from simulation.course.ending import ending
from simulation.course.highlights import News, Overheard
from simulation.demo.oncall import on_call_file
from simulation.scripts.scripts import ScriptPart
from tests.support.cast import SHIPPED
from tests.support.rehearsal import Rehearsal
from tests.support.rehearsed import A_MONDAY_NIGHT, Rehearse, Rehearsed
from tests.support.shipped_protocols import SHIPPED_BY_ID


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return SHIPPED


@pytest.fixture(scope="session")
def rehearse() -> Rehearse:
    pinned = {one: PinnedProtocol(protocol=by, hash=content_hash(by)) for one, by in SHIPPED_BY_ID.items()}
    on_call = parse_on_call(on_call_file("json://127.0.0.1:9900"), "oncall.toml")

    async def rehearsed(part: ScriptPart, starts_at: datetime = A_MONDAY_NIGHT) -> Rehearsed:
        ward = Rehearsal(part.patient.course_id, pinned[part.protocol.id], on_call, starts_at)
        news: list[News] = []
        await part.play(Overheard(ward, part.patient.course_id, news.append), starts_at)
        assert first_fault(ward.ledger) is None
        found = ending(ward.view, ward.escalations, ward.ledger)
        return Rehearsed(ending=found, ledger=ward.ledger, news=tuple(news))

    return rehearsed
