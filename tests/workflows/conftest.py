"""One real Temporal server for all of these tests, with a clock of its own for each workflow."""

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker._workflow import _WorkflowWorker

from gateway.temporal import data_converter, register_search_attributes
from tests.support.dev_server import started

TASK_WITHIN = 30.0
"""Seconds that a workflow's task may take before the SDK interrupts its thread, instead of two.

A worker that shares its process with a test, and the processor with all others, takes longer than two now and then;
and a run that was interrupted may never leave the worker's memory again, which then waits for it for ever.
"""


@dataclass(frozen=True)
class Temporal:
    """A server whose workflows stand still until the test lets time pass: `env.fast_forward(handle, timedelta)`."""

    env: WorkflowEnvironment
    client: Client


@asynccontextmanager
async def running_temporal(**dynamic_config: str) -> AsyncIterator[Temporal]:
    """A server of its own, on a free port, gone afterwards."""
    binary = Path(sys.executable).with_name("temporal")
    settings = {"frontend.WorkflowTimeSkippingEnabled": "true", **dynamic_config}
    env = await started(
        lambda: WorkflowEnvironment.start_time_skipping_v2(
            # A child that inherited skipping would run through its own deadlines before the test could say a word.
            ts_config=TimeSkippingConfig(enabled=False, disable_propagation=True),
            dev_server_existing_path=str(binary) if binary.exists() else shutil.which("temporal"),
            dev_server_extra_args=[
                part for name, value in settings.items() for part in ("--dynamic-config-value", f"{name}={value}")
            ],
            data_converter=data_converter(),
        )
    )
    async with env:
        await register_search_attributes(env.client)
        yield Temporal(env=env, client=env.client)


@pytest.fixture(scope="package", autouse=True)
def patient_workers() -> Iterator[None]:
    """Workers of these tests are given `TASK_WITHIN`. The SDK offers nothing public between two seconds and never."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_WorkflowWorker, "_deadlock_timeout_seconds", property(_task_within, _keep), raising=False)
        yield


def _task_within(_: _WorkflowWorker) -> float:
    return TASK_WITHIN


def _keep(_: _WorkflowWorker, __: float | None) -> None:
    """What the SDK sets is not taken."""


@pytest.fixture(scope="package")
async def temporal() -> AsyncIterator[Temporal]:
    async with running_temporal() as server:
        yield server
