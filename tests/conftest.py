"""What all tests share: how many of them run at once, and that a busy machine is no failure."""

import gc
import os

from hypothesis import HealthCheck, settings

# How long an example takes, to think of or to try, says how busy the machine is, and nothing of the rules. Here, and
# not beside the rules: what a folder loads comes too late for the folders that are collected before it.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two a core, for half of the time a test waits for programs that it started."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Thousands of tests, and all that they import, stay to the end: each full collection would go through them."""
    gc.collect()
    gc.freeze()
