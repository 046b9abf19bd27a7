"""The answers to what was recorded by forms, kept by the console until the course's page has shown them.

They speak of a patient, so no browser keeps them. Another console, or this one after a restart, does not know them: the
course's page then shows what was recorded without these sentences.
"""

from datetime import timedelta
from typing import Final

from cachetools import TTLCache

from domain.access import TokenId
from domain.sign_in import SignInId
from domain.values import Frozen

KEPT_FOR: Final = timedelta(minutes=10)
"""How long a reloaded page still shows the answer to the last event."""

KEPT: Final = 2_000


class RecordedAnswer(Frozen):
    """The answer to one event in sentences, with the mark of the most severe."""

    event_id: str
    mark: str
    words: tuple[str, ...]


Whose = SignInId | TokenId
"""The sign-in at which it was recorded; the token of a program that has none."""


class RecordedAnswers:
    """The newest answers, each for whoever recorded the event."""

    def __init__(self) -> None:
        self._kept: TTLCache[tuple[Whose, str, str], RecordedAnswer] = TTLCache(KEPT, KEPT_FOR.total_seconds())

    def keep(self, whose: Whose, page: str, said: RecordedAnswer) -> None:
        """Keeps the answer for them, on the page at this path alone."""
        self._kept[whose, page, said.event_id] = said

    def answer(self, whose: Whose, page: str, event_id: str) -> RecordedAnswer | None:
        """The answer to that event that the page is to show, if they recorded it a moment ago."""
        return self._kept.get((whose, page, event_id))
