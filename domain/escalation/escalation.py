"""The escalation aggregate: how it responds to people's orders, repeats and time, and the news for its course."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from domain.durations import in_words
from domain.escalation.heard import Marks, has_heard, having_heard
from domain.escalation.ladder import EscalationProgress, NextStep
from domain.escalation.messages import (
    ASKS_FOR_THE_PATIENT,
    Acknowledge,
    Change,
    EscalationState,
    EscalationView,
    Kind,
    Notice,
    Opening,
    Order,
    Page,
    Reassign,
    Repeat,
    Resolve,
    Settlement,
    Snooze,
)
from domain.oncall.file import OnCallSnapshot
from domain.oncall.policy import Policy
from domain.oncall.rota import next_opening
from domain.refusal import FieldError, Refusal, RefusalCode, Refused, invalid
from domain.values import Blocker, Frozen, Moment, PersonId, Role

AGAIN_AFTER: Final = timedelta(seconds=30)
"""An attempt that reached nobody is repeated this long after it began."""

FALLBACK_STEP: Final = 0
"""The step of a page that went to the fallback channels."""

FIRST_PAGES = 100
LAST_PAGES = 900
"""How many of its first and last pages an escalation keeps if nobody answers for days."""

LINKS = 1000
"""How many used links are remembered: more than are valid at a time."""

SETTLED_BY_ITSELF = ASKS_FOR_THE_PATIENT | {Kind.VITALS_OVERDUE, Kind.ITEM9_POSITIVE, Kind.ORCHESTRATOR_SILENT}
"""The kinds that are resolved without a human: what was missing has arrived, or, after a death, is asked no more.

Every other kind waits for a human, whatever a course says.
"""

REQUESTS: Final = 1000
"""How many requests are remembered whose orders it took: more than people send while one alarm lasts."""

LINK_USED = "This link has answered once already: use the link of the newest page, or sign in"


class Attempt(Frozen):
    """One attempt at paging a step: when it began, and its number since the step was reached, from 1.

    `to` is the only person paged, after a reassignment; None if the step's people are paged.
    """

    step: int
    to: PersonId | None = None
    at: Moment
    number: int = 1


class Escalation(Frozen):
    """An escalation as its workflow holds it: the public view, its progress on the ladder, and unsent notices.

    `resolvers` are the roles that may resolve it; empty for anybody.
    `unheard` is the newest attempt if it reached nobody, not even the fallback: it is repeated until an attempt reaches
    somebody, or the ladder moves, or it is passed on, last at `passed_on_at`. `taken` are the requests whose orders it
    took, `heard` the marks of what its course asked of it. `newest` is what it told its course last.

    Every method returns the escalation as it is afterwards. A person's order may raise `Refused`: `not_open` once
    resolved, `invalid` if it names somebody who is not in the on-call file, or too long a snooze.
    """

    view: EscalationView
    resolvers: tuple[Role, ...] = ()
    progress: EscalationProgress
    notices: tuple[Notice, ...] = ()
    used_links: tuple[str, ...] = ()
    unheard: Attempt | None = None
    passed_on_at: Moment | None = None
    taken: tuple[str, ...] = ()
    heard: Marks = ()
    newest: Notice | None = None

    @property
    def is_resolved(self) -> bool:
        """Whether the escalation is resolved."""
        return self.view.state is EscalationState.RESOLVED

    def check_new(self, order: Order) -> None:
        """Raises `Refused` (`event_id_reused`) for an order whose request has been taken before.

        Each request is one order. Whoever reaches Temporal can send again what lies there, encrypted though it is: and
        an acknowledgement as a resolution, for the two have the same fields.
        """
        if order.sent_by is not None and order.sent_by.request_id in self.taken:
            told = "This order was carried out already: a new one must be a request of its own"
            raise Refused.because(RefusalCode.EVENT_ID_REUSED, told)

    def took(self, order: Order) -> "Escalation":
        """Remembers the order's request, of which it takes no other."""
        if order.sent_by is None or order.sent_by.request_id in self.taken:
            return self
        return self.but(taken=(*self.taken, order.sent_by.request_id)[-REQUESTS:])

    def has_heard(self, news: Repeat | Settlement) -> bool:
        """Whether its course's very message was heard before."""
        return has_heard(self.heard, news)

    def having_heard(self, news: Repeat | Settlement) -> "Escalation":
        """Remembers the message, which it hears once."""
        return self.but(heard=having_heard(self.heard, news))

    def act(self, order: Order, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """Carries out a person's order; the news of it names who sent it."""
        moved = self._obeyed(order, snapshot, now)
        told = len(self.notices)
        news = tuple(notice.but(sent_by=order.sent_by) for notice in moved.notices[told:])
        return moved.but(notices=(*moved.notices[:told], *news), newest=news[-1] if news else moved.newest)

    def _obeyed(self, order: Order, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        match order:
            case Acknowledge():
                return self.acknowledge(order, snapshot, now)
            case Resolve():
                return self.resolve(order, snapshot, now)
            case Snooze():
                return self.snooze(order, snapshot, now)
            case Reassign():
                return self.reassign(order, snapshot, now)

    def acknowledge(self, order: Acknowledge, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """`by` acknowledges it. The same person again changes nothing; another person takes it over.

        A link answers once, whatever the answer was: after that only another page's does.
        """
        self.check_open()
        _check_person(order.by, "/by", snapshot)
        if self.view.state is EscalationState.ACKNOWLEDGED and self.view.acknowledged_by == order.by:
            return self.but(used_links=self._used_with(order.link))
        self._check_link(order.link)
        promised = self._moved(
            self.progress.acknowledged(snapshot.policy, now),
            acknowledged_by=order.by,
            acknowledged_at=now,
            first_acknowledged_at=self.view.first_acknowledged_at or now,
            note=order.note or self.view.note,
            news=self._news(Change.ACKNOWLEDGED, now, order.by, order.note),
        )
        return promised.but(used_links=self._used_with(order.link))

    def resolve(self, order: Resolve, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """`by` resolves it. Raises `Refused` (`blocked`) for a role that may not resolve a question of safety."""
        self.check_open()
        _check_person(order.by, "/by", snapshot)
        _check_role(order.by, self.resolvers, snapshot)
        return self._resolved(now, order.by, order.note)

    def snooze(self, order: Snooze, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """Stops paging for a while; all snoozes together end within `max_snooze` of the first."""
        self.check_open()
        _check_person(order.by, "/by", snapshot)
        until, latest = now + order.for_, self.progress.may_be_quiet_until(snapshot.policy, now)
        if until > latest:
            may = f"at most {in_words(latest - now)} more" if latest > now else "not at all"
            detail = f"This {self.view.severity} escalation may be snoozed {may}"
            raise invalid(FieldError(pointer="/for", detail=detail))
        return self._moved(self.progress.snoozed(now, until), note=order.note)

    def reassign(self, order: Reassign, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """Passes it to `to`, somebody else; an earlier acknowledgement no longer counts, and no wait starts again."""
        self.check_open()
        _check_person(order.by, "/by", snapshot)
        _check_person(order.to, "/to", snapshot)
        if order.to == order.by:
            raise invalid(FieldError(pointer="/to", detail="must be somebody else: nobody passes it on to themselves"))
        self._check_link(order.link)
        passed_on = self._passed_on(self.progress.reassigned(snapshot.policy, now), order, now)
        return passed_on.but(unheard=None, passed_on_at=now, used_links=self._used_with(order.link))

    def reassign_as_of_old(self, order: Reassign, snapshot: OnCallSnapshot, now: datetime) -> "Escalation":
        """The same as it once was, for histories of that time alone: the wait started again, and anybody was let in."""
        self.check_open()
        _check_person(order.by, "/by", snapshot)
        _check_person(order.to, "/to", snapshot)
        return self._passed_on(self.progress.reassigned_to_wait_anew(snapshot.policy, now), order, now)

    def repeat(self, news: Repeat, now: datetime) -> "Escalation":
        """The cause happened again, perhaps worse. An earlier acknowledgement or resolution no longer counts."""
        progress = self.progress.repeated(news.severity, now)
        return (
            self if progress == self.progress else self._opened_again(progress, now, resolved_by=None, resolved_at=None)
        )

    def settle(self, news: Settlement, now: datetime) -> "Escalation":
        """Resolves it without a human, for the reason in `news`. Only for the kinds of `SETTLED_BY_ITSELF`."""
        if self.is_resolved or self.view.kind not in SETTLED_BY_ITSELF:
            return self
        return self._resolved(now, None, news.reason)

    def lapse(self, now: datetime) -> "Escalation":
        """Opens it again if it was acknowledged but not resolved in time."""
        progress = self.progress.lapsed(now)
        return self if progress == self.progress else self._opened_again(progress, now)

    def advanced(self, policy: Policy, next_step: NextStep, now: datetime) -> "Escalation":
        """Moves to the step, whose people are being paged."""
        return self._moved(self.progress.advanced(policy, next_step, now))

    def paged(self, pages: Iterable[Page]) -> "Escalation":
        """Records pages that were sent or attempted."""
        every = (*self.view.pages, *pages)
        kept = every if len(every) <= FIRST_PAGES + LAST_PAGES else (*every[:FIRST_PAGES], *every[-LAST_PAGES:])
        return self._moved(self.progress, pages=kept)

    def nobody_reached(self, attempt: Attempt, progress: EscalationProgress) -> "Escalation":
        """Records that the attempt reached nobody, unless the ladder moved or it was passed on since it began."""
        is_newest = progress == self.progress and (self.passed_on_at is None or attempt.at >= self.passed_on_at)
        return self.but(unheard=attempt) if is_newest and progress.is_open else self

    def wakes_at(self, policy: Policy) -> datetime | None:
        """When a step, a lapse or the repeat of a failed attempt is next due. None once resolved."""
        moments = (self.progress.wakes_at(policy), self._again_at(policy))
        return min((at for at in moments if at is not None), default=None)

    def is_to_be_tried_again(self, policy: Policy, now: datetime) -> bool:
        """Whether the newest attempt reached nobody and its repeat is due."""
        again_at = self._again_at(policy)
        return again_at is not None and again_at <= now

    def tried_again(self) -> "Escalation":
        """Marks the failed attempt as being repeated. Only the pages of a step's first and newest attempts are kept."""
        assert self.unheard is not None
        return self._moved(self.progress, pages=self._pages_but(self.unheard)).but(unheard=None)

    def reported_back(self, now: datetime) -> "Escalation":
        """Queues its newest news for the course once more, which may have forgotten it; none if nothing has changed.

        The very same: a course that has not forgotten it hears nothing new.
        """
        view = self.view
        if self.newest is not None:
            return self.but(notices=(*self.notices, self.newest))
        # What an earlier release told, and did not keep.
        if view.state is EscalationState.ACKNOWLEDGED and view.acknowledged_at is not None:
            news = self._news(Change.ACKNOWLEDGED, view.acknowledged_at, view.acknowledged_by, view.note)
        elif view.state is EscalationState.RESOLVED and view.resolved_at is not None:
            news = self._news(Change.RESOLVED, view.resolved_at, view.resolved_by, view.note)
        elif view.first_acknowledged_at is not None:
            news = self._news(Change.REOPENED, now, None, None)
        else:
            return self
        return self.but(notices=(*self.notices, news), newest=news)

    def told(self) -> "Escalation":
        """Drops the first notice: the course has received it, or no longer exists."""
        return self.but(notices=self.notices[1:])

    def check_open(self) -> None:
        """Checks that it is not resolved. Raises `Refused` (`not_open`) if it is."""
        if self.is_resolved:
            who = f"by {self.view.resolved_by}" if self.view.resolved_by else "by itself"
            raise Refused(Refusal(code=RefusalCode.NOT_OPEN, message=f"This escalation is already resolved, {who}"))

    def _resolved(self, now: datetime, by: PersonId | None, note: str) -> "Escalation":
        news = self._news(Change.RESOLVED, now, by, note)
        return self._moved(self.progress.resolved(), resolved_by=by, resolved_at=now, note=note, news=news)

    def _passed_on(self, progress: EscalationProgress, order: Reassign, now: datetime) -> "Escalation":
        return self._opened_again(progress, now, order.by, order.note, note=order.note or self.view.note)

    def _check_link(self, link: str | None) -> None:
        if link in self.used_links:
            raise Refused.because(RefusalCode.LINK_USED, LINK_USED)

    def _used_with(self, link: str | None) -> tuple[str, ...]:
        """The links that answer nothing more, this one among them, if there is one."""
        if link is None or link in self.used_links:
            return self.used_links
        return (*self.used_links, link)[-LINKS:]

    def _opened_again(
        self,
        progress: EscalationProgress,
        now: datetime,
        by: PersonId | None = None,
        why: str | None = None,
        **changes: object,
    ) -> "Escalation":
        news = None if self.progress.is_open else self._news(Change.REOPENED, now, by, why)
        return self._moved(progress, acknowledged_by=None, acknowledged_at=None, news=news, **changes)

    def _moved(self, progress: EscalationProgress, *, news: Notice | None = None, **changes: object) -> "Escalation":
        view = self.view.but(
            severity=progress.severity,
            state=progress.state,
            step=progress.step,
            snoozed_until=progress.quiet.until if progress.quiet else None,
            moves_at=progress.moves_at,
            revision=self.view.revision + 1,
            **changes,
        )
        return self.but(
            progress=progress,
            view=view,
            notices=(*self.notices, news) if news else self.notices,
            newest=news or self.newest,
            unheard=self.unheard if progress == self.progress else None,
        )

    def _again_at(self, policy: Policy) -> datetime | None:
        return next_opening(policy.hours, self.unheard.at + AGAIN_AFTER) if self.unheard else None

    def _pages_but(self, attempt: Attempt) -> tuple[Page, ...]:
        if attempt.number == 1:
            return self.view.pages
        steps = {attempt.step, FALLBACK_STEP}
        return tuple(page for page in self.view.pages if page.at < attempt.at or page.step not in steps)

    def _news(self, change: Change, now: datetime, by: PersonId | None, note: str | None) -> Notice:
        return Notice(id=self.view.id, change=change, at=now, by=by, note=note)


class EscalationRun(Opening):
    """The input of an escalation's workflow: an `Opening`, and after a continue-as-new the escalation so far."""

    carried: Escalation | None = None

    @property
    def opening(self) -> Opening:
        """The opening as the course sent it."""
        return Opening.model_validate(self.model_dump(exclude={"carried"}))


def opened(opening: Opening, now: datetime) -> Escalation:
    """A new escalation. Its first step is due at once, or when the policy's hours begin."""
    progress = EscalationProgress(severity=opening.severity, due_at=now)
    told = {name: value for name, value in dict(opening).items() if name != "resolvers"}
    view = EscalationView(**told, state=progress.state, step=progress.step, moves_at=progress.moves_at, revision=1)
    return Escalation(view=view, resolvers=opening.resolvers, progress=progress)


def _check_person(person: PersonId, pointer: str, snapshot: OnCallSnapshot) -> None:
    if person not in snapshot.people:
        raise invalid(FieldError(pointer=pointer, detail=f"{person} is not a person of the on-call file"))


def _check_role(person: PersonId, resolvers: tuple[Role, ...], snapshot: OnCallSnapshot) -> None:
    """Checks that the person's role in the on-call file is one that may resolve it. Acknowledging is open to all."""
    role = snapshot.roles.get(person)
    if not resolvers or role in resolvers:
        return
    who = " or ".join(resolvers)
    blocker = Blocker(
        code="actor.role_not_allowed",
        message=f"This is a question of safety: a {who} must resolve it, and {person} is {role or 'of no known role'}",
        absolute=True,
        observed=role,
        limit=", ".join(resolvers),
    )
    raise Refused(Refusal(code=RefusalCode.BLOCKED, message=blocker.message, blockers=(blocker,)))
