"""Acts on watchdog alarms through the record store: no workflow holds them, so they work while Temporal is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationView, Order
from domain.oncall.file import OnCall
from domain.refusal import RefusalCode, Refused
from gateway.workflow_calls import Unavailable
from records.errors import RecordStoreError, RecordStoreUnreachable
from records.watchdog import WatchdogStore


class WatchdogAlarms:
    """Acts on and queries watchdog alarms. `on_call` gives the on-call file as it is at that moment."""

    def __init__(self, store: WatchdogStore, on_call: Callable[[], OnCall]) -> None:
        self._store = store
        self._on_call = on_call

    async def act(self, escalation: EscalationId, order: Order) -> EscalationView:
        """Carries out a person's order. Raises `Refused` (`not_open`, `link_used`, `invalid`, `unknown_escalation`).

        Raises `Unavailable` if the record store does not answer.
        """
        on_call, now = self._on_call(), datetime.now(UTC)
        with _in_our_words():
            moved = await self._store.move(escalation, lambda alarm: alarm.obeyed(order, on_call, now))
        if moved is None:
            raise _unknown(escalation)
        return moved.escalation.view

    async def view(self, escalation: EscalationId) -> EscalationView:
        """The alarm as it stands. Raises `Refused` (`unknown_escalation`) or `Unavailable`."""
        with _in_our_words():
            alarm = await self._store.incident(escalation)
        if alarm is None:
            raise _unknown(escalation)
        return alarm.escalation.view


def _unknown(escalation: EscalationId) -> Refused:
    return Refused.because(RefusalCode.UNKNOWN_ESCALATION, f"There is no escalation {escalation}")


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except RecordStoreUnreachable:
        raise Unavailable("The record store does not answer") from None
    except RecordStoreError as away:
        raise Unavailable(str(away)) from None
