"""Consent: whether the patient's consent is in force."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any

from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.recorded import Recorded
from domain.course.state import CourseState, newer
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import ConsentSigned, ConsentWithdrawn, PatientWithdrew
from domain.values import Blocker, Moment, Severity


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blockers from the consent at that moment. All are absolute: consent belongs to the patient (S18)."""
    rules = course.protocol.screening
    consent = course.consent
    if consent is None:
        yield Blocker(code="consent.missing", message="The patient has not signed a consent", absolute=True)
    elif not isinstance(consent.data, ConsentSigned.Data):
        yield Blocker(code="consent.withdrawn", message="The patient has withdrawn consent", absolute=True)
    elif consent.data.version != rules.consent_version:
        yield Blocker(
            code="consent.other_version",
            message=f"Consent version {consent.data.version} was signed; the protocol asks for {rules.consent_version}",
            absolute=True,
            observed=consent.data.version,
            limit=rules.consent_version,
            source=course.protocol.source_of("screening.consent_version"),
        )
    elif at >= consent.at + rules.consent_valid_for:
        expired_on = (consent.at + rules.consent_valid_for).date().isoformat()
        yield Blocker(
            code="consent.expired",
            message=f"The consent expired on {expired_on}",
            absolute=True,
            observed=consent.at.date().isoformat(),
            limit=expired_on,
            source=course.protocol.source_of("screening.consent_valid_for"),
        )


def _withdrawal_blockers(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    if course.consent is None or not isinstance(course.consent.data, ConsentSigned.Data):
        yield Blocker(code="consent.missing", message="There is no consent to withdraw", absolute=True)


def _sign(transition: Transition[Any], event: ConsentSigned) -> None:
    transition.change(consent=newer(transition.course.consent, transition.recorded(event)))


def take_back(transition: Transition[Any], event: ConsentWithdrawn | PatientWithdrew) -> None:
    """Takes the consent as withdrawn: a hold at once, and an urgent escalation if the patient was dosed that day."""
    arrived = Recorded[ConsentWithdrawn.Data](
        at=event.time,
        recorded_at=transition.now,
        data=ConsentWithdrawn.Data(actor=event.data.actor, note=event.data.note),
    )
    transition.change(consent=newer(transition.course.consent, arrived))
    transition.hold("consent withdrawn", event.time, is_safety=True)
    last = transition.course.last_dose_at
    if last is not None and _day(last, event.time.tzinfo) == _day(event.time, event.time.tzinfo):
        session = transition.course.dosed_sessions[-1].number
        transition.escalate(Kind.CONSENT_WITHDRAWN, session, Severity.URGENT, event.time)


def _day(moment: Moment, zone: tzinfo | None) -> date:
    return moment.astimezone(zone).date()


SIGNED = EventRule(event=ConsentSigned, phases=ALWAYS, roles=ANYONE, apply=_sign)
WITHDRAWN = EventRule(
    event=ConsentWithdrawn, phases=ALWAYS, roles=ANYONE, standing=_withdrawal_blockers, apply=take_back
)
RULES = (SIGNED, WITHDRAWN)
