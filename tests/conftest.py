"""What all tests share: how many of them run at once."""

import os


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two a core, for half of the time a test waits for programs that it started."""
    return 2 * (os.cpu_count() or 1)
