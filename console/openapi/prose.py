"""Introductory texts of the OpenAPI document."""

from typing import Final

from console.errors.problems import ProblemCode

ABOUT: Final = """\
The door of Kapstan. A clinic's software reports what happened and is told at once what the clinic's own protocol says;
whoever is on call sees what wants a human, and says that they have it.

Everything under `/v1` asks for a token, as `Authorization: Bearer …`. A token has a role, or several, and may be bound
to a site: it then sees and moves that site's courses only. `x-roles` of an operation names the roles that may call it.
A token speaks for some roles of actors, perhaps for one person alone: what it sends in another's name is `forbidden`.

Every answer names its request in `X-Request-Id`: the name that the caller gave, or a new one. It stands in the log, and
in the ledger beside what the request brought about, with `sent_by`: the token, and an id of the server's own. What is
no success is an RFC 9457 problem: tell problems apart by `code`, show people its `detail`. Times are RFC 3339 with an
offset, between the years 1900 and 2200; anything else is `invalid`.
"""

TAGS: Final = [
    {"name": "events", "description": "What happened, as the clinic reports it"},
    {"name": "courses", "description": "Where each course is, what blocks it, what is due, and its ledger"},
    {"name": "escalations", "description": "The on-call work: what wants a human, who was paged, who has it"},
    {"name": "on call", "description": "Who would be paged now, and who holds each rota in the weeks to come"},
    {"name": "protocols", "description": "The rules, value by value, with what each is founded on"},
    {"name": "stream", "description": "Changes as they happen"},
    {"name": "health", "description": "How Kapstan itself does; no token is asked for, nothing of a patient is told"},
]


def problem_codes() -> str:
    """A list of every problem code: its status, when it occurs and what to do."""
    return "The stable word for a kind of problem.\n\n" + "\n".join(
        f"- `{code}` ({code.status.value}): {code.meaning}" for code in ProblemCode
    )
