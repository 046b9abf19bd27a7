"""Errors of the stack. Each message tells an operator what to repair, or which log to read."""


class StackMisconfigured(Exception):  # noqa: N818  an operator repairs it
    """An option or a folder cannot be used; nothing was started. The message names it (exit code 2)."""


class ServiceDown(Exception):  # noqa: N818  it is shown, not handled
    """A needed service did not come up; the message says which log to read and its last lines (exit code 3)."""


class NoStackRuns(ServiceDown):
    """No Kapstan runs on that folder, so there is nothing to talk to (exit code 3)."""


class StoppedEarly(Exception):  # noqa: N818  it is a request, not an error
    """The stack was asked to stop while work was under way; that work is given up."""
