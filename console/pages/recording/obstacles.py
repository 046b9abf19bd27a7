"""What stands in the way of an event: each reason, with a box for the rationale where an override may lift it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from console.pages.labels import with_labels
from console.pages.recording.fields import Field, FieldKind, fields_of
from console.pages.recording.form_parsing import Entered, rationales
from domain.events.clinic_events import MODELS, Fact
from domain.values import Blocker, Frozen
from domain.views.blocker_labels import words_of_code

IN_THE_WAY: Final = "What stands in the way now"
AGAINST_IT: Final = "What the protocol has against it now"


class Obstacle(Frozen):
    """One reason with the source of its rule; `box` is the pointer of its rationale, if an override may lift it."""

    words: tuple[str, ...]
    source: str | None
    is_absolute: bool
    box: str | None = None
    id: str = ""
    rationale: str = ""
    longest: int | None = None


class Obstacles(Frozen):
    """The reasons under their heading. `errors` are those of the rationales."""

    heading: str
    reasons: tuple[Obstacle, ...]
    errors: tuple[str, ...]

    @property
    def has_boxes(self) -> bool:
        """Whether a rationale may lift one of them."""
        return any(one.box for one in self.reasons)


def obstacles(
    kind: str, refused: Iterable[Blocker], known: Iterable[Blocker], entered: Entered, errors: tuple[str, ...] = ()
) -> Obstacles:
    """The reasons for the refusal, or else those `known` before, with the rationales that were entered.

    A reason that was given a rationale is listed in any case, so that none is lost. Nothing absolute keeps a fact from
    being recorded.
    """
    is_fact = issubclass(MODELS[kind], Fact)
    field = next((one for one in fields_of(kind) if one.kind is FieldKind.OVERRIDES), None)
    given = rationales(field, entered) if field else {}
    before = {one.code: one for one in known}
    reasons = tuple(refused) or tuple(before.values())
    left = given.keys() - {one.code for one in reasons}
    lifted = (before.get(code, _unnamed(code)) for code in given if code in left)
    return Obstacles(
        heading=AGAINST_IT if is_fact else IN_THE_WAY,
        reasons=tuple(_shown((*reasons, *lifted), field, given, is_fact=is_fact)),
        errors=errors,
    )


def _shown(
    reasons: Iterable[Blocker], field: Field | None, given: Mapping[str, str], *, is_fact: bool
) -> Iterator[Obstacle]:
    """One for each reason; those that one rationale lifts stand together."""
    together: dict[str, list[Blocker]] = {}
    for number, one in enumerate(reasons):
        key = f"{number} {one.code}" if one.absolute or field is None else one.code
        together.setdefault(key, []).append(one)
    for number, same in enumerate(together.values()):
        first = same[0]
        has_box = field is not None and not first.absolute
        yield Obstacle(
            words=tuple(dict.fromkeys(with_labels(one.message) for one in same)),
            source=first.source,
            is_absolute=first.absolute and not is_fact,
            box=f"{field.pointer}/{first.code}" if field and has_box else None,
            id=f"override-{number}",
            rationale=given.get(first.code, "") if has_box else "",
            longest=field.longest if field else None,
        )


def _unnamed(code: str) -> Blocker:
    """A blocker that no longer stands in the way."""
    return Blocker(code=code, message=words_of_code(code))
