"""The paging ladder: which step of a policy an escalation pages next, and when."""

from collections.abc import Iterator
from datetime import datetime

from domain.escalation.messages import EscalationState
from domain.oncall.policy import Policy
from domain.oncall.rota import next_opening
from domain.values import Frozen, Moment, Severity


class NextStep(Frozen):
    """A step, counted from 1, and the moment at which it pages."""

    step: int
    at: Moment


class Quiet(Frozen):
    """A snooze. `since` is when the first one of this step began, so that several in a row cannot exceed the bound."""

    since: Moment
    until: Moment


class EscalationProgress(Frozen):
    """An escalation's progress on its ladder: the step reached, and what comes next.

    `step` was reached last, 0 before the first page. `next_step` pages at `due_at`, unless the policy's hours or a
    snooze delay it. While acknowledged, `due_at` is when the acknowledgement lapses.
    """

    severity: Severity
    state: EscalationState = EscalationState.OPEN
    step: int = 0
    next_step: int = 1
    due_at: Moment
    quiet: Quiet | None = None

    @property
    def is_open(self) -> bool:
        """Whether the escalation is open, so that its steps page."""
        return self.state is EscalationState.OPEN

    @property
    def moves_at(self) -> datetime | None:
        """When the next step or lapse is due if nobody acts, whatever the policy's hours. None once resolved."""
        return None if self.state is EscalationState.RESOLVED else self._earliest

    def upcoming(self, policy: Policy) -> NextStep | None:
        """The step that pages next if nobody acts, and when; None once resolved."""
        if self.state is EscalationState.RESOLVED:
            return None
        # The policy may have fewer steps now: then its first step is next.
        step = self.next_step if self.next_step <= len(policy.steps) else 1
        return NextStep(step=step, at=next_opening(policy.hours, self._earliest))

    def wakes_at(self, policy: Policy) -> datetime | None:
        """When the next step pages, within the policy's hours, or an acknowledgement lapses. None once resolved."""
        if self.state is EscalationState.ACKNOWLEDGED:
            return self._earliest
        next_step = self.upcoming(policy)
        return next_step.at if next_step else None

    def advanced(self, policy: Policy, next_step: NextStep, now: datetime) -> "EscalationProgress":
        """The step pages at `now`. After its wait comes the next step; after the last, the first again."""
        return self.but(
            state=EscalationState.OPEN,
            step=next_step.step,
            next_step=policy.step_after(next_step.step),
            due_at=now + policy.wait_after(next_step.step),
            quiet=None,
        )

    def acknowledged(self, policy: Policy, now: datetime) -> "EscalationProgress":
        """Stops the ladder for `resolve_within`."""
        return self.but(state=EscalationState.ACKNOWLEDGED, due_at=now + policy.resolve_within, quiet=None)

    def lapsed(self, now: datetime) -> "EscalationProgress":
        """Opens a late acknowledgement again, with its next step due; otherwise returns the progress as it is."""
        is_late = self.state is EscalationState.ACKNOWLEDGED and self._earliest <= now
        return self.but(state=EscalationState.OPEN) if is_late else self

    def may_be_quiet_until(self, policy: Policy, now: datetime) -> datetime:
        """The latest end of a snooze; `now` if the policy allows none."""
        return (self.quiet.since if self.quiet else now) + policy.max_snooze

    def snoozed(self, now: datetime, until: datetime) -> "EscalationProgress":
        """Pages nobody before `until`. A snooze only delays steps; it never brings one forward."""
        return self.but(quiet=Quiet(since=self.quiet.since if self.quiet else now, until=until))

    def reassigned(self, policy: Policy, now: datetime) -> "EscalationProgress":
        """Opens it for another person, for whom the current step's wait runs; nothing that was due comes any later.

        However often it is passed on, the next step therefore pages in time. An acknowledgement no longer counts.
        """
        wait = policy.wait_after(min(max(self.step, 1), len(policy.steps)))
        return self.but(state=EscalationState.OPEN, due_at=min(self._earliest, now + wait), quiet=None)

    def reassigned_to_wait_anew(self, policy: Policy, now: datetime) -> "EscalationProgress":
        """The same as it once was, when the wait started again: for histories of that time alone."""
        wait = policy.wait_after(min(max(self.step, 1), len(policy.steps)))
        return self.but(state=EscalationState.OPEN, due_at=now + wait, quiet=None)

    def repeated(self, severity: Severity, now: datetime) -> "EscalationProgress":
        """The cause happened again.

        If worse, the higher severity's ladder starts at once at its first step. After an acknowledgement, a snooze or a
        resolution, the step reached pages again at once. Otherwise nothing changes: people are being paged already.
        """
        if severity.rank > self.severity.rank:
            return self.but(severity=severity, state=EscalationState.OPEN, next_step=1, due_at=now, quiet=None)
        if self.is_open and self.quiet is None:
            return self
        return self.but(state=EscalationState.OPEN, next_step=max(self.step, 1), due_at=now, quiet=None)

    def resolved(self) -> "EscalationProgress":
        """Ends the ladder: nobody is paged any more."""
        return self.but(state=EscalationState.RESOLVED, quiet=None)

    @property
    def _earliest(self) -> datetime:
        return max(self.due_at, self.quiet.until) if self.quiet else self.due_at


def climbing(
    policy: Policy, progress: EscalationProgress, now: datetime
) -> Iterator[tuple[NextStep, EscalationProgress]]:
    """Each step that pages if nobody acts from `now` on, with the progress after it; infinite."""
    while next_step := progress.upcoming(policy):
        next_step = next_step.but(at=next_opening(policy.hours, max(next_step.at, now)))
        progress = progress.advanced(policy, next_step, next_step.at)
        yield next_step, progress
