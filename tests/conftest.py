"""What all tests share: how many of them run at once, and that a busy machine is no failure."""

import gc
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import WorkStealingScheduling

EXAMPLES = 50 if os.environ.get("CI") else 10
"""Of each property: a handful while somebody works, all of them before anything lands."""

# How long an example takes, to think of or to try, says how busy the machine is, and nothing of the rules. Here, and
# not beside the rules: what a folder loads comes too late for the folders that are collected before it.
settings.register_profile("house", max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

IN_ORDER = ("console", "pages", "faults", "journeys", "workflows", "bench", "stack", "records", "simulation", "proofs")
"""The folders that are begun first: what waits for programs, before what only computes and fills the gaps."""

LONGEST = "test_course_machine.py"
"""Begun before everything else: one test of minutes, beside which all others are short."""

FAILED = "cache/lastfailed"
"""Where pytest keeps the names of the tests that failed, for `--last-failed`."""

OF_A_GROUP = re.compile(r"@[^@\]]+$")
"""What xdist adds to the name of a test that belongs to a group."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three processes a core, for most of the time a test waits for programs that it started.

    One a core where it only computes, and none for single files: these are done before others have started.
    """
    cores = os.cpu_count() or 1
    if all(path.is_file() for path in _asked(config)):
        return 0
    return cores if _only_computes(config) else 3 * cores


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WorkStealingScheduling | None:
    """Where nothing is shared, each process is given its share at once: test by test takes a fifth longer."""
    return WorkStealingScheduling(config, log) if _only_computes(config) else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """The rules log nothing: to listen for it at each of thousands of tests takes a seventh of their time."""
    if _only_computes(session.config):
        session.config.pluginmanager.unregister(name="logging-plugin")


def _only_computes(config: pytest.Config) -> bool:
    """Whether only tests of the rules are asked for, which start no program."""
    return all(path.is_relative_to(config.rootpath / "tests" / "domain") for path in _asked(config))


def _asked(config: pytest.Config) -> list[Path]:
    return [config.invocation_params.dir / name.partition("::")[0] for name in config.args]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones first: else the last minutes belong to one of them, while the other processors wait."""

    def rank(item: pytest.Item) -> int:
        if item.path.name == LONGEST:
            return -1
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        return IN_ORDER.index(folder) if folder in IN_ORDER else len(IN_ORDER)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Thousands of tests, and all that they import, stay to the end: each full collection would go through them."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What failed is kept by its own name, without the group that xdist adds: so it is tried once more, alone."""
    if not hasattr(session.config, "workerinput"):
        failed = session.config.cache.get(FAILED, {})
        session.config.cache.set(FAILED, {OF_A_GROUP.sub("", name): True for name in failed})
