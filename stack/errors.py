"""What an operator is told when the stack does not come up: what to mend, or which log to read."""


class StackMisconfigured(Exception):  # noqa: N818  an operator mends it
    """What was asked for cannot be; nothing was started. The message names the option or the folder (exit code 2)."""


class ServiceDown(Exception):  # noqa: N818  it is told, not handled
    """A needed service did not come up; the message says which log to read and its last lines (exit code 3)."""


class NoStackRuns(ServiceDown):
    """No Kapstan is up on that folder, so there is nothing to talk to (exit code 3)."""


class StoppedEarly(Exception):  # noqa: N818  it is a wish, not an error
    """Somebody asked the stack to stop while work was under way; that work is given up."""
