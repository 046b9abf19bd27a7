"""One dose of a medicine session: an injection, or an infusion from its start to its stop."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.course.recorded import Recorded
from domain.events.clinic_events import (
    DoseAdministered,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
)
from domain.protocol.values import Route


class DoseGiven(Recorded[DoseAdministered.Data | InfusionStarted.Data | InfusionStopped.Data]):
    """What was given once. An infusion of which nobody reported the start is known by its stop alone.

    `at` is when it was given, of an infusion its start; `stopped`, `pauses` and `resumptions` are an infusion's.
    """

    stopped: Recorded[InfusionStopped.Data] | None = None
    pauses: tuple[Recorded[InfusionPaused.Data], ...] = ()
    resumptions: tuple[Recorded[InfusionResumed.Data], ...] = ()

    @property
    def mg(self) -> float:
        """The amount in mg: of an infusion what was given once it has stopped, and before that what it is to give."""
        if self.stopped is not None:
            return self.stopped.data.mg_given
        return self.data.mg_given if isinstance(self.data, InfusionStopped.Data) else self.data.mg

    @property
    def route(self) -> str:
        """How it entered the body; an infusion is intravenous."""
        return self.data.route if isinstance(self.data, DoseAdministered.Data) else Route.INTRAVENOUS.value

    @property
    def is_infusion(self) -> bool:
        """Whether it was infused."""
        return not isinstance(self.data, DoseAdministered.Data)

    @property
    def is_running(self) -> bool:
        """Whether it is an infusion that nobody has said to have stopped."""
        return isinstance(self.data, InfusionStarted.Data) and self.stopped is None

    @property
    def is_paused(self) -> bool:
        """Whether it is a running infusion that is interrupted."""
        return self.is_running and any(until is None for _, until in self._interruptions())

    @property
    def ended_at(self) -> datetime:
        """When all of it had been given, as far as is known: of a running infusion its start."""
        return max(self.at, self.stopped.at) if self.stopped is not None else self.at

    def meant_to_run(self, usual: timedelta, most: timedelta | None = None) -> timedelta:
        """How long an infusion is to run: `over`, or the `usual` length; not longer than `most`."""
        over = self.data.over if isinstance(self.data, InfusionStarted.Data) else None
        return min(over or usual, most or timedelta.max)

    def ends_at(self, usual: timedelta, most: timedelta | None = None) -> datetime:
        """When a running infusion should have ended: after its length and its finished pauses."""
        paused = (until - since for since, until in self._interruptions() if until is not None)
        return self.at + self.meant_to_run(usual, most) + sum(paused, timedelta())

    def ran_until(self, moment: datetime) -> timedelta:
        """How long an infusion that stopped at that moment had run, its pauses apart."""
        paused = (max(min(until or moment, moment) - since, timedelta()) for since, until in self._interruptions())
        return max(moment - self.at - sum(paused, timedelta()), timedelta())

    @property
    def facts(self) -> Iterator[Recorded[Any]]:
        """Every fact that was reported of it, itself first."""
        yield self
        yield from self.pauses
        yield from self.resumptions
        if self.stopped is not None:
            yield self.stopped

    def _interruptions(self) -> Iterator[tuple[datetime, datetime | None]]:
        """From when to when it was paused; the last one may go on. What does not fit is left out."""
        paused_at: datetime | None = None
        told = sorted([*((one.at, True) for one in self.pauses), *((one.at, False) for one in self.resumptions)])
        for at, is_pause in told:
            if is_pause and paused_at is None:
                paused_at = at
            elif not is_pause and paused_at is not None:
                yield paused_at, at
                paused_at = None
        if paused_at is not None:
            yield paused_at, None
