"""Reads the Temporal SDK's own metrics, which it serves on a free local port."""

import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import httpx
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from gateway.plain_http import plain_http

HERE: Final = "127.0.0.1"
ANSWER_WITHIN: Final = timedelta(seconds=1)

ATTEMPTS: Final = 5
"""A port that was free may be taken by another program before the SDK listens on it."""


class SdkMetrics:
    """The runtime that a process's Temporal client runs on. `buckets` are those of Kapstan's own histograms."""

    def __init__(self, buckets: Mapping[str, Sequence[float]] | None = None) -> None:
        for attempt in range(ATTEMPTS):
            self._port = _free_port()
            metrics = PrometheusConfig(
                bind_address=f"{HERE}:{self._port}", durations_as_seconds=True, histogram_bucket_overrides=buckets or {}
            )
            try:
                self.runtime = Runtime(telemetry=TelemetryConfig(metrics=metrics))
            except ValueError:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    async def text(self) -> bytes:
        """The SDK's metrics in Prometheus' text format; empty if it does not answer."""
        try:
            async with plain_http(ANSWER_WITHIN) as client:
                answer = await client.get(f"http://{HERE}:{self._port}/metrics")
        except httpx.HTTPError:
            return b""
        return answer.content if answer.is_success else b""


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HERE, 0))
        return int(free.getsockname()[1])
