"""Who reports by a form: asked for, unless the sign-in is bound to one person, who is shown instead."""

from collections.abc import Iterable
from typing import Final

from console.pages.frame.acting_person import me
from console.pages.frame.last_reporter import reporter
from console.pages.frame.viewer import Viewer
from console.pages.recording.fields import Field
from console.pages.recording.form_parsing import Entered
from domain.values import Actor, Frozen, PersonId, Role

PERSON, ROLE = "/data/actor/id", "/data/actor/role"
ASKED: Final = (PERSON, ROLE)


class ReporterShown(Frozen):
    """Whoever is signed in, by name; and in which role, where there is only one."""

    name: str
    role: Role | None


def reporter_shown(viewer: Viewer) -> ReporterShown | None:
    """Whom the form shows as its reporter; None if it has to ask."""
    person = viewer.caller.person
    return ReporterShown(name=viewer.name_of(person), role=_only_role(viewer)) if person is not None else None


def signed_in_as(viewer: Viewer) -> Entered:
    """What the form need not ask: who reports, and in which role, where the sign-in leaves no choice."""
    if viewer.caller.person is None:
        return {}
    role = _only_role(viewer)
    return {PERSON: (viewer.caller.person,), **({ROLE: (role.value,)} if role else {})}


def reporter_here(viewer: Viewer) -> Entered:
    """Who is signed in, or else who last reported something at this screen."""
    last, person = reporter(viewer), viewer.caller.person
    known = last if person is None or (last and last.id == person) else None
    known = known or _on_call(viewer, person or me(viewer))
    suggested = {PERSON: (known.id,), ROLE: (known.role.value,)} if known else {}
    return {**suggested, **signed_in_as(viewer)}


def as_offered(viewer: Viewer, fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields, with the roles only that this viewer's token speaks for."""
    may = set(viewer.caller.actor_roles)
    return tuple(
        one.but(options=tuple(option for option in one.options if option.value in may)) if one.pointer == ROLE else one
        for one in fields
    )


def _only_role(viewer: Viewer) -> Role | None:
    roles = viewer.caller.actor_roles
    return roles[0] if len(roles) == 1 else None


def _on_call(viewer: Viewer, who: PersonId | None) -> Actor | None:
    """Whoever is signed in, or last acted on an escalation at this screen, if the on-call file knows them."""
    people = viewer.services.on_call.now().people
    return Actor(id=who, role=people[who].role) if who is not None and who in people else None
