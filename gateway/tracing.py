"""Keeps traces, where an operator wants them: from an HTTP request to the page that follows from it, ids only.

One header, a W3C `traceparent`, goes with what a process asks of Temporal and what a workflow asks of the world. The
SDK's own interceptor is not used: it puts all that a workflow ever does into the trace of its start, which for a course
is that of its referral, and it tells the messages of errors.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio import activity, client, worker, workflow
from temporalio.api.common.v1 import Payload

from domain.escalation.page_text import Text
from domain.escalation.pager import Send
from domain.values import Severity
from settings import Misconfigured, Settings
from workflows.origin import ORIGIN

HEADER: Final = "traceparent"
EXTERN: Final = "kapstan_traced"

NEEDS: Final = "KAPSTAN_TRACES: needs the extra otel: pip install 'kapstan[otel]'"

_WRITTEN: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_PROPAGATOR: Final = TraceContextTextMapPropagator()

Headers = Mapping[str, Payload]


class Tracing(client.Interceptor, worker.Interceptor):
    """Makes spans of what one process does. None holds anything but ids, names of Kapstan's own, and how it ended."""

    def __init__(self, tracer: Tracer, close: Callable[[], None] = lambda: None) -> None:
        self._tracer = tracer
        self.close = close
        """Sends what is left; blocks for some seconds at most."""

    @contextmanager
    def span(self, name: str, kind: SpanKind, within: str = "", **ids: str) -> Iterator[Span]:
        """A span for as long as this is open, within that `traceparent`, or else within the span that is open here.

        An exception ends it as an error, of which its type alone is told.
        """
        within_it = _PROPAGATOR.extract({HEADER: within}) if within else context.get_current()
        with self._tracer.start_as_current_span(
            name, within_it, kind, ids, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def sending(self, send: Send) -> Send:
        """The same sender of pages, each in a span of its own. No address is told of."""

        async def traced(url: str, text: Text, severity: Severity) -> str | None:
            with self.span("page", SpanKind.CLIENT, severity=severity.value, channel=url.partition(":")[0]) as span:
                error = await send(url, text, severity)
                if error is not None:
                    span.set_status(StatusCode.ERROR, error)
                return error

        return traced

    def intercept_client(self, next: client.OutboundInterceptor) -> client.OutboundInterceptor:  # noqa: A002  the SDK's
        """Has updates and starts go within their spans."""
        return _Asking(next, self)

    def intercept_activity(self, next: worker.ActivityInboundInterceptor) -> worker.ActivityInboundInterceptor:  # noqa: A002
        """Has activities run within their spans, where they follow from a request."""
        return _Doing(next, self)

    def workflow_interceptor_class(self, input: worker.WorkflowInterceptorClassInput) -> "type[_Deciding]":  # noqa: A002
        """Has workflows hand on what they follow from."""
        input.unsafe_extern_functions[EXTERN] = self._happened
        return _Deciding

    def _happened(self, name: str, within: str, ids: Mapping[str, str], at: int) -> str:
        """Makes a span of a moment, in nanoseconds since 1970, and returns its `traceparent`."""
        span = self._tracer.start_span(
            name, _PROPAGATOR.extract({HEADER: within}), SpanKind.INTERNAL, dict(ids), start_time=at
        )
        span.end(at)
        return _written(span)


class _Asking(client.OutboundInterceptor):
    def __init__(self, next: client.OutboundInterceptor, tracing: Tracing) -> None:  # noqa: A002
        super().__init__(next)
        self._tracing = tracing

    async def start_workflow_update(self, input: client.StartWorkflowUpdateInput) -> Any:  # noqa: A002
        with self._tracing.span(f"update {input.update}", SpanKind.CLIENT, workflow=input.id) as span:
            input.headers = _with(input.headers, _written(span))
            return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(self, input: client.StartWorkflowUpdateWithStartInput) -> Any:  # noqa: A002
        started, update = input.start_workflow_input, input.update_workflow_input
        with self._tracing.span(f"update {update.update}", SpanKind.CLIENT, workflow=started.id) as span:
            update.headers = _with(update.headers, _written(span))
            return await super().start_update_with_start_workflow(input)


class _Doing(worker.ActivityInboundInterceptor):
    def __init__(self, next: worker.ActivityInboundInterceptor, tracing: Tracing) -> None:  # noqa: A002
        super().__init__(next)
        self._tracing = tracing

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:  # noqa: A002
        if not (within := carried(input.headers)):
            return await super().execute_activity(input)
        info = activity.info()
        named = {"workflow": info.workflow_id or "", "attempt": str(info.attempt)}
        with self._tracing.span(f"activity {info.activity_type}", SpanKind.CONSUMER, within, **named):
            return await super().execute_activity(input)


class _Deciding(worker.WorkflowInboundInterceptor):
    """Sets `ORIGIN` for what an update, a signal or a course that opens an escalation has a workflow do."""

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        super().init(_HandingOn(outbound))

    async def execute_workflow(self, input: worker.ExecuteWorkflowInput) -> Any:  # noqa: A002
        # A course does of itself what its referral did not ask for.
        if workflow.info().parent is not None:
            _follow("escalation", workflow.info().headers)
        return await super().execute_workflow(input)

    async def handle_update_handler(self, input: worker.HandleUpdateInput) -> Any:  # noqa: A002
        _follow(f"accepted {input.update}", input.headers)
        return await super().handle_update_handler(input)

    async def handle_signal(self, input: worker.HandleSignalInput) -> None:  # noqa: A002
        _follow(f"heard {input.signal}", input.headers)
        await super().handle_signal(input)


class _HandingOn(worker.WorkflowOutboundInterceptor):
    def start_activity(self, input: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        input.headers = _with(input.headers, ORIGIN.get())
        return super().start_activity(input)

    def start_local_activity(self, input: worker.StartLocalActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        input.headers = _with(input.headers, ORIGIN.get())
        return super().start_local_activity(input)

    async def start_child_workflow(
        self,
        input: worker.StartChildWorkflowInput,  # noqa: A002
    ) -> workflow.ChildWorkflowHandle[Any, Any]:
        input.headers = _with(input.headers, ORIGIN.get())
        return await super().start_child_workflow(input)

    async def signal_external_workflow(self, input: worker.SignalExternalWorkflowInput) -> None:  # noqa: A002
        input.headers = _with(input.headers, ORIGIN.get())
        await super().signal_external_workflow(input)


def _follow(name: str, headers: Headers) -> None:
    """What is done from here on follows from what these headers tell."""
    within = carried(headers)
    if within and not workflow.unsafe.is_replaying():
        ids = {"workflow": workflow.info().workflow_id}
        within = workflow.extern_functions()[EXTERN](name, within, ids, workflow.time_ns())
    ORIGIN.set(within)


def carried(headers: Headers) -> str:
    """The `traceparent` in the headers; empty if there is none. Whoever reaches Temporal may write anything there."""
    payload = headers.get(HEADER)
    written = payload.data.decode(errors="replace") if payload is not None else ""
    return written if _WRITTEN.fullmatch(written) else ""


def _with(headers: Headers, traceparent: str) -> Headers:
    if not traceparent:
        return headers
    return {**headers, HEADER: Payload(metadata={"encoding": b"binary/plain"}, data=traceparent.encode())}


def _written(span: Span) -> str:
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return carrier.get(HEADER, "")


def tracing_of(settings: Settings, program: str) -> Tracing | None:
    """The traces of this program, sent by OTLP over HTTP where `OTEL_EXPORTER_OTLP_ENDPOINT` says; None if unwanted.

    Raises `Misconfigured` where the extra is not installed.
    """
    if not settings.traces:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise Misconfigured(NEEDS) from None
    about = {"service.name": f"kapstan-{program}", "service.version": version("kapstan")}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider.get_tracer("kapstan"), provider.shutdown)
