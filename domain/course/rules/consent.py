"""Consent: whether the patient's consent is in force."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from domain.codes import folded
from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.recorded import Recorded, known_at
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.durations import in_words
from domain.escalation.messages import Kind
from domain.events.clinic_events import ConsentSigned, ConsentWithdrawn, PatientWithdrew
from domain.moments import on_the_calendar
from domain.protocol.model import ScreeningRules
from domain.values import Blocker, Severity

_Said = ConsentSigned.Data | ConsentWithdrawn.Data
_Consent = Recorded[ConsentSigned.Data] | Recorded[ConsentWithdrawn.Data]


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blockers from the consent at that moment. All are absolute: consent belongs to the patient (S18)."""
    rules, consents = course.protocol.screening, _to_the_treatment(course)
    consent = known_at(consents, at)
    if consent is None and consents:
        signed_at = consents[0].at
        yield Blocker(
            code="consent.signed_later",
            message=f"The consent was signed {in_words(signed_at - at)} after that moment",
            absolute=True,
            observed=signed_at.isoformat(),
        )
    elif consent is None:
        yield Blocker(code="consent.missing", message="The patient has not signed a consent", absolute=True)
    elif not isinstance(consent.data, ConsentSigned.Data):
        yield Blocker(code="consent.withdrawn", message="The patient has withdrawn consent", absolute=True)
    elif rules.consent_documents is not None and not _is_one_of(rules, consent.data.document, rules.consent_documents):
        yield Blocker(
            code="consent.other_document",
            message=f"{consent.data.document} was signed; must be {' or '.join(rules.consent_documents)}",
            absolute=True,
            observed=consent.data.document,
            limit=", ".join(rules.consent_documents),
            source=course.protocol.source_of("screening.consent_documents"),
        )
    elif not _is_one_of(rules, consent.data.version, (rules.consent_version,)):
        yield Blocker(
            code="consent.other_version",
            message=f"Consent version {consent.data.version} was signed; the protocol asks for {rules.consent_version}",
            absolute=True,
            observed=consent.data.version,
            limit=rules.consent_version,
            source=course.protocol.source_of("screening.consent_version"),
        )
    elif at >= consent.at + rules.consent_valid_for:
        expired_on = course.day_of(consent.at + rules.consent_valid_for)
        yield Blocker(
            code="consent.expired",
            message=f"The consent expired on {on_the_calendar(expired_on)}",
            absolute=True,
            observed=course.day_of(consent.at).isoformat(),
            limit=expired_on.isoformat(),
            source=course.protocol.source_of("screening.consent_valid_for"),
        )


def further_blockers(course: CourseState, at: datetime, session: int | None = None) -> Iterator[Blocker]:
    """The blockers of each further consent that is not in force: before the decision, or before a dose of `session`.

    Whoever withdraws consent withdraws each of them, and signs anew.
    """
    protocol, referral = course.protocol, course.referral
    for document, rule in (protocol.screening.further_consents or {}).items():
        indications = referral.data.indications if referral is not None else ()
        if not rule.is_asked_before(session) or not protocol.is_for(rule.indications, indications):
            continue
        table = f"screening.further_consents.{document}"
        signed = known_at((one for one in course.consents if _is_of(protocol.screening, one.data, document)), at)
        if signed is None or not isinstance(signed.data, ConsentSigned.Data):
            yield Blocker(
                code="consent.further_missing",
                message=f"{document} has not been signed",
                absolute=True,
                observed=document,
                source=protocol.source_of(f"{table}.version"),
            )
        elif not _is_one_of(protocol.screening, signed.data.version, (rule.version,)):
            yield Blocker(
                code="consent.further_other_version",
                message=f"{document} was signed in version {signed.data.version}; must be {rule.version}",
                absolute=True,
                observed=f"{document}, {signed.data.version}",
                limit=rule.version,
                source=protocol.source_of(f"{table}.version"),
            )
        elif at >= signed.at + rule.valid_for:
            expired_on = course.day_of(signed.at + rule.valid_for)
            yield Blocker(
                code="consent.further_expired",
                message=f"{document} expired on {on_the_calendar(expired_on)}",
                absolute=True,
                observed=f"{document}, {course.day_of(signed.at).isoformat()}",
                limit=expired_on.isoformat(),
                source=protocol.source_of(f"{table}.valid_for"),
            )


def _to_the_treatment(course: CourseState) -> tuple[_Consent, ...]:
    """What was signed or withdrawn of the consent to this treatment, in order of time.

    Another paper neither gives nor takes it; where nothing else was ever signed, it is told what was.
    """
    rules = course.protocol.screening
    further = rules.further_consents or {}
    signed = tuple(one for one in course.consents if not _is_any_of(rules, one.data, tuple(further)))
    documents = rules.consent_documents
    own = (
        one
        for one in signed
        if documents is None or not isinstance(one.data, ConsentSigned.Data) or _is_any_of(rules, one.data, documents)
    )
    return tuple(own) or signed


def _is_of(rules: ScreeningRules, said: _Said, document: str) -> bool:
    """Whether it is this document that was signed, or all consent that was withdrawn."""
    return not isinstance(said, ConsentSigned.Data) or _is_one_of(rules, said.document, (document,))


def _is_any_of(rules: ScreeningRules, said: _Said, documents: Collection[str]) -> bool:
    return isinstance(said, ConsentSigned.Data) and _is_one_of(rules, said.document, documents)


def _is_one_of(rules: ScreeningRules, said: str, asked: Collection[str]) -> bool:
    """Whether the paper, or its version, is one that is asked for; without the key each letter counts."""
    if not rules.consent_spelling_free:
        return said in asked
    return folded(said) in {folded(one) for one in asked}


def _withdrawal_blockers(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    newest = next(reversed(_to_the_treatment(course)), None)
    if newest is None or not isinstance(newest.data, ConsentSigned.Data):
        yield Blocker(code="consent.missing", message="There is no consent to withdraw", absolute=True)


def _sign(transition: Transition[Any], event: ConsentSigned) -> None:
    _keep(transition, transition.recorded(event))


def _keep(transition: Transition[Any], arrived: Recorded[Any]) -> None:
    consents = (*transition.course.consents, arrived)
    transition.change(consents=tuple(sorted(consents, key=lambda consent: consent.at)))


def take_back(transition: Transition[Any], event: ConsentWithdrawn | PatientWithdrew) -> None:
    """Takes the consent as withdrawn: a hold at once, and an urgent escalation for a patient under the medicine.

    That is one who is monitored, or was dosed the same day, by the days of the course's site.
    """
    arrived = Recorded[ConsentWithdrawn.Data](
        at=event.time,
        recorded_at=transition.now,
        data=ConsentWithdrawn.Data(actor=event.data.actor, note=event.data.note),
        sequence=transition.sequence,
    )
    _keep(transition, arrived)
    transition.hold("consent withdrawn", event.time, is_safety=True)
    course = transition.course
    day = course.day_of(event.time)
    same_day = (one for one in course.dosed_sessions if any(course.day_of(dose.at) == day for dose in one.doses))
    if (session := course.monitored or next(same_day, None)) is not None:
        transition.escalate(Kind.CONSENT_WITHDRAWN, session.number, Severity.URGENT, event.time)


SIGNED = EventRule(event=ConsentSigned, phases=ALWAYS, roles=ANYONE, apply=_sign)
WITHDRAWN = EventRule(
    event=ConsentWithdrawn, phases=ALWAYS, roles=ANYONE, standing=_withdrawal_blockers, apply=take_back
)
RULES = (SIGNED, WITHDRAWN)
