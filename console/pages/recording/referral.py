"""What a referral is chosen from: the clinic's sites, its protocols, their indications in words, an id to take."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Final

from console.pages.frame.viewer import Viewer
from console.pages.labels import INDICATIONS
from console.pages.recording.fields import SUBJECT, Field, FieldKind, Option
from console.pages.recording.form_parsing import Entered
from console.pages.recording.form_view import Offers
from domain.codes import spoken
from domain.protocol.model import Protocol
from domain.refusal import FieldError

SITE: Final = "/data/site"
PROTOCOL: Final = "/data/protocol"
ANY_SITE: Final = "*"

REFER: Final = "/refer"

PROPOSED: Final = "proposed"
"""The query parameter of the id that the form has proposed."""

_ID: Final = re.compile(r"C-[1-9][0-9]{5}")


def chosen_from(viewer: Viewer, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields of a referral, site and protocol to be chosen; a site is typed where the clinic names none."""
    options = {
        SITE: tuple(Option(value=one, label=spoken(one).capitalize()) for one in _sites(viewer)),
        PROTOCOL: tuple(
            Option(value=one.id, label=f"{one.title} ({one.id} {one.version})") for one in _protocols(viewer)
        ),
    }
    return tuple(
        field.but(kind=FieldKind.CHOICE, options=options[field.pointer]) if options.get(field.pointer) else field
        for field in fields
    )


def offered(viewer: Viewer) -> Offers:
    """The indications of all protocols, in words."""
    codes = dict.fromkeys(code for one in _protocols(viewer) for code in one.indications)
    return {"/data/indications": tuple(Option(value=code, label=_in_words(code)) for code in codes)}


def beforehand(fields: tuple[Field, ...], proposed: str | None) -> Entered:
    """An id to take, the one that was `proposed` before if it is of that kind; and what there is no choice of."""
    only = {field.pointer: (field.options[0].value,) for field in fields if _has_one_choice(field)}
    is_kept = proposed is not None and _ID.fullmatch(proposed)
    return {
        **only,
        SUBJECT.pointer: (proposed if proposed and is_kept else f"C-{secrets.randbelow(900_000) + 100_000}",),
    }


def address(entered: Entered) -> str:
    """Where the form is fetched anew, with the id that it proposed: somebody may have written that down.

    Nothing else that was entered stands in an address.
    """
    subject = next(iter(entered.get(SUBJECT.pointer, ())), "")
    return f"{REFER}?{PROPOSED}={subject}" if _ID.fullmatch(subject) else REFER


def not_offered(fields: tuple[Field, ...], entered: Entered) -> tuple[FieldError, ...]:
    """An error for each site or protocol that is none of the clinic's."""
    found = {pointer: next(iter(entered.get(pointer, ())), "").strip() for pointer in (SITE, PROTOCOL)}
    return tuple(
        FieldError(pointer=field.pointer, detail=f"must be one of {', '.join(one.value for one in field.options)}")
        for field in fields
        if field.options
        and found.get(field.pointer)
        and found[field.pointer] not in {one.value for one in field.options}
    )


def _has_one_choice(field: Field) -> bool:
    return field.pointer in {SITE, PROTOCOL} and len(field.options) == 1


def _sites(viewer: Viewer) -> tuple[str, ...]:
    """The sites that the on-call file or the settings name; of a token that is bound to one, that one."""
    if viewer.caller.site is not None:
        return (viewer.caller.site,)
    named: Mapping[str, object] = {**viewer.services.on_call.now().sites, **viewer.services.settings.timezones}
    return tuple(sorted(site for site in named if site != ANY_SITE))


def _protocols(viewer: Viewer) -> Iterator[Protocol]:
    """The version of each protocol that a course would start with."""
    library, may_be_a_draft = viewer.services.library, viewer.services.settings.allow_unapproved
    for protocol_id in dict.fromkeys(shelved.protocol.id for shelved in library.shelf):
        found = library.latest_approved(protocol_id) or (library.latest(protocol_id) if may_be_a_draft else None)
        if found is not None:
            yield found


def _in_words(code: str) -> str:
    return f"{INDICATIONS[code]} ({code})" if code in INDICATIONS else spoken(code).capitalize()
