"""What readings and other reports say of a patient, read off ledger entries: each sign by itself, and its dangers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from domain.ledger import Entry
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.values import Severity
from tests.support.corrected_ledger import Telling, tellings
from tests.support.known_oracle import known_screens

AS_TOLD: Mapping[str, Severity] = {
    "warning": Severity.ROUTINE,
    "urgent": Severity.URGENT,
    "emergency": Severity.EMERGENCY,
}
OF_SUICIDE = {"suicidal_ideation", "suicidal_intent"}
"""The codes that tell of suicide, as these stories spell them."""
LOUDER = {"vitals_urgent": {"vitals_urgent", "vitals_emergency"}}
"""What is asked for by another, louder call as well."""


def values(readings: Iterable[Entry], at: datetime, since: datetime) -> dict[str, int]:
    """For each sign its newest value, taken at or before `at` and not before `since`, whatever else was taken then."""
    found: dict[str, int] = {}
    for one in sorted(readings, key=lambda one: (one.time, one.sequence)):
        if since <= one.time <= at:
            found |= {sign: said for sign, said in one.data.items() if isinstance(said, int) and sign != "session"}
    return found


def symptoms_in_force(readings: Iterable[Entry], at: datetime, rules: Protocol) -> list[str]:
    """Those named last, unless a reading with every required sign has said since that there are none."""
    in_force: list[str] = []
    for one in sorted(readings, key=lambda one: (one.time, one.sequence)):
        said = one.data.get("symptoms")
        if one.time > at or not isinstance(said, list):
            continue
        if said or all(sign in one.data for sign in rules.medicine.checkpoints.required):
            in_force = [str(symptom) for symptom in said]
    return in_force


def is_crossed(limit: Limit, observed: int | None) -> bool:
    """Whether this value alone lies beyond the limit; a rise is compared with another one."""
    if observed is None:
        return False
    return (limit.above is not None and observed > limit.above) or (limit.below is not None and observed < limit.below)


def severity_of_symptom(symptom: str, rules: Protocol) -> Severity | None:
    """What the lists call it, as these stories spell it; None if no list names it."""
    code, lists = symptom.lower().replace(" ", "_"), rules.medicine.symptoms
    named = (("emergency", lists.emergency), ("urgent", lists.urgent), ("warning", lists.warning))
    return next((AS_TOLD[severity] for severity, codes in named if code in codes), None)


def tells_of_suicide(one: Entry, rules: Protocol) -> Severity | None:
    """How severe this report's word of suicide is, asked for or not, as these stories spell it; None without one."""
    said = one.data.get("symptoms", [])
    assert isinstance(said, list)
    severity = _gravest(severity_of_symptom(str(symptom), rules) for symptom in said if symptom in OF_SUICIDE)
    match one.type.removeprefix("kap."):
        case "check_in.completed" if one.data["suicidal_ideation"] is True:
            return _gravest((Severity.URGENT, severity))
        case "check_in.completed" | "vitals.recorded":
            return severity
        case "adverse_event.reported" if one.data["term"] in OF_SUICIDE:
            return _gravest((severity_of_symptom(str(one.data["term"]), rules), _by_grade(one)))
        case _:
            return None


def unanswered_word_of_suicide(entries: Iterable[Entry], at: datetime, rules: Protocol) -> datetime | None:
    """When there was last word of suicide by that moment, if no C-SSRS was taken, or reported, after it by then."""
    never = (datetime.min.replace(tzinfo=UTC), 0)
    newest, screens = never, [never]
    for one in entries:
        if one.time > at:
            continue
        if tells_of_suicide(one, rules) is not None:
            newest = max(newest, (one.time, one.sequence))
        if one.type == "kap.measure.recorded" and one.data["instrument"] == "cssrs":
            screens.append((one.time, one.sequence))
    return newest[0] if newest > max(screens) else None


def is_at_risk(entries: Sequence[Entry], rules: Protocol) -> bool:
    """Whether the newest C-SSRS is moderate or high, or none was taken since a word of suicide or an answer of it."""
    measures = sorted(
        (one for one in entries if one.type == "kap.measure.recorded"), key=lambda one: (one.time, one.sequence)
    )
    screens = [one for one in measures if one.data["instrument"] == "cssrs"]
    item9 = rules.measures["phq9"].item9
    hints = [
        one
        for one in measures
        if item9 and one.data["instrument"] == "phq9" and _items(one)[8:] and _items(one)[8] >= item9.at_least
    ]
    if unanswered_word_of_suicide(entries, datetime.max.replace(tzinfo=UTC), rules) is not None:
        return True
    if hints and (not screens or (screens[-1].time, screens[-1].sequence) < (hints[-1].time, hints[-1].sequence)):
        return True
    return bool(screens) and bool(_of_a_screen(screens[-1]))


def _items(one: Entry) -> list[int]:
    items = one.data.get("items") or []
    assert isinstance(items, list)
    return [item for item in items if isinstance(item, int)]


def _gravest(severities: Iterable[Severity | None]) -> Severity | None:
    return max((one for one in severities if one is not None), key=lambda one: one.rank, default=None)


def dangers(one: Entry, rules: Protocol) -> dict[str, Severity]:
    """The kinds of escalation that this report asks for by itself, each with its severity."""
    told = tells_of_suicide(one, rules)
    return {**_dangers_besides(one, rules), **({"suicide_risk": told} if told is not None else {})}


def _dangers_besides(one: Entry, rules: Protocol) -> dict[str, Severity]:
    match one.type.removeprefix("kap."):
        case "vitals.recorded":
            return _of_a_reading(one, rules)
        case "measure.recorded" if one.data["instrument"] == "cssrs":
            return _of_a_screen(one)
        case "adverse_event.reported" if one.data["term"] != "left_before_discharge":
            severity = _gravest((_by_grade(one), severity_of_symptom(str(one.data["term"]), rules)))
            return {"adverse_event": severity} if severity not in {None, Severity.ROUTINE} else {}
        case _:
            return {}


def _by_grade(one: Entry) -> Severity | None:
    grade = one.data["grade"]
    assert isinstance(grade, int)
    return {3: Severity.URGENT, 4: Severity.EMERGENCY, 5: Severity.EMERGENCY}.get(grade)


def unwatched(entries: Sequence[Entry], open_: Mapping[str, Severity], rules: Protocol) -> list[str]:
    """The dangers in what now reads true for which nothing is open, and which no human has answered since."""
    answered, known = list(_answers(entries)), known_screens(entries, rules)
    lost: list[str] = []
    for root, versions in tellings(entries).items():
        if (now := versions[-1].entry) is None or root in known:
            continue
        for kind, severity in dangers(now, rules).items():
            # An unknown word is urgent of whoever was dosed so shortly before, and then it is told as an urgent sign.
            kinds = LOUDER.get(kind, {kind}) | (LOUDER["vitals_urgent"] if severity is Severity.ROUTINE else set())
            since = _known_since(versions, kinds, severity, rules)
            is_open = any(kind in open_ and open_[kind].rank >= severity.rank for kind in kinds)
            if not is_open and not any(kind in kinds and sequence > since for sequence, kind in answered):
                lost.append(f"{kind} of entry {root}, known since {since}")
    return lost


def _known_since(versions: Sequence[Telling], kinds: set[str], severity: Severity, rules: Protocol) -> int:
    """Since when the fact has read as dangerous as it does now, without a break."""
    since = versions[-1].sequence
    for one in reversed(versions):
        said = dangers(one.entry, rules) if one.entry is not None else {}
        if not any(known in kinds and asked.rank >= severity.rank for known, asked in said.items()):
            break
        since = one.sequence
    return since


def _answers(entries: Iterable[Entry]) -> Iterator[tuple[int, str]]:
    """When a human had answered an escalation of which kind, by the sequence of the entry.

    Of a kind and session there is one at a time: another one tells that those before it had been answered before its
    cause, also where the news of that is still on its way.
    """
    cause = 0
    for one in entries:
        cause = one.sequence if one.event_id is not None else cause
        if one.type in {"kap.escalation.resolved", "kap.escalation.opened"}:
            _, kind, _, n = str(one.data["id"]).split("~")
            if one.type == "kap.escalation.resolved":
                yield one.sequence, kind
            elif int(n) > 1:
                yield cause, kind


def _of_a_reading(one: Entry, rules: Protocol) -> dict[str, Severity]:
    found: list[Severity | None] = []
    for limit in rules.medicine.limits:
        observed = one.data.get(limit.vital)
        if limit.confirm_within is None and isinstance(observed, int) and is_crossed(limit, observed):
            found.append(AS_TOLD[limit.severity])
    said = one.data.get("symptoms")
    named = [severity_of_symptom(str(symptom), rules) for symptom in said] if isinstance(said, list) else []
    worst = max((one for one in [*found, *named] if one is not None), key=lambda one: one.rank, default=None)
    if worst is Severity.EMERGENCY:
        return {"vitals_emergency": Severity.EMERGENCY}
    if worst is Severity.URGENT:
        return {"vitals_urgent": Severity.URGENT}
    # A second breach of a limit that wants two pages as well, and then nobody is told of the unknown symptom alone.
    is_maybe_paged = any(is_crossed(limit, _sign(one, limit.vital)) for limit in rules.medicine.limits)
    return {"adverse_event": Severity.ROUTINE} if None in named and not is_maybe_paged else {}


def _of_a_screen(one: Entry) -> dict[str, Severity]:
    items = one.data["items"]
    assert isinstance(items, list)
    if any(items[3:]):
        return {"suicide_risk": Severity.EMERGENCY}
    return {"suicide_risk": Severity.URGENT} if items[2] else {}


def _sign(one: Entry, sign: str) -> int | None:
    observed = one.data.get(sign)
    return observed if isinstance(observed, int) else None


def is_answered(due: datetime, following: datetime, readings: Iterable[Entry], rules: Protocol) -> bool:
    """Whether every required sign was taken in the window that opens before `due` and closes before the next one."""
    grid = rules.medicine.checkpoints
    within = [one for one in readings if due - grid.early <= one.time < following - grid.early]
    return {*grid.required} <= {sign for one in within for sign in one.data}
