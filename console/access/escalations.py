"""Reads one escalation for a caller, or acts on it, after checking that they may."""

from datetime import UTC, datetime
from typing import Final

from console.access.sender import by_a_link, sender_of
from console.errors.problems import ProblemCode, problem_error
from console.request_id import request_id
from console.security.audit_log import AuditLog
from console.security.site_scope import SiteScope
from domain.access import Caller, Right, SentBy
from domain.escalation.ids import EscalationId
from domain.escalation.messages import ACTS, Acknowledge, EscalationState, EscalationView, Order, Resolve
from domain.escalation.paged import whom_it_pages
from domain.escalation.watchdog_alarm import has_no_ledger
from domain.events.clinic_events import NoteAdded
from domain.refusal import RefusalCode, Refused
from domain.values import PersonId
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.oncall import OnCallBook
from records.store import RecordStore

WRITTEN_BY_THE_COURSE: Final = (Acknowledge, Resolve)
"""The orders that a course writes to its ledger."""

ACTING: Final = (Right.ACT_ON_ESCALATIONS, Right.ACT_ON_ITS_PAGES)
"""The rights of which one lets a caller act on an escalation: on any, or on what pages its people."""


class EscalationAccess:
    """Reads escalations for callers who may see them, and carries out their acts."""

    def __init__(
        self,
        escalations: Escalations,
        courses: Courses,
        store: RecordStore,
        sites: SiteScope,
        on_call: OnCallBook,
        audit: AuditLog,
    ) -> None:
        self._escalations = escalations
        self._courses = courses
        self._store = store
        self._sites = sites
        self._on_call = on_call
        self._audit = audit

    async def view(self, caller: Caller, escalation_id: EscalationId) -> EscalationView:
        """The escalation, if the caller may see its course; read from the record store if its workflow is long gone.

        Raises `ProblemError` (`forbidden`), and `Refused` (`unknown_escalation`) or `Unavailable`.
        """
        try:
            view = await self._escalations.view(escalation_id)
        except Refused as refused:
            recorded = await self._store.escalation(escalation_id)
            if refused.refusal.code is not RefusalCode.UNKNOWN_ESCALATION or recorded is None:
                raise
            view = recorded
        await self._sites.check(caller, view.course_id)
        return view

    async def act(self, caller: Caller, escalation_id: EscalationId, order: Order) -> EscalationView:
        """Acts on the escalation. One whose workflow is long gone is refused as resolved.

        Raises as `view` does, also for an order by somebody for whom the caller may not speak, and `Refused`
        (`not_open`, `invalid`).
        """
        self._check_actor(caller, order.by, await self._open(caller, escalation_id))
        try:
            return await self._carry_out(escalation_id, order, sender_of(caller))
        except Refused as refused:
            if refused.refusal.code is RefusalCode.UNKNOWN_ESCALATION:
                # It may have been resolved meanwhile. Only what the record shows as resolved is refused as that.
                await self._open(caller, escalation_id)
            raise

    async def add_note(self, caller: Caller, event: NoteAdded) -> None:
        """Adds a person's note to an escalation, resolved or not, in its course's ledger; once for each event id.

        Raises as `view` does, also for a note by somebody for whom the caller may not speak, and `Refused`.
        """
        self._check_actor(caller, event.data.actor.id, await self.view(caller, event.data.escalation))
        await self._courses.report(event, request_id=request_id(), sent_by=sender_of(caller))

    async def act_by_link(self, escalation_id: EscalationId, order: Order) -> EscalationView:
        """Acts for the person whom the link of a page was sent to. Raises as `Escalations.act` does."""
        return await self._carry_out(escalation_id, order, by_a_link(order.by))

    async def _carry_out(self, escalation_id: EscalationId, order: Order, sent_by: SentBy) -> EscalationView:
        view = await self._escalations.act(escalation_id, order.but(sent_by=sent_by))
        if has_no_ledger(escalation_id) or not isinstance(order, WRITTEN_BY_THE_COURSE):
            self._audit.note_act(ACTS[type(order)], f"{escalation_id}, by {order.by}", sent_by)
        return view

    def actors(self, caller: Caller, view: EscalationView) -> tuple[PersonId, ...]:
        """Those for whom the caller may act on this escalation: whom they are bound to, or of the on-call file."""
        if not caller.has(*ACTING):
            return ()
        people, paged = self._on_call.now().people, self._paged(caller, view)
        every = people if caller.person is None else (caller.person,)
        roles = {one: people[one].role if one in people else None for one in every}
        return tuple(one for one, role in roles.items() if caller.why_not_act(one, role, paged) is None)

    def _check_actor(self, caller: Caller, by: PersonId, view: EscalationView) -> None:
        known = self._on_call.now().people.get(by)
        why = caller.why_not_act(by, known.role if known else None, self._paged(caller, view))
        if why is not None:
            raise problem_error(ProblemCode.FORBIDDEN, why)

    def _paged(self, caller: Caller, view: EscalationView) -> frozenset[PersonId]:
        """Whom it pages, for a caller who acts on nothing else."""
        if caller.has(Right.ACT_ON_ESCALATIONS):
            return frozenset()
        return whom_it_pages(view, self._on_call.now(), datetime.now(UTC))

    async def _open(self, caller: Caller, escalation_id: EscalationId) -> EscalationView:
        view = await self.view(caller, escalation_id)
        if view.state is EscalationState.RESOLVED:
            raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation_id} is resolved")
        return view
