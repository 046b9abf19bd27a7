"""Any correction that a clinic may send: of any fact, of a correction too, as a correction or as a new version."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from domain.events.clinic_events import ClinicEvent, CorrectionRecorded, Fact, MeasureRecorded, VitalsRecorded
from domain.events.fields import PregnancyTest
from tests.support.cast import CALM, HAS_A_METHOD, HAS_A_PLAN, TOPICS, correction, hours, minutes, new_version
from tests.support.event_strategies import ACTORS, LIFE_SIGNS, REPORTED
from tests.support.ward import Ward

MAY_BE_WRONG: dict[str, tuple[object, ...]] = {
    **LIFE_SIGNS,
    "symptoms": REPORTED,
    "weight_kg": (45.0, 70.0),
    "mg": (35.0, 60.0, 350.0),
    "grade": (1, 3, 4),
    "minutes": (5, 60),
    "suicidal_ideation": (True, False),
    "conditions": (("active_psychosis",), ("cystitis",), ()),
    "topics": (TOPICS, TOPICS[:1]),
    "pregnancy_test": (PregnancyTest.NEGATIVE, PregnancyTest.POSITIVE),
    "escort": (True, False),
    "padss": (10, 8),
    "oriented": (True, False),
    "version": ("2026-01", "2025-01"),
    "session": (1, 2, None),
    "form": ("session_monitoring", "other"),
}
"""What may have been written down wrongly, by the name of its field."""

MOVED = [timedelta()] * 4 + [minutes(1), minutes(-5), minutes(-20), minutes(-70), minutes(20), hours(-30)]
"""By how much the time of a fact may have been wrong."""


def some_correction(data: st.DataObject, ward: Ward) -> ClinicEvent:
    """Some fact was wrong, one in two of a moment ago: another value, another time, or it never happened at all."""
    draw = data.draw
    facts = [event for event, _ in ward.answers if isinstance(event, Fact)]
    wrong = draw(st.sampled_from(draw(st.sampled_from([facts[-6:], facts]))))
    by = draw(ACTORS)
    shape = draw(st.sampled_from(["correction", "correction", "version", "version", "retraction"]))
    if shape == "retraction":
        return correction(wrong, at=ward.now, by=by, retracted=True)
    root = _root(wrong, facts)
    right = _right(data, root)
    at = min(root.time + draw(st.sampled_from(MOVED)), ward.now)
    if shape == "version":
        told: ClinicEvent = new_version(root, f"{root.id}, as of {len(ward.answers)}", at=at, **right)
        return told.but(corrects=wrong.id)
    said = correction(root, at=ward.now, by=by, happened_at=None if at == root.time else at, **right)  # type: ignore[arg-type]
    return said.but(data=said.data.but(corrects=said.data.corrects.but(id=wrong.id)))


def _root(fact: Any, facts: Sequence[Fact]) -> Any:
    """The fact that a correction is of, however many there are in between."""
    by_name = {(one.source, one.id): one for one in facts}
    while (named := fact.corrects_named()) is not None:
        fact = by_name[named]
    return fact


def _right(data: st.DataObject, fact: Any) -> dict[str, object]:
    """The fields that read otherwise: most of them were right."""
    assert not isinstance(fact, CorrectionRecorded)
    if isinstance(fact, MeasureRecorded):
        answers = (CALM, HAS_A_METHOD, HAS_A_PLAN) if fact.data.instrument == "cssrs" else (fact.data.items,)
        return {"items": data.draw(st.sampled_from(answers))}
    fields = sorted(MAY_BE_WRONG.keys() & type(fact.data).model_fields.keys())
    if not fields:
        return {}
    names = data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True))
    right = {name: data.draw(st.sampled_from(MAY_BE_WRONG[name])) for name in names}
    if not isinstance(fact, VitalsRecorded):
        return {name: value for name, value in right.items() if value is not None or name == "session"}
    said = {name: getattr(fact.data, name) for name in (*LIFE_SIGNS, "symptoms")} | right
    if not any(value is not None and value != () for value in said.values()):
        right["heart_rate"] = 74
    return right
