"""A course with two pasts: between two moments of it a reading came late, and another was corrected."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.support.cast import correction, minutes, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward


class TwoPasts(NamedTuple):
    """At `between` the record had an SpO₂ of 87 that was 97, and had no word yet of a systolic pressure of 133."""

    course: str
    between: datetime


async def two_pasts(house: House) -> TwoPasts:
    """A dosed patient whose slip was corrected, and whose late reading came, since `between`: a whole second."""
    course = await house.has(Ward.dosed, ago=minutes(20))
    slip = vitals(course, 1, at=datetime.now(UTC), spo2=87)
    await house.sends([slip])
    await house.is_recorded(course)
    between = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)

    async def has_passed() -> bool:
        return datetime.now(UTC) > between

    await eventually(has_passed)
    right = correction(slip, at=datetime.now(UTC), spo2=97)
    late = vitals(course, 1, at=between - minutes(5), systolic=133)
    await house.sends([right, late])
    await house.is_recorded(course)
    return TwoPasts(course, between)
