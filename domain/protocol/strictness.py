"""Whether a new value of a protocol is stricter for the patient than the old one, or looser."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.protocol.instruments import CSSRS
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.parameters import Value, parameters
from domain.protocol.values import Range, is_listed
from domain.values import Severity

_AT_MOST: Final = (
    *("_max", "max", "within_percent", "dose_at_most_percent", "item9.at_least", "item9.routine_to"),
    *("cut_off.at_least", "before_every", "pounds_from_kg", "rounding_percent", "whole_from_percent"),
    *("item9.screened_to", "bp_not_falling_margin"),
)
_AT_LEAST: Final = (
    "_min",
    "at_least_percent",
    "least_minutes",
    ".least",
    "same_dose_percent",
    "preparation.sessions",
    "integration.sessions",
)

_LONGER: Final = (
    *("_min", "minimum_observation", "solids_fasting", "fluids_fasting", "safety_window", "urgent_through"),
    *("infusion.least", "same_dose_within", "parts_apart", "unknown_after_dose.within", "history_after"),
)
"""Durations for which somebody is kept, asked or watched."""

_SHORTER: Final = (
    *("valid_for", "_valid", "rescreen_after", "ask_again", "hold_review", "unreported_after", "unreported_at_risk"),
    *("unreported_again", "discharge_overdue", "then_every", "early", "grace", "told_after", "emergency_after"),
    *(".within", "reviewed_within", "check_ins.missed", "missed_at_risk", "plan_interval_within", "reminder"),
    *("bp_not_falling_after", "infusion.most", "parts_within", "again_most", "screened_within"),
)
"""Durations for which something holds, or may be waited for."""

_REQUIRED: Final = (
    *("goals_required", "escort_required", "pregnancy_test_each_session", "integration_before_next_dose", "oriented"),
    *("steady_gait", "dissociation_resolved", "restarts_observation", "compared.pregnancy_test", ".hold"),
    *("check_in_on_booked_day", "resume_gated", "trials_named", ".prescribed", "review_after_event"),
)
_PERMITTED: Final = (
    "step_after_event",
    "one_person_two_roles",
    "interval_by_day",
    "during_screening",
    "consent_spelling_free",
)

_MORE: Final = (
    *("screening.measures", "medicine.measures", "screening.absolute", "screening.review", "caution_medications"),
    *("topics", "medicine.staff", "offsets", "checkpoints.required", "check_ins.after", "follow_up.after", "remind"),
    *("symptoms.emergency", "symptoms.suicidal"),
)
_OF_WHOM: Final = ("measures.", "screening.gates.", "screening.tests.", "screening.further_consents.")
"""Tables whose `indications` say of whom something is asked: of everybody where they are left out."""
"""Lists of what is asked for, or stands in the way: a longer one asks for more."""

_FEWER: Final = (
    *("screening.known", "deviations.silent", "staff_several", "consent_documents", "dose.given_by"),
    "dose.second_prescribers",
    *("preparation.roles", "integration.roles", "known_baseline.indications", "tests.wanted"),
)
"""Lists of what is let through, or told to nobody."""


_PERMITS: Final = (
    *("known_baseline.", "parts_max", "parts_within", "course.maintenance.", "check_ins.waking", "urgent_through"),
    *("routine_to", "staff_several", "medicine.routes.", "earlier_answers"),
)
"""Keys that allow, or quieten, something as long as they are there: without one of them more is asked."""

_ASKS: Final = (
    *("consent_documents", "given_by", "second_prescribers", "preparation.roles", "integration.roles"),
    *("least_minutes", "medicine.compared.", "infusion.least", "infusion.most", "review_after_session"),
    *("review_every", "review_after_event", "plan_interval_within", "check_in_on_booked_day", "dose.amounts"),
    "watched_at_once_max",
    *("dose.by_age.", "reviewed_within", "medicine.limits.", "medicine.clearance.", "unknown_after_dose."),
    *("screening.tests.", "screening.gates.", "screening.further_consents.", "discharge.measures", ".dose_max"),
    *(".least", ".prescribed", ".tell", "cut_off.", "futility.", "item9.", ".high.", ".moderate.", "credentials."),
)
"""Keys that may be left out, and ask for something as long as they are there."""

_BY_VEIN: Final = "intravenous"
_DOSE: Final = "medicine.dose."
_COMEDICATION: Final = "medicine.comedication."
_VOCABULARY: Final = "vocabulary."
_NEEDS: Final = "item9.needs"


class Strictness(StrEnum):
    """Stricter asks for more, or stops, warns or asks sooner; looser later, or not at all."""

    STRICTER = "stricter"
    LOOSER = "looser"


def strictness(before: Protocol, after: Protocol, key: str) -> Strictness | None:
    """For what both versions have; None for what is neither, or where its values point both ways."""
    if key.startswith(_DOSE) and before.medicine.dose.basis is not after.medicine.dose.basis:
        return None
    old, new = (_of(protocol, key) for protocol in (before, after))
    if key.startswith(_VOCABULARY):
        return _of_names(before, after, key, old, new)
    if bool(old) is not bool(new):
        return _came_or_went(before, after, key, new)
    if (worded := _by_word(key, old, new)) is not None:
        return worded
    lists = _lists(key, old, new)
    moved = {lists} if lists is not None else _moved(_bounds(key, old), _bounds(key, new))
    if len(moved) != 1:
        return None
    return Strictness.STRICTER if moved.pop() else Strictness.LOOSER


def _came_or_went(before: Protocol, after: Protocol, key: str, new: list[Value]) -> Strictness | None:
    """For a key that one of the versions does not have: what asks for something is missed, what permits is not."""
    is_there = bool(new)
    if key.startswith(_COMEDICATION):
        # A medicine that no rule names is weighed by a prescriber; one that has a rule is not.
        code = key.removeprefix(_COMEDICATION).rpartition(".")[0]
        is_known = all(any(rule.code == code for rule in one.medicine.comedication) for one in (before, after))
        if not is_known:
            return None if new in ([True], []) or key.endswith(".tell") else Strictness.LOOSER
    if _names_who(key) and key.startswith(_OF_WHOM) and _is_whole_table(before, after, key):
        return Strictness.STRICTER if is_there else Strictness.LOOSER
    if key.endswith("indications") and key.startswith(_OF_WHOM):
        return Strictness.LOOSER if is_there else Strictness.STRICTER
    is_bound = key.endswith((".least", ".prescribed", ".dose_max"))
    if any(one in key for one in _PERMITS) and not is_bound:
        return Strictness.LOOSER if is_there else Strictness.STRICTER
    if any(one in key for one in _ASKS) and (not is_there or new != [False]):
        return Strictness.STRICTER if is_there else Strictness.LOOSER
    return None


def _is_whole_table(before: Protocol, after: Protocol, key: str) -> bool:
    """Whether one of the versions has nothing else of the table either: whoever it asked is asked by it no more."""
    table = f"{key.rpartition('.')[0]}."
    return not all(any(p.key.startswith(table) for p in parameters(one) if p.key != key) for one in (before, after))


def _by_word(key: str, old: list[Value], new: list[Value]) -> Strictness | None:
    """For what is one word: by vein an injection is an anaesthetic sooner (S9), and only a screen of suicide is one."""
    if old == new or len(old) != 1 or len(new) != 1:
        return None
    if key == "route" and _BY_VEIN in (*old, *new):
        return Strictness.LOOSER if new == [_BY_VEIN] else Strictness.STRICTER
    if key.endswith(_NEEDS) and CSSRS in (*old, *new):
        return Strictness.STRICTER if new == [CSSRS] else Strictness.LOOSER
    return None


def _of_names(before: Protocol, after: Protocol, key: str, old: list[Value], new: list[Value]) -> Strictness | None:
    """For other names of a code: fewer of a grave one are read, or more are read as a harmless one."""
    nothing: tuple[Value] = ((),)
    (was, *_), (now, *_), code = old or nothing, new or nothing, key.removeprefix(_VOCABULARY)
    if not (isinstance(was, tuple) and isinstance(now, tuple)):
        return None
    gained, lost = set(now) - set(was), set(was) - set(now)
    if all(_is_harmless(one, code) for one in (before, after)):
        gained, lost = lost, gained
    if bool(gained) is bool(lost):
        return None
    return Strictness.STRICTER if gained else Strictness.LOOSER


def _is_harmless(protocol: Protocol, code: str) -> bool:
    """Whether what is read as the code stands in nobody's way."""
    return is_listed(code, (*protocol.screening.known, *protocol.medicine.symptoms.warning))


def is_judged(protocol: Protocol, key: str) -> bool:
    """Whether a change of this value could be stricter or looser."""
    values = _of(protocol, key)
    is_list = any(isinstance(one, tuple) for one in values) and (
        key.endswith((*_MORE, *_FEWER)) or _names_who(key) is not None or key.startswith(_VOCABULARY)
    )
    return is_list or bool(_bounds(key, values))


def _of(protocol: Protocol, key: str) -> list[Value]:
    return [one.value for one in parameters(protocol) if one.key == key]


def _moved(old: dict[str, float], new: dict[str, float]) -> set[bool]:
    """Whether each bound that moved is stricter now."""
    if old.keys() != new.keys():
        return set()
    return {new[name] > old[name] for name in old if new[name] != old[name]}


def _lists(key: str, old: list[Value], new: list[Value]) -> bool | None:
    """Whether a list asks for more now; None if that cannot be said."""
    match old, new:
        case [tuple() as before], [tuple() as after] if set(before) != set(after):
            gained, lost = bool(set(after) - set(before)), bool(set(before) - set(after))
            is_fewer = all(isinstance(one, timedelta) for one in (*before, *after)) and len(after) < len(before)
            if key.endswith(_FEWER) or _names_who(key) is False:
                # Whatever came is let through now, whatever else went.
                return not gained
            if (key.endswith(_MORE) or _names_who(key)) and (gained is not lost or is_fewer):
                return not lost
    return None


def _names_who(key: str) -> bool | None:
    """Whether the list says of whom something is asked; False where it says whom something is let through for."""
    if key == "indications" or key.startswith("escalations.resolved_by."):
        return False
    return True if key.endswith("indications") and key.startswith(_OF_WHOM) and "known_baseline" not in key else None


def _bounds(key: str, values: list[Value]) -> dict[str, float]:
    """The bounds of this key, each turned so that a higher one is stricter."""
    found: dict[str, float] = {}
    for place, value in enumerate(values):
        found |= {f"{place} {name}": bound for name, bound in _turned(key, value).items()}
    return found


def _turned(key: str, value: Value) -> dict[str, float]:
    match value:
        case Limit():
            return _turned_limit(value)
        case Range(low=low, high=high) if ".clearance." in key or key.endswith("compared.weight_kg"):
            return {"low": low, "high": -high}
        case Severity():
            return {"severity": float(value.rank)}
        case bool():
            if key.endswith(_REQUIRED):
                return {"asked": float(value)}
            return {"asked": -float(value)} if key.endswith(_PERMITTED) else {}
        case timedelta():
            return _either_way(key, value.total_seconds(), _LONGER, _SHORTER)
        case int() | float():
            return _either_way(key, float(value), _AT_LEAST, _AT_MOST)
        case _:
            return {}


def _turned_limit(limit: Limit) -> dict[str, float]:
    sides = {"above": limit.above, "rise": limit.rise, "below": limit.below}
    (name, bound), *_ = ((name, bound) for name, bound in sides.items() if bound is not None)
    return {
        name: bound if name == "below" else -bound,
        f"{name} at once": float(limit.confirm_within is None),
    }


def _either_way(key: str, value: float, higher: tuple[str, ...], lower: tuple[str, ...]) -> dict[str, float]:
    if key.endswith(higher):
        return {"value": value}
    return {"value": -value} if key.endswith(lower) else {}
