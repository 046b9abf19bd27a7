"""Reads the Temporal SDK's own metrics, which it serves on a free local port."""

import socket
from datetime import timedelta
from typing import Final

import httpx
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
            async with httpx.AsyncClient(timeout=ANSWER_WITHIN.total_seconds(), trust_env=False) as client:
                answer = await client.get(f"http://{HERE}:{self._port}/metrics")
        except httpx.HTTPError:
            return b""
        return answer.content if answer.is_success else b""
