"""Whether the patient's consent stands."""

from collections.abc import Iterator
from datetime import datetime

from domain.course.state import CourseState
from domain.events.clinic_events import ConsentSigned
from domain.values import Blocker


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """What is wrong with the consent at that moment. None of it can be overridden: consent is the patient's (S18)."""
    rules = course.protocol.screening
    consent = course.consent
    if consent is None:
        yield Blocker(code="consent.missing", message="The patient has not signed a consent", absolute=True)
    elif not isinstance(consent.data, ConsentSigned.Data):
        yield Blocker(code="consent.withdrawn", message="The patient has withdrawn her consent", absolute=True)
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
