"""Reads the Temporal SDK's own metrics, which it serves on a free local port."""

import asyncio
import socket
from datetime import timedelta
from typing import Final

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

HERE: Final = "127.0.0.1"
ANSWER_WITHIN: Final = timedelta(seconds=1)


class SdkMetrics:
    """The runtime that the console's Temporal client runs on."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind((HERE, 0))
            self._port = int(free.getsockname()[1])
        metrics = PrometheusConfig(bind_address=f"{HERE}:{self._port}", durations_as_seconds=True)
        self.runtime = Runtime(telemetry=TelemetryConfig(metrics=metrics))

    async def text(self) -> bytes:
        """The SDK's metrics in Prometheus' text format; empty if it does not answer."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                reader, writer = await asyncio.open_connection(HERE, self._port)
                writer.write(b"GET /metrics HTTP/1.0\r\nHost: kapstan\r\n\r\n")
                answer = await reader.read()
                writer.close()
        except (OSError, TimeoutError):
            return b""
        head, _, body = answer.partition(b"\r\n\r\n")
        return body if b" 200 " in head.partition(b"\r\n")[0] else b""
