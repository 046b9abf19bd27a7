"""The account on Kapstan's own machine that a command runs by: who administers without a token."""

import os
import pwd
from uuid import uuid4

from domain.access import SentBy


def sent_from_here() -> SentBy:
    """The sender of a command on this machine: its account, as the system knows it, and a new id of the request."""
    return SentBy(account=_account(), request_id=uuid4().hex)


def _account() -> str:
    # Asked of the system: the environment says whatever its owner likes.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
