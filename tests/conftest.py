"""What all tests share: how many of them run at once, and what no garbage collection has to look at again."""

import gc
import os


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two a core, for half of the time a test waits for programs that it started."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Thousands of tests, and all that they import, stay to the end: each full collection would go through them."""
    gc.collect()
    gc.freeze()
