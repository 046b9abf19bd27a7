"""What a page says to whoever it wakes, as a locked phone shows it: no clinical content."""

from domain.escalation.messages import PHRASES, Opening
from domain.values import Frozen, Severity


class Text(Frozen):
    """A page in words."""

    title: str
    body: str


def text_of(escalation: Opening, severity: Severity, link: str) -> Text:
    """Severity, course, session, the kind as a neutral phrase, and the link to answer by."""
    session = f", session {escalation.session}" if escalation.session else ""
    return Text(
        title=f"{severity.upper()}: {PHRASES[escalation.kind]}",
        body=f"Course {escalation.course_id}{session}\nAnswer: {link}",
    )
