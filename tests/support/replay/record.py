"""Records golden histories: what the workflows of this release did, for every later release to replay.

`make golden` plays three patients' stories on a real server and writes each run's history into `histories/<version>/`.
A release adds a folder; it never changes one, so one that is there is written anew only with `AGAIN=1`, before the
release is made.
"""

import asyncio
import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from temporalio.client import Client

from domain.course.deadlines import DeadlineKind
from domain.escalation.ids import escalation_id, escalation_workflow_id
from domain.escalation.messages import Acknowledge, Kind, Reassign, Resolve
from gateway.temporal import leave
from tests.support.cast import (
    HAS_A_PLAN,
    LIND,
    OSEI,
    THORNE,
    abortion,
    assessment,
    check_in,
    clearance,
    cssrs,
    discharge,
    dose,
    form,
    hold,
    integration,
    migration,
    missed,
    over,
    rebooking,
    resumption,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.clinic import Clinic, Patient, open_clinic
from tests.support.paths import HISTORIES
from tests.support.replay import wire
from tests.workflows.conftest import running_temporal

SMALL_RUNS = {"limit.historyCount.suggestContinueAsNew": "150"}
"""So that the story holds a continue-as-new."""


async def play(clinic: Clinic) -> tuple[str, ...]:
    """A missed reading, an emergency, a hold, a discharge, a withdrawal; the ids of the workflows it took."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))
    await mara.until(DeadlineKind.CHECKPOINT)
    await mara.is_called(LIND)
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))
    await clinic.is_resolved(escalation_id(mara.course, Kind.VITALS_OVERDUE, 1, 1))
    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=88))
    await mara.is_called(OSEI)
    emergency = escalation_id(mara.course, Kind.VITALS_EMERGENCY, 1, 1)
    await clinic.escalations.act(emergency, Acknowledge(by="osei"))
    await clinic.escalations.act(emergency, Resolve(by="osei", note="Saturation 97 % again"))
    await clinic.is_resolved(emergency)
    await _goes_home(mara)
    await mara.sends(hold(mara.course, at=await mara.now()))
    await mara.sends(resumption(mara.course, at=await mara.now(), by=OSEI))
    await mara.sends(integration(mara.course, 1, at=await mara.now(), by=THORNE))
    await mara.sends(withdrawal(mara.course, at=await mara.now()))
    await mara.ledger()
    return (
        mara.handle.id,
        escalation_workflow_id(emergency),
        escalation_workflow_id(escalation_id(mara.course, Kind.VITALS_OVERDUE, 1, 1)),
    )


async def play_with_detours(clinic: Clinic) -> tuple[str, ...]:
    """Who did not come, came the next day with a blocker weighed, was held with a high screen, and was migrated."""
    nora = await clinic.has(lambda ward: ward.booked(), "NORA")
    await nora.sends(missed(nora.course, 1, at=await nora.now()))
    no_show = escalation_id(nora.course, Kind.SESSION_MISSED, 1, 1)
    await nora.sends(rebooking(nora.course, 1, at=await nora.now(), starts_at=await nora.now() + timedelta(hours=1)))
    await nora.sends(cssrs(nora.course, at=await nora.now()))
    await nora.sends(check_in(nora.course, 1, at=await nora.now()))
    await nora.sends(vitals(nora.course, 1, at=await nora.now(), systolic=146))
    weighed = over("vitals.systolic_above_limit")
    await nora.sends(clearance(nora.course, 1, at=await nora.now(), overrides=weighed))
    await nora.sends(abortion(nora.course, 1, at=await nora.now()))
    await nora.sends(cssrs(nora.course, at=await nora.now(), items=HAS_A_PLAN))
    at_risk = escalation_id(nora.course, Kind.SUICIDE_RISK, None, 1)
    await nora.is_called(OSEI)
    await clinic.escalations.act(at_risk, Reassign(by="osei", to="lind"))
    await clinic.escalations.act(at_risk, Acknowledge(by="lind"))
    await clinic.escalations.act(at_risk, Resolve(by="osei", note="Seen; safety plan made"))
    await clinic.is_resolved(at_risk)
    await nora.sends(resumption(nora.course, at=await nora.now(), by=OSEI))
    clinic.follows(weekly({"version": "1.1.0"}))
    await nora.sends(migration(nora.course, at=await nora.now(), to_version="1.1.0"))
    await nora.ledger()
    await clinic.escalations.act(no_show, Resolve(by="desk", note="Booked anew"))
    return nora.handle.id, escalation_workflow_id(at_risk), escalation_workflow_id(no_show)


async def play_with_a_slip(clinic: Clinic) -> tuple[str, ...]:
    """Who was dosed before any session was booked: a deviation that wakes a prescriber, and readings from then on."""
    olga = await clinic.has(lambda ward: ward.prepared(), "OLGA")
    await olga.sends(dose(olga.course, None, at=await olga.now()))
    deviation = escalation_id(olga.course, Kind.PROTOCOL_DEVIATION, 1, 1)
    await olga.is_called(OSEI)
    await clinic.escalations.act(deviation, Resolve(by="osei", note="Watched from now on"))
    await clinic.is_resolved(deviation)
    await olga.sends(vitals(olga.course, 1, at=await olga.now()))
    await olga.sends(form(olga.course, 1, at=await olga.now(), form="of_another_clinic"))
    await olga.ledger()
    return olga.handle.id, escalation_workflow_id(deviation)


async def _goes_home(patient: Patient) -> None:
    for _ in range(12):
        await patient.passes(timedelta(minutes=10))
        await patient.sends(vitals(patient.course, 1, at=await patient.now()))
    await patient.sends(assessment(patient.course, 1, at=await patient.now()))
    await patient.sends(discharge(patient.course, 1, at=await patient.now()))


async def write(client: Client, workflow: str, folder: Path) -> None:
    """The history of each run of the workflow as a file, the first run first."""
    named = workflow.split("/")[2] if workflow.startswith("escalation/") else "course"
    patient = workflow.split("/")[1].partition("-")[0].lower()
    named = f"{named}-of-{patient}" if patient != "mara" else named
    run_id: str | None = (await client.get_workflow_handle(workflow).describe()).run_id
    runs = []
    while run_id:
        history = await client.get_workflow_handle(workflow, run_id=run_id).fetch_history()
        runs.append(history)
        started = history.events[0].workflow_execution_started_event_attributes
        run_id = started.continued_execution_run_id or None
    for number, history in enumerate(reversed(runs), start=1):
        (folder / f"{named}-{number}.json").write_text(history.to_json() + "\n", encoding="utf-8")


async def record(release: str, *, again: bool = False) -> None:
    """Pins the wire names, plays the story and keeps what it left.

    A folder that is there is not changed, unless this release has not been made yet and is recorded `again`.
    """
    wire.PINNED.write_text("\n".join(wire.names()) + "\n", encoding="utf-8")
    folder = HISTORIES / release
    if folder.exists() and not again:
        raise SystemExit(
            f"The wire names are pinned; {folder} is there already. Until {release} is released: make golden AGAIN=1"
        )
    folder.mkdir(parents=True, exist_ok=True)
    async with running_temporal(**SMALL_RUNS) as temporal, open_clinic(temporal) as clinic:
        played = (*await play(clinic), *await play_with_detours(clinic), *await play_with_a_slip(clinic))
        for old in folder.glob("*.json"):
            old.unlink()
        for workflow in played:
            await write(temporal.client, workflow, folder)


if __name__ == "__main__":
    asyncio.run(record(version("kapstan"), again=sys.argv[1:] == ["--again"]))
    leave(0)
