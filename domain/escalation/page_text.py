"""The text of a page, fit for a locked phone: no clinical content."""

from domain.escalation.messages import PHRASES, Opening
from domain.values import Frozen, Severity


class Text(Frozen):
    """The title and body of a page."""

    title: str
    body: str


def text_of(escalation: Opening, severity: Severity, link: str) -> Text:
    """Makes the text: severity, course, session, the kind as a neutral phrase, and the link to answer by."""
    session = f", session {escalation.session}" if escalation.session else ""
    return Text(
        title=f"{severity.upper()}: {PHRASES[escalation.kind]}",
        body=f"Course {escalation.course_id}{session}\nAnswer: {link}",
    )
