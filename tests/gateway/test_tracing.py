"""Traces are kept where an operator wants them, and nobody can harm a workflow by what they write into a header."""

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from temporalio.api.common.v1 import Payload

from domain.escalation.page_text import Text
from domain.values import Severity
from gateway.tracing import HEADER, Tracing, carried, tracing_of
from settings import Misconfigured, Settings

PARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(kept: InMemorySpanExporter) -> Tracing:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return Tracing(provider.get_tracer("test"))


def test_nothing_is_kept_unless_somebody_wants_it() -> None:
    """Without the setting no client or worker has anything between itself and Temporal."""
    assert tracing_of(Settings(), "worker") is None


def test_whoever_wants_traces_is_told_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed nothing starts without them in silence."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(Misconfigured, match="needs the extra otel"):
        tracing_of(Settings(traces=True), "worker")


@pytest.mark.parametrize("written", [b"", b"\xff\xfe", b"00-ab", b'"' + PARENT.encode() + b'"', PARENT.encode() * 2])
def test_what_is_no_trace_is_left_aside(written: bytes) -> None:
    """Whoever reaches Temporal may write anything into a header: no workflow may fail by it."""
    assert carried({HEADER: Payload(data=written)}) == ""
    assert carried({HEADER: Payload(data=PARENT.encode())}) == PARENT


def test_of_an_error_its_type_alone_is_told(tracing: Tracing, kept: InMemorySpanExporter) -> None:
    """Its message may quote a patient."""
    with pytest.raises(ValueError, match="Mara"), tracing.span("a step", SpanKind.INTERNAL, PARENT):
        raise ValueError("Mara")

    (span,) = kept.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert not span.events
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}" == "ab" * 16


async def test_a_page_tells_its_channel_and_no_address(tracing: Tracing, kept: InMemorySpanExporter) -> None:
    """Nor what stands in it."""

    async def send(_url: str, _text: Text, _severity: Severity) -> str | None:
        return "the channel did not take the page"

    text = Text(title="URGENT: reading overdue", body="Course MARA")
    await tracing.sending(send)("ntfys://a-secret-topic", text, Severity.URGENT)

    (span,) = kept.get_finished_spans()
    assert dict(span.attributes or {}) == {"severity": "urgent", "channel": "ntfys"}
    assert span.status.status_code is StatusCode.ERROR
