"""Whether a new value of a protocol is stricter for the patient than the old one, or looser."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.parameters import Value, parameters
from domain.protocol.values import Range
from domain.values import Severity

_AT_MOST: Final = (
    *(
        "_max",
        "max",
        "within_percent",
        "dose_at_most_percent",
        "item9.at_least",
        "item9.routine_to",
        "item9.screened_to",
    ),
    "bp_not_falling_margin",
    "cut_off.at_least",
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
    *("infusion.least", "same_dose_within", "history_after"),
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
    *("check_in_on_booked_day", "trials_named", ".prescribed", "review_after_event"),
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
"""Lists of what is asked for, or stands in the way: a longer one asks for more."""

_FEWER: Final = (
    *("screening.known", "deviations.silent", "staff_several", "consent_documents", "dose.given_by"),
    "dose.second_prescribers",
    *("preparation.roles", "integration.roles"),
)
"""Lists of what is let through, or told to nobody."""


_DOSE: Final = "medicine.dose."


class Strictness(StrEnum):
    """Stricter asks for more, or stops, warns or asks sooner; looser later, or not at all."""

    STRICTER = "stricter"
    LOOSER = "looser"


def strictness(before: Protocol, after: Protocol, key: str) -> Strictness | None:
    """For what both versions have; None for what is neither, or where its values point both ways."""
    if key.startswith(_DOSE) and before.medicine.dose.basis is not after.medicine.dose.basis:
        return None
    old, new = (_of(protocol, key) for protocol in (before, after))
    lists = _lists(key, old, new)
    moved = {lists} if lists is not None else _moved(_bounds(key, old), _bounds(key, new))
    if len(moved) != 1:
        return None
    return Strictness.STRICTER if moved.pop() else Strictness.LOOSER


def is_judged(protocol: Protocol, key: str) -> bool:
    """Whether a change of this value could be stricter or looser."""
    values = _of(protocol, key)
    is_list = any(isinstance(one, tuple) for one in values) and key.endswith((*_MORE, *_FEWER))
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
            is_longer, is_shorter = set(before) <= set(after), set(after) <= set(before)
            if key.endswith(_MORE) and (is_longer or is_shorter):
                return is_longer
            if key.endswith(_FEWER) and (is_longer or is_shorter):
                return is_shorter
    return None


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
