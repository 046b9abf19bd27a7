"""One trace leads from a request to the page that follows from it, and holds nothing of a patient."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from domain.escalation.ids import course_workflow_id, escalation_workflow_id
from gateway.agreement import differences
from gateway.replayed import asked_now, asked_then
from tests.support.cast import adverse_event
from tests.support.eventually import eventually
from tests.support.http_stack import on_the_wire
from tests.support.running_stack import example_course, floor, fresh_folder, inbox, spoken_to

TRACE = "ab" * 16
CALLER = "cd" * 8
CANARY = "zyzzyva"
FROM_PAGE_TO_REQUEST = [
    "page",
    "activity page",
    "escalation",
    "accepted report",
    "update report",
    "POST /v1/events",
]


@dataclass
class Collector:
    """A collector elsewhere that keeps what it is sent by OTLP over HTTP."""

    raw: list[bytes] = field(default_factory=list)
    url: str = ""

    @property
    def spans(self) -> list[Span]:
        sent = [ExportTraceServiceRequest.FromString(one) for one in self.raw]
        return [
            span
            for one in sent
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def up_from(self, name: str, trace: str) -> list[str]:
        """The names of the spans from this one of the trace up to its root, and the id of what that lies in."""
        of_trace = {span.span_id: span for span in self.spans if span.trace_id.hex() == trace}
        found = next((span for span in of_trace.values() if span.name == name), None)
        names = []
        while found is not None:
            names.append(found.name)
            above, found = found.parent_span_id, of_trace.get(found.parent_span_id)
        return [*names, above.hex()] if names else []

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
        length = next(int(line.split(":")[1]) for line in head if line.startswith("content-length:"))
        self.raw.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    collecting = Collector()
    server = await asyncio.start_server(collecting.receive, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    collecting.url = f"http://{host}:{port}"
    async with server:
        yield collecting


async def test_one_trace_leads_from_the_request_to_the_page() -> None:
    """Through the update, the escalation that it opens and the activity; a replay without traces says the same."""
    with fresh_folder() as folder:
        async with (
            inbox() as received,
            collector() as collected,
            floor(
                received,
                folder,
                KAPSTAN_TRACES="1",
                OTEL_EXPORTER_OTLP_ENDPOINT=collected.url,
                OTEL_BSP_SCHEDULE_DELAY="200",
            ) as running,
        ):
            stack = await running.stack()
            assert stack is not None
            assert stack.admin_token_file is not None
            token = stack.admin_token_file.read_text(encoding="utf-8").strip()
            headers = {"Authorization": f"Bearer {token}"}
            referral = next(iter(example_course("MARA", datetime.now(UTC))))
            fell = adverse_event("MARA", None, grade=3, at=datetime.now(UTC), term=CANARY)
            async with httpx.AsyncClient(base_url=str(stack.console), headers=headers, timeout=60) as clinic:
                assert (await clinic.post("/v1/events", json=on_the_wire(referral))).is_success
                told = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
                assert (await clinic.post("/v1/events", json=on_the_wire(fell), headers=told)).is_success

                async def is_collected() -> list[str]:
                    found = collected.up_from("page", TRACE)
                    return found if found[-2:] == [FROM_PAGE_TO_REQUEST[-1], CALLER] else []

                way = await eventually(is_collected)
                refused = await clinic.post("/v1/events", json={**on_the_wire(fell), "time": "2099-01-01T00:00:00Z"})
            client = await spoken_to(stack)
            for workflow in (course_workflow_id("MARA"), escalation_workflow_id("MARA~adverse_event~0~1")):
                history = await client.get_workflow_handle(workflow).fetch_history()
                then = await asked_then(history, client.data_converter)
                now = await asked_now(history, client.data_converter, namespace=client.namespace)
                assert differences(then, now, goes_on=True) == []

    assert way == [*FROM_PAGE_TO_REQUEST, CALLER]
    assert refused.status_code in {409, 422}
    assert not any(CANARY.encode() in one for one in collected.raw)
