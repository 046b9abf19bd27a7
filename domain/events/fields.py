"""Fields that several clinic events share, with their units and bounds.

Units are fixed: mmHg, beats/min, breaths/min, %, kg, mg, minutes, years.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Final, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.codes import folded
from domain.values import Code, Frozen, PersonId, Role, Text


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Annotation for a whole number: it may be written with a decimal point, as many systems do: `126.0`."""


def _is_no_white_space(text: str) -> str:
    if not text.strip():
        raise ValueError(SAYS_SOMETHING)
    return text


SAYS_SOMETHING: Final = "must say something: it has no letter and no digit"

_READ: Final = AfterValidator(_is_no_white_space)
"""Holds for what was accepted once, too; what is new is asked for `without_words`."""

Reason = Annotated[Text, _READ]
"""Why somebody decided so, or what they aim at, in words that can be read. A fact's words may be blank: it is taken."""

_UNSEEN: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters that nobody can see: the fillers of Hangul."""


def says_something(text: str) -> bool:
    """Whether a letter or a digit of any script is in it."""
    return any(sign.isalnum() and sign not in _UNSEEN for sign in text)


def without_words(data: Frozen) -> Iterator[str]:
    """The JSON pointers, within these data, of each reason or goal that says nothing."""
    for name, is_list in _reasons_of(type(data)):
        said = getattr(data, name)
        texts = [(f"/{name}/{place}", text) for place, text in enumerate(said)] if is_list else [(f"/{name}", said)]
        yield from (pointer for pointer, text in texts if not says_something(text))


@cache
def _reasons_of(model: type[Frozen]) -> tuple[tuple[str, bool], ...]:
    """The fields of the model that are a reason, or a list of them, which the second says."""
    found = []
    for name, field in model.model_fields.items():
        item = next(iter(get_args(field.annotation)), None)
        if _READ in field.metadata or _READ in getattr(item, "__metadata__", ()):
            found.append((name, _READ not in field.metadata))
    return tuple(found)


def _without_none(codes: tuple[Code, ...]) -> tuple[Code, ...]:
    return tuple(code for code in codes if folded(code) not in _NONE)


_NONE = frozenset(
    {
        "none",
        "nil",
        "nothing",
        "no_symptom",
        "no_complaint",
        "asymptomatic",
        "no_medication",
        "no_condition",
        "n_a",
        "na",
    }
)

SessionNumber = Annotated[int, Field(ge=1, le=99), WHOLE]
Codes = Annotated[tuple[Code, ...], Field(max_length=100)]
Reported = Annotated[Codes, AfterValidator(_without_none)]
"""Codes of what a patient has or takes. `none`, as a form may fill it in, says that there is nothing."""
# From nought, which an arrest is, to more than any device shows: what is extreme is judged, and not refused.
Systolic = Annotated[int, Field(ge=0, le=400, description="mmHg"), WHOLE]
Diastolic = Annotated[int, Field(ge=0, le=400, description="mmHg"), WHOLE]
HeartRate = Annotated[int, Field(ge=0, le=400, description="Beats a minute"), WHOLE]
OxygenSaturation = Annotated[int, Field(ge=0, le=100, description="%"), WHOLE]
RespiratoryRate = Annotated[int, Field(ge=0, le=150, description="Breaths a minute"), WHOLE]
Moaas = Annotated[int, Field(ge=0, le=5), WHOLE]
Weight = Annotated[float, Field(ge=20, le=400, description="kg")]
Milligrams = Annotated[float, Field(ge=0, le=100_000, description="mg")]
"""What was given, however much: it is judged, and whoever was given it is watched."""
Minutes = Annotated[int, Field(ge=1, le=1440), WHOLE]
Days = Annotated[int, Field(ge=0, le=3650), WHOLE]


class PregnancyTest(StrEnum):
    """The result of a pregnancy test, or that none is needed."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    NOT_APPLICABLE = "not_applicable"


class Override(Frozen):
    """A prescriber's decision to go on over a relative blocker, and why."""

    code: Code
    rationale: Text


def lifted_by(overrides: Iterable[Override]) -> frozenset[str]:
    """The codes of the blockers that these overrides lift. One whose rationale says nothing lifts none."""
    return frozenset(override.code for override in overrides if says_something(override.rationale))


def weighed_by(overrides: Iterable[Override]) -> frozenset[str]:
    """The codes of the blockers that these overrides of an accepted act lifted, by the rules of its day."""
    return frozenset(override.code for override in overrides if override.rationale.strip())


class StaffMember(Frozen):
    """Somebody booked for a session, in one role."""

    id: PersonId
    role: Role
    credentials: Codes = ()


class Dose(Frozen):
    """A prescribed dose, by weight or absolute: exactly one of the two."""

    mg_per_kg: Annotated[float, Field(gt=0, le=20)] | None = None
    mg: Annotated[float, Field(gt=0, le=2000)] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.mg_per_kg is None) == (self.mg is None):
            raise ValueError('must be exactly one of {"mg_per_kg": …} and {"mg": …}')
        return self


class Pressure(Frozen):
    """One blood pressure, in mmHg."""

    systolic: Systolic
    diastolic: Diastolic
