"""The table of all event rules, collected from the modules under `rules`."""

from typing import Any

from domain.course.event_rule import EventRule, SessionEventRule
from domain.course.rules import (
    adverse_events,
    arrival,
    booking,
    clearance,
    comedication,
    consent,
    corrections,
    death,
    discharge,
    dosing,
    eligibility,
    endings,
    followup,
    holds,
    infusions,
    migration,
    notes,
    planning,
    preparation,
    questionnaires,
    readings,
    referral,
    results,
    whereabouts,
)
from domain.events.clinic_events import Event

_MODULES: tuple[tuple[EventRule[Any] | SessionEventRule[Any], ...], ...] = (
    referral.RULES,
    eligibility.RULES,
    consent.RULES,
    questionnaires.RULES,
    results.RULES,
    planning.RULES,
    preparation.RULES,
    booking.RULES,
    arrival.RULES,
    clearance.RULES,
    readings.RULES,
    dosing.RULES,
    infusions.RULES,
    comedication.RULES,
    whereabouts.RULES,
    death.RULES,
    notes.RULES,
    adverse_events.RULES,
    discharge.RULES,
    followup.RULES,
    holds.RULES,
    corrections.RULES,
    endings.RULES,
    migration.RULES,
)

EVENT_RULES: dict[type[Event], EventRule[Any] | SessionEventRule[Any]] = {
    rule.event: rule for rules in _MODULES for rule in rules
}
"""The rule of each clinic event, by its model class."""
