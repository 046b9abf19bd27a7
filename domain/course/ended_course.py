"""A course whose workflow has ended, as the record keeps it."""

from typing import Self

from domain.course.course import Course
from domain.ledger import LedgerHead
from domain.values import Frozen


class EndedCourse(Frozen):
    """A course as its workflow left it: the head of its ledger, and all of it as JSON.

    As text: whoever keeps it need not understand it.
    """

    head: LedgerHead
    content: str

    @classmethod
    def of(cls, course: Course) -> Self:
        """The course as it stands."""
        return cls(head=course.head, content=course.model_dump_json())

    def read(self) -> Course:
        """The course. Raises `ValueError` if it is none, or another than its head says."""
        course = Course.model_validate_json(self.content)
        if course.head != self.head:
            raise ValueError("it is another course than its head says")
        return course
