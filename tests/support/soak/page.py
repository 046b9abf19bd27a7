"""Writes what docs/reliability.md shows: each fault, how often it befell the clinic, and what was lost by it."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from textwrap import fill
from typing import Final

from tests.support.paths import ROOT
from tests.support.soak.account import BETWEEN, Account, Danger, Fault
from tests.support.soak.faults import FAULTS
from tests.support.soak.soak import Plan, Soaked, soak

PAGE: Final = ROOT / "docs" / "reliability.md"
WIDTH: Final = 120
MADE_FROM_HERE: Final = "<!-- From here on made by `make soak`; what is changed here is overwritten. -->\n"


def made(soaked: Soaked, plan: Plan) -> str:
    """What is made of the page."""
    account = soaked.account
    sent, copies = len(account.sent), sum(sum(one.statuses.values()) for one in account.sent)
    dangers = Counter(one.danger for one in account.planted)
    entries = sum(len(course.ledger) for course in account.courses.values())
    minutes = plan.lasts / timedelta(minutes=1)
    told = (
        f"Over {minutes:.0f} minutes {sent} events of {len(account.courses)} courses were sent {copies} times, and "
        f"stand in ledgers of {entries} entries. {dangers[Danger.MISSED]} missed checkpoints and "
        f"{dangers[Danger.BREACH]} breaches were planted; {len(account.pages)} pages were sent. "
        f"`kapstan verify` at the end exited with {soaked.verified}."
    )
    return "\n".join((fill(told, WIDTH, break_long_words=False, break_on_hyphens=False), "", *table(account), ""))


def table(account: Account) -> Iterator[str]:
    """A row for each fault: its number, for how long it was away, and how much of what was found."""
    found = Counter((account.name_at(one.at), one.fault) for one in account.findings())
    sent = Counter(account.name_at(one.sent_at) for one in account.sent)
    dangers = Counter(account.name_at(one.at) for one in account.planted)
    heads = "fault", "times", "away, s", "events", "dangers", *Fault, "first page after, median and worst, s"
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    after: dict[str, list[float]] = {}
    for opened, waited in account.first_pages():
        if waited is not None:
            after.setdefault(account.name_at(opened.recorded_at), []).append(waited.total_seconds())
    for name in (*dict.fromkeys(spell.fault for spell in account.spells), BETWEEN):
        spells = [spell for spell in account.spells if spell.fault == name]
        away = sum((spell.returned - spell.began for spell in spells), timedelta())
        paged = after.get(name)
        cells = (
            name,
            str(len(spells) or ""),
            f"{away.total_seconds():.0f}" if spells else "",
            str(sent[name]),
            str(dangers[name]),
            *(str(found[name, fault]) for fault in Fault),
            f"{median(paged):.1f}, {max(paged):.1f}" if paged else "",
        )
        yield f"| {' | '.join(cells)} |"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Soaks for so many minutes and writes its part of the page; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", help="this fault alone; may be given again")
    asked = parser.parse_args()
    faults = {name: fault for name, fault in FAULTS.items() if not asked.only or name in asked.only}
    plan = Plan(lasts=timedelta(minutes=asked.minutes), faults=faults, seed=asked.seed)
    soaked = asyncio.run(soak(plan, _say))
    findings = list(soaked.account.findings())
    for line in (*table(soaked.account), *(f"{one.at:%H:%M:%S} {one.fault}: {one.words}" for one in findings)):
        _say(line)
    _say(f"kapstan verify: {soaked.verified}\n{soaked.said if soaked.verified else ''}")
    if not asked.only:
        by_hand, _, _ = PAGE.read_text(encoding="utf-8").partition(MADE_FROM_HERE)
        PAGE.write_text(f"{by_hand}{MADE_FROM_HERE}\n{made(soaked, plan)}", encoding="utf-8")
    return 1 if findings or soaked.verified else 0


if __name__ == "__main__":
    sys.exit(main())
