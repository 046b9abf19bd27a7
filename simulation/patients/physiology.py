"""How a simulated patient responds to a dose: pressure and pulse rise, peak and settle; alertness dips and returns.

The shape follows CLINICAL.md 3.1: intravenous ketamine raised the pressure by +16/+11 mmHg on average with its peak at
40 minutes, and severely in about 1 % of sessions (S22); it is back where it was within 1.5 to 2 hours (S7, S8, S23).
Pulse, saturation, breathing and alertness have plausible sizes of our own: no source gives their curves.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from random import Random

from domain.values import Frozen

PEAK_AFTER = timedelta(minutes=40)
PEAK_SPREAD_MINUTES = 4.0
SHARPNESS = 4.0
"""Sharpness of the peak: with 4, less than a third of the rise is left at 80 minutes and a fortieth at 120."""

SYSTOLIC_RISE, DIASTOLIC_RISE = 17.0, 11.5
"""Mean peaks in mmHg, a little above the published means, which no two patients reach at the same minute."""

SHAPE_OF_RISES = 6.0
"""Variation of sessions: the standard deviation of a rise is its mean over the root of this."""

SHARED = 0.7
"""Share of the diastolic rise that follows the systolic one."""

NOISE = 1.8
LARGEST_NOISE = 4.0
ONSET = timedelta(minutes=5)
ALERT_AGAIN = timedelta(minutes=75)
DEEP_SEDATION_SHARE = 0.15
LIGHT_SEDATION_SHARE = 0.5


class Baseline(Frozen):
    """A patient at rest, in the units of the events. `pressor` scales the rise of their pressure: 1 on average."""

    systolic: float
    diastolic: float
    heart_rate: float
    spo2: float
    respiratory_rate: float
    pressor: float


class Response(Frozen):
    """One session's changes at its peak. `alertness` is the lowest MOAA/S (CLINICAL.md 3.3, S44)."""

    systolic_rise: float
    diastolic_rise: float
    heart_rate_rise: float
    saturation_drop: float
    alertness: int
    peak_after: timedelta


class Vitals(Frozen):
    """One reading, as a monitor shows it."""

    systolic: int
    diastolic: int
    heart_rate: int
    spo2: int
    respiratory_rate: int
    moaas: int


def baseline(random: Random) -> Baseline:
    """A random patient whose pressure at rest allows dosing: half-way between 100/60 and 135/85 for most."""
    return Baseline(
        systolic=_between(104, random.gauss(119, 8), 132),
        diastolic=_between(62, random.gauss(75, 6), 84),
        heart_rate=_between(58, random.gauss(72, 7), 92),
        spo2=_between(97, random.gauss(98, 0.7), 99),
        respiratory_rate=_between(12, random.gauss(14, 1.2), 18),
        pressor=random.lognormvariate(-0.08, 0.4),
    )


def response(random: Random, patient: Baseline) -> Response:
    """One session's response. Those who react strongly once are likely to again: severe ones cluster in few (S22)."""
    common, own = _rise(random), _rise(random)
    return Response(
        systolic_rise=SYSTOLIC_RISE * patient.pressor * common,
        diastolic_rise=DIASTOLIC_RISE * patient.pressor * (SHARED * common + (1 - SHARED) * own),
        heart_rate_rise=_between(0, random.gauss(8, 4), 20),
        saturation_drop=_between(0, random.gauss(0.6, 0.5), 2),
        alertness=_alertness(random),
        peak_after=timedelta(minutes=random.gauss(PEAK_AFTER.total_seconds() / 60, PEAK_SPREAD_MINUTES)),
    )


def response_that(random: Random, patient: Baseline, fits: Callable[[Response], bool]) -> Response:
    """A random response, drawn again until it fits the script."""
    while not fits(drawn := response(random, patient)):
        pass
    return drawn


def is_uneventful(patient: Baseline, drawn: Response) -> bool:
    """Whether no reading would be noteworthy, however the nurse rounds."""
    return (
        patient.systolic + drawn.systolic_rise <= 150
        and patient.diastolic + drawn.diastolic_rise <= 94
        and drawn.systolic_rise <= 32
        and drawn.alertness >= 4
    )


def uneventful(random: Random, patient: Baseline) -> Response:
    """A random response without noteworthy readings."""
    return response_that(random, patient, lambda drawn: is_uneventful(patient, drawn))


def high_peak(random: Random, patient: Baseline) -> Response:
    """A peak between 168 and 172 systolic: above the usual warning of 160, below the usual alarm of 180."""
    calm = uneventful(random, patient)
    peak = random.uniform(168, 172)
    return calm.but(
        systolic_rise=peak - patient.systolic,
        diastolic_rise=min(14.0, 98 - patient.diastolic),
        peak_after=timedelta(minutes=42),
    )


def surge(random: Random, patient: Baseline) -> Response:
    """Fear in the second half of the hour: between 45 and 55 minutes above 180 systolic, below the alarm of 110."""
    peak = random.uniform(188, 194)
    return uneventful(random, patient).but(
        systolic_rise=peak - patient.systolic,
        diastolic_rise=min(22.0, 105 - patient.diastolic),
        peak_after=timedelta(minutes=48),
    )


def relieved(moved: Response) -> Response:
    """The same response after the pressure was treated: half of it is left."""
    return moved.but(systolic_rise=moved.systolic_rise / 2, diastolic_rise=moved.diastolic_rise / 2)


def at_rest(random: Random, patient: Baseline) -> Vitals:
    """A reading before any dose."""
    return _reading(random, patient)


def after_dose(random: Random, patient: Baseline, moved: Response, since: timedelta) -> Vitals:
    """A reading this long after the dose."""
    share = course_of(since, moved.peak_after)
    now = patient.but(
        systolic=patient.systolic + share * moved.systolic_rise,
        diastolic=patient.diastolic + share * moved.diastolic_rise,
        heart_rate=patient.heart_rate + share * moved.heart_rate_rise,
        spo2=patient.spo2 - share * moved.saturation_drop,
        respiratory_rate=patient.respiratory_rate - 0.5 * share,
    )
    alertness = moved.alertness if ONSET < since < ALERT_AGAIN else 5
    return _reading(random, now).but(moaas=alertness)


def course_of(since: timedelta, peak_after: timedelta) -> float:
    """The share of the peak at this time: 0 before the dose, 1 at the peak, falling back towards 0 after it."""
    if since <= timedelta():
        return 0.0
    ratio = since / peak_after
    return math.pow(ratio, SHARPNESS) * math.exp(SHARPNESS * (1 - ratio))


def _reading(random: Random, now: Baseline) -> Vitals:
    def noisy(value: float) -> int:
        return round(value + _between(-LARGEST_NOISE, random.gauss(0, NOISE), LARGEST_NOISE))

    return Vitals(
        systolic=noisy(now.systolic),
        diastolic=noisy(now.diastolic),
        heart_rate=noisy(now.heart_rate),
        spo2=round(now.spo2),
        respiratory_rate=round(now.respiratory_rate + _between(-1, random.gauss(0, 0.5), 1)),
        moaas=5,
    )


def _rise(random: Random) -> float:
    return random.gammavariate(SHAPE_OF_RISES, 1 / SHAPE_OF_RISES)


def _alertness(random: Random) -> int:
    drawn = random.random()
    if drawn < DEEP_SEDATION_SHARE:
        return 3
    return 4 if drawn < DEEP_SEDATION_SHARE + LIGHT_SEDATION_SHARE else 5


def _between(low: float, value: float, high: float) -> float:
    return max(low, min(value, high))
