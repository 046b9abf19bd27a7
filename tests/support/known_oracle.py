"""Which raised C-SSRS says no more than a prescriber weighed: read off ledger entries, asking no rule that decided."""

from collections.abc import Sequence

from domain.ledger import Entry
from domain.protocol.measures import KnownBaselineRule
from domain.protocol.model import Protocol
from tests.support.corrected_ledger import as_corrected
from tests.support.ledger_entries import lifted_by, listed_in, newest, said

WEIGHED = "measure.cssrs_raised"


def known_screens(entries: Sequence[Entry], rules: Protocol) -> set[int]:
    """The sequence of each raised C-SSRS that was known as it was told, read as corrected; of screens about a month."""
    rule = rules.measures["cssrs"].known_baseline
    referral = next(said(entries, "course.referred"), None)
    if rule is None or referral is None:
        return set()
    indications = listed_in(referral, "indications")
    if not any(code.startswith(one) for code in indications for one in rule.indications):
        return set()
    read = as_corrected(entries)
    return {one.sequence for one in _screens(read) if any(_items(one)[2:]) and _is_known(one, read, entries, rule)}


def _is_known(screen: Entry, read: Sequence[Entry], entries: Sequence[Entry], rule: KnownBaselineRule) -> bool:
    earlier = [one for one in read if one.sequence < screen.sequence]
    decided = next((one for one in said(earlier, "eligibility.decided") if one.data["decision"] == "eligible"), None)
    phase = [one.data["phase"] for one in said(earlier, "phase.entered")][-1]
    if decided is None or WEIGHED not in lifted_by(decided) or phase in {"follow_up", "closed"}:
        return False
    if not decided.time <= screen.time <= decided.time + rule.valid_for:
        return False
    # What was weighed reads as it was told then, whatever has been corrected since.
    told = as_corrected([one for one in entries if one.sequence < decided.sequence])
    before = [one for one in _screens(told) if one.time <= decided.time]
    weighed = newest(before) if before else None
    if weighed is None or not any(_items(weighed)[2:]):
        return False
    from_then_on = [one for one in _screens(earlier) if (one.time, one.sequence) >= (weighed.time, weighed.sequence)]
    since = [one for one in from_then_on if one.time <= screen.time]
    others = [one for one in since if one.sequence != weighed.sequence]
    if len(others) == len(since) or any(_items(one)[5] for one in (*others, screen)):
        return False
    return all(
        not answer or all(_items(one)[place] for one in (weighed, *since))
        for place, answer in enumerate(_items(screen))
    )


def _screens(entries: Sequence[Entry]) -> list[Entry]:
    return [one for one in said(entries, "measure.recorded") if one.data["instrument"] == "cssrs"]


def _items(one: Entry) -> list[int]:
    return [int(item) for item in listed_in(one, "items")]
