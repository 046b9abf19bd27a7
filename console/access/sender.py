"""Who sends what a request brings about: the caller's token, their person, and the server's own id of the request."""

from console.request_id import own_request_id
from domain.access import Caller, SentBy
from domain.values import PersonId


def sender_of(caller: Caller) -> SentBy:
    """The sender of the current request."""
    return SentBy(token=caller.token_id, person=caller.person, request_id=own_request_id())


def by_a_link(person: PersonId) -> SentBy:
    """The sender of the current request, which came by the link of a page that this person was sent."""
    return SentBy(person=person, request_id=own_request_id())
