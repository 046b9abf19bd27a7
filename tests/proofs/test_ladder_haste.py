"""The worse it is, the sooner and the louder: whatever a clinic writes into its on-call file."""

import json
from datetime import UTC, datetime, timedelta
from itertools import accumulate, combinations

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from domain.escalation.ladder import EscalationProgress, NextStep
from domain.oncall.file import OnCall, OnCallFileError, parse_on_call
from domain.values import Severity
from tests.support.ladders import forecast

OPENED = datetime(2026, 3, 2, 18, tzinfo=UTC)
HORIZON = timedelta(hours=2)
TARGETS = ["rota:nurse", "rota:doctor", "person:lind", "person:osei", "person:ward", "role:prescriber"]
PEOPLE = {"lind": "monitor", "osei": "prescriber", "ward": "prescriber"}

steps = st.lists(
    st.tuples(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True), st.integers(1, 40)),
    min_size=1,
    max_size=3,
)


@st.composite
def on_call_files(draw: st.DrawFn) -> str:
    """A file of any policies, half of them grown from the severity above so that some are fit to be used."""
    ladders = {Severity.EMERGENCY: draw(steps)}
    for severity in (Severity.URGENT, Severity.ROUTINE):
        above = list(ladders.values())[-1]
        slower = [
            (draw(st.sampled_from([notify, notify[:1]])), wait + draw(st.integers(-1, 9))) for notify, wait in above
        ]
        ladders[severity] = draw(st.one_of(steps, st.just(slower)))
    within, snooze = (sorted(draw(st.lists(st.integers(0, 90), min_size=3, max_size=3))) for _ in range(2))
    parts = ["schema = 1", *map(_person, PEOPLE), *(_rota(draw, rota) for rota in ("nurse", "doctor"))]
    for rank, (severity, ladder) in enumerate(ladders.items()):
        listed = ", ".join(
            f'{{ notify = {json.dumps(notify)}, wait = "PT{max(wait, 1)}M" }}' for notify, wait in ladder
        )
        parts.append(
            f'[policies.{severity}]\nsteps = [{listed}]\nresolve_within = "PT{within[rank] + 91}M"\n'
            f'max_snooze = "PT{snooze[rank]}M"'
        )
    return "\n".join([*parts, '[fallback]\nchannels = ["json://127.0.0.1"]'])


def _person(name: str) -> str:
    return f'[people.{name}]\nname = "{name}"\nrole = "{PEOPLE[name]}"\nchannels = ["json://127.0.0.1"]'


def _rota(draw: st.DrawFn, name: str) -> str:
    members = draw(st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=3))
    return (
        f'[rotas.{name}]\ntimezone = "Europe/Oslo"\nmembers = {json.dumps(members)}\nperiod = "PT1H"\n'
        'handoff = "2026-03-02T08:00:00"'
    )


def usable(text: str) -> OnCall:
    """The file, where it is one that Kapstan takes."""
    try:
        on_call = parse_on_call(text, "oncall.toml")
    except OnCallFileError:
        event("refused")
        assume(False)
        raise
    event("taken")
    return on_call


def ladder(on_call: OnCall, severity: Severity) -> tuple[NextStep, ...]:
    return forecast(
        on_call.policies[severity], EscalationProgress(severity=severity, due_at=OPENED), OPENED, OPENED + HORIZON
    )


def loudness(on_call: OnCall, severity: Severity, next_steps: tuple[NextStep, ...], at: datetime) -> list[int]:
    """For each page, the most people that it or one before it calls at once, by who is on duty at a moment."""
    calls = [len(on_call.resolve(step.notify, at)) for step in on_call.policies[severity].steps]
    return list(accumulate((calls[next_step.step - 1] for next_step in next_steps), max))


@settings(max_examples=150)
@given(text=on_call_files(), minutes=st.integers(0, 600))
def test_a_lower_severity_is_never_sooner_or_louder_than_a_higher_one(text: str, minutes: int) -> None:
    """Page by page it goes out no sooner, and by each page it has called no more people at once, whoever is on duty."""
    on_call = usable(text)
    at = OPENED + timedelta(minutes=minutes)

    for lower, higher in combinations(Severity, 2):
        low, high = ladder(on_call, lower), ladder(on_call, higher)
        assert len(low) <= len(high)
        assert all(low_page.at >= high_page.at for low_page, high_page in zip(low, high, strict=False))
        louder = zip(loudness(on_call, lower, low, at), loudness(on_call, higher, high, at), strict=False)
        assert all(low_calls <= high_calls for low_calls, high_calls in louder)


@settings(max_examples=50)
@given(text=on_call_files(), minutes=st.integers(0, 119))
def test_a_lower_promise_never_lapses_sooner_and_a_lower_snooze_never_ends_sooner(text: str, minutes: int) -> None:
    """Answered at the same moment, the milder escalation is left alone at least as long as the graver one."""
    on_call = usable(text)
    now = OPENED + timedelta(minutes=minutes)

    for lower, higher in combinations(Severity, 2):
        low, high = on_call.policies[lower], on_call.policies[higher]
        promised = [
            EscalationProgress(severity=severity, due_at=OPENED).acknowledged(policy, now)
            for severity, policy in ((lower, low), (higher, high))
        ]
        assert promised[0].due_at >= promised[1].due_at
        assert promised[0].may_be_quiet_until(low, now) >= promised[1].may_be_quiet_until(high, now)


@settings(max_examples=50)
@given(text=on_call_files(), minutes=st.integers(0, 119))
def test_getting_worse_never_delays_a_page(text: str, minutes: int) -> None:
    """Wherever a ladder stands, with a promise or without, a raise pages no later than the milder one would have."""
    on_call = usable(text)
    now = OPENED + timedelta(minutes=minutes)

    for lower, higher in combinations(Severity, 2):
        low, high = on_call.policies[lower], on_call.policies[higher]
        progress = EscalationProgress(severity=lower, due_at=OPENED)
        for next_step in ladder(on_call, lower):
            if next_step.at <= now:
                progress = progress.advanced(low, next_step, next_step.at)
        for before in (progress, progress.acknowledged(low, now)):
            without, raised = before.upcoming(low), before.repeated(higher, now).upcoming(high)
            assert without
            assert raised == NextStep(step=1, at=now)
            assert raised.at <= max(without.at, now)
