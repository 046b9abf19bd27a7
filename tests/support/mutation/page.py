"""Writes docs/mutants.md: every small change of the rules, tried, and those that no type and no test notices."""

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from enum import StrEnum
from itertools import accumulate, groupby
from textwrap import fill
from typing import Final

from mutmut.__main__ import create_mutants
from mutmut.configuration import config
from mutmut.type_checking import run_type_checker
from mutmut.utils.file_utils import change_cwd, copy_also_copy_files, copy_src_dir

from tests.support.mutation.covering import Covering
from tests.support.mutation.mutant import MADE, RULES, Mutant, mutants
from tests.support.mutation.trials import AT_ONCE, LIVES, PATIENCE, PLAN
from tests.support.paths import ROOT

PAGE: Final = ROOT / "docs" / "mutants.md"
WIDTH: Final = 120
MADE_FROM_HERE: Final = "<!-- From here on made by `make mutants`; what is changed here is overwritten. -->\n"

NONE_LIVES_IN: Final = ("clearance", "dosing", "dose_bounds", "checkpoints", "vitals", "discharge", "risk_screens")
"""The rooms in which no mutant may live but those that change nothing."""

ROUNDS: Final = (30.0, 240.0)
"""How many seconds the tests of one mutant may take in each round, as they took on the rules as they are.

What lives after the first round, and is not known to change nothing, meets in the second the tests that it has not met.
"""


class Fate(StrEnum):
    """What becomes of a mutant, as the page's table has it."""

    REFUSED = "refused by the types"
    KILLED = "killed by a test"
    LIVES = "alive"


READ_THE_SOURCE: Final = (
    "test_every_blocker_that_the_domain_can_raise_has_its_story",
    "test_a_text_counts_for_one_code_alone",
)
"""Tests that read the rules' source, in which every change stands at once."""

TESTS: Final = (
    "-n0",
    "-q",
    "-s",
    *(f"--deselect=tests/domain/course/test_blocker_codes.py::{test}" for test in READ_THE_SOURCE),
    "--ignore=tests/domain/views/test_blocker_labels.py",  # likewise, as it is loaded
    "--ignore=tests/domain/coverage",  # proves who is on call in every minute: long, and runs no rule
    "tests/domain",
)


def _make(rooms: Sequence[str], at_once: int) -> list[Mutant]:
    """Makes every mutant of these rooms anew."""
    config().only_mutate = [f"{RULES}/{room}.py" for room in rooms]
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    with redirect_stdout(io.StringIO()):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(at_once)
    return mutants()


def _refused(every: Sequence[Mutant]) -> Collection[str]:
    """The names of those that `make check` would refuse for their types: all are asked for at once."""
    with change_cwd(MADE):
        errors = {(error.file_path.stem, error.line_number) for error in run_type_checker(config().type_check_command)}
    found = {one: {(one.room, line) for line in range(one.at, one.until + 1)} & errors for one in every}
    assert set().union(*found.values()) == errors, "The types of the rules must hold where nothing is changed"
    return {one.name for one, lines in found.items() if lines}


def _run(plugin: str, folder: str | os.PathLike[str], at_once: int = 1) -> None:
    asked = (sys.executable, "-m", "pytest", "-p", plugin, "-p", "no:cacheprovider", *TESTS)
    subprocess.run(asked, cwd=folder, env={**os.environ, AT_ONCE: str(at_once)}, check=True)


def _tried(tried: Sequence[Mutant], at_once: int) -> dict[str, bool]:
    """By the name of each whether it lives, after both rounds."""
    covering, lives, why = Covering.kept(), dict[str, bool](), reasons()
    met = defaultdict[str, set[str]](set)
    for seconds in ROUNDS:
        planned = {one.name: _affordable(covering, one, met[one.name], seconds) for one in tried}
        _plan(planned, seconds)
        _run("tests.support.mutation.trials", MADE, at_once)
        lives |= json.loads((MADE / LIVES).read_text(encoding="utf-8"))
        for name, tests in planned.items():
            met[name].update(tests)
        tried = [one for one in tried if lives[one.name] and (one.room, _change(one)) not in why]
    return lives


def _affordable(covering: Covering, mutant: Mutant, met: Collection[str], seconds: float) -> list[str]:
    """The first of its tests that it has not met, as many as take no longer than this."""
    left = [test for test in covering.of(mutant) if test not in met]
    until = accumulate(covering.seconds[test] for test in left)
    return [test for test, took in zip(left, until, strict=True) if took <= seconds]


def _plan(planned: Mapping[str, Sequence[str]], seconds: float) -> None:
    places = dict[str, int]()
    mutants = {name: [places.setdefault(test, len(places)) for test in tests] for name, tests in planned.items()}
    plan = {"tests": [*places], "mutants": mutants, "patience": round(PATIENCE * seconds)}
    (MADE / PLAN).write_text(json.dumps(plan), encoding="utf-8")


def made(every: Sequence[Mutant], refused: Collection[str], lives: Mapping[str, bool], took: str) -> str:
    """What is made of the page. What is not refused is in `lives`; `took` says how long it took."""
    fates = {one: _fate(one, refused, lives) for one in every}
    number = Counter(fates.values())
    living = [one for one, fate in fates.items() if fate is Fate.LIVES]
    strict = [one for one in living if one.room in NONE_LIVES_IN]
    others = [one for one in living if one.room not in NONE_LIVES_IN]
    tried = {one.room for one in every}
    left = len([*_rooms()]) - len(tried)
    return "\n".join(
        (
            "## By room",
            "",
            _paragraph(
                f"**{len(every)} mutants** were made: {number[Fate.REFUSED]} are refused by the types, "
                f"{number[Fate.KILLED]} are killed by a test, and {number[Fate.LIVES]} live. {took}"
                f"{f' They are of the rooms of this table: {left} others were left out this time.' if left else ''}"
            ),
            "",
            f"| room | made | {' | '.join(Fate)} |",
            f"|---|---|{'---|' * len(Fate)}",
            *_counted(fates),
            "",
            "## Alive where none may be",
            "",
            _paragraph(f"In {', '.join(NONE_LIVES_IN[:-1])} and {NONE_LIVES_IN[-1]}:"),
            "",
            *_listed(strict),
            *(("", "## Alive elsewhere", "", *_listed(others)) if tried - {*NONE_LIVES_IN} else ()),
            "",
        )
    )


def _rooms() -> Iterator[str]:
    """Every room in which there is something to change."""
    return (path.stem for path in sorted((ROOT / RULES).glob("*.py")) if "def " in path.read_text(encoding="utf-8"))


def _fate(mutant: Mutant, refused: Collection[str], lives: Mapping[str, bool]) -> Fate:
    if mutant.name in refused:
        return Fate.REFUSED
    return Fate.LIVES if lives[mutant.name] else Fate.KILLED


def _counted(fates: Mapping[Mutant, Fate]) -> Iterator[str]:
    for room, of_room in groupby(fates, key=lambda one: one.room):
        number = Counter(fates[one] for one in of_room)
        yield f"| {room} | {number.total()} | {' | '.join(str(number[fate]) for fate in Fate)} |"


def _listed(living: Sequence[Mutant]) -> Iterator[str]:
    if not living:
        yield "None."
        return
    why = reasons()
    yield "| where | changed | why it lives |"
    yield "|---|---|---|"
    for one in living:
        said = why.get((one.room, _change(one)), "not looked into yet")
        yield f"| {one.room}.py:{one.line} | {_change(one)} | {said} |"


def _change(mutant: Mutant) -> str:
    """The change as the page shows it: what stood there, and what stands there instead."""
    return " → ".join(_code(lines) for lines in (mutant.before, mutant.after))


def _code(lines: Sequence[str]) -> str:
    return f"`{' ⏎ '.join(lines)}`".replace("|", "\\|") if lines else "nothing"


def reasons() -> dict[tuple[str, str], str]:
    """By room and change, why a mutant changes nothing."""
    told = tomllib.loads((ROOT / "tests" / "support" / "mutation" / "equivalent.toml").read_text(encoding="utf-8"))
    return {(one["room"], one["change"]): one["why"] for one in told.get("mutant", ())}


def _paragraph(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _took(began: float, at_once: int) -> str:
    """How long it took since, by the clock and of the cores."""
    cores = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (
        f"It took {round((time.monotonic() - began) / 60)} minutes, with {at_once} tried at once, and "
        f"{round(cores / 60)} minutes of one core."
    )


def main() -> None:
    """Tries the mutants, of all rooms or of those that are named, and writes the page."""
    asked = argparse.ArgumentParser(prog="make mutants")
    asked.add_argument("rooms", nargs="*", help="as `clearance`; all of them if none is named")
    rooms: list[str] = asked.parse_args().rooms
    if unknown := {*rooms} - {*_rooms()}:
        asked.error(f"No such room: {', '.join(sorted(unknown))}; must be of {RULES}")
    began = time.monotonic()
    at_once = int(os.environ.get(AT_ONCE) or os.cpu_count() or 1)
    every = _make(rooms or [*_rooms()], at_once)
    refused = _refused(every)
    _run("tests.support.mutation.covering", ".")
    lives = _tried([one for one in every if one.name not in refused], at_once)
    by_hand, _, _ = PAGE.read_text(encoding="utf-8").partition(MADE_FROM_HERE)
    of_tools = made(every, refused, lives, _took(began, at_once))
    PAGE.write_text(f"{by_hand}{MADE_FROM_HERE}\n{of_tools}", encoding="utf-8")


if __name__ == "__main__":
    main()
