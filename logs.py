"""Logging of all programs through structlog: ids and plain words, never a patient's data."""

import logging
import logging.config
import queue
from collections.abc import Callable, Mapping
from logging.handlers import QueueHandler, QueueListener
from typing import Final

import structlog
from temporalio import activity, workflow

from domain.harmless import harmless, on_one_line
from settings import LogFormat


def configure_logging(form: LogFormat, about: Callable[[], Mapping[str, str]] = dict) -> QueueListener:
    """Sends every logger of this process through structlog, from a thread of its own.

    Workflow code logs from Temporal's workflow threads, and the SDK takes those for deadlocked if a sink blocks them
    for two seconds; so nothing is written there, only queued. `about` is called where a line is logged, and its items
    join that line.
    """
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = (
        structlog.processors.JSONRenderer() if form is LogFormat.JSON else structlog.dev.ConsoleRenderer(colors=False)
    )
    shown: list[structlog.typing.Processor] = [] if form is LogFormat.JSON else [_harmless]
    sink = logging.StreamHandler()
    sink.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown, last],
            foreign_pre_chain=shared,
        )
    )
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(records, sink)
    handler = _KeepingExtras(records, about)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs the URL of each request
    listener.start()
    return listener


def _harmless(
    _logger: structlog.typing.WrappedLogger, _method: str, said: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What is said, in characters that no terminal obeys, and on one line but for where an error happened."""
    return {
        name: (harmless if name in _OF_SEVERAL_LINES else on_one_line)(value) if isinstance(value, str) else value
        for name, value in said.items()
    }


_OF_SEVERAL_LINES: Final = frozenset({"exception", "event"})


class _KeepingExtras(QueueHandler):
    """Queue handler that keeps the record's extras. The stock one renders at once, which would lose them."""

    def __init__(self, records: queue.SimpleQueue[logging.LogRecord], about: Callable[[], Mapping[str, str]]) -> None:
        super().__init__(records)
        self._about = about

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # Here, since the thread that writes it does not know the request.
        vars(record).update(self._about())
        return record
