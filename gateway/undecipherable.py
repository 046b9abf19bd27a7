"""What is told of a payload that cannot be read."""

from typing import Final

CANNOT_BE_READ: Final = "a payload cannot be read: "


class Undecipherable(Exception):  # noqa: N818  an operator reads it
    """A payload is in clear, moved, changed, or encrypted with a key that is not in `KAPSTAN_PAYLOAD_KEYS`.

    The message says which key is wanted; it holds nothing secret, and nothing of a patient.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"{CANNOT_BE_READ}{why}")

    @staticmethod
    def is_told_by(message: str) -> bool:
        """Whether this is the message of such an error, as it came from a worker."""
        return message.startswith(CANNOT_BE_READ)
