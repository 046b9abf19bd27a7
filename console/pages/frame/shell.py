"""The frame around every page: navigation, what needs a human, who is on call, who is signed in and until when."""

from collections.abc import Mapping
from typing import Final

from console.pages.frame.clock import Clock
from console.pages.frame.viewer import Viewer
from domain.access import Right, TokenId
from domain.values import Frozen, Severity
from records.errors import RecordStoreError
from records.floor import Floor

THEME: Final = "kapstan-theme"
THEMES: Final = ("auto", "light", "dark")

SEES_COURSES: Final = (Right.READ_COURSES, Right.READ_COURSES_BEHIND)
SEES_FLOOR: Final = (*SEES_COURSES, Right.SEE_FLOOR)

LINKS: Final = (
    ("/", "Floor", SEES_FLOOR),
    ("/sessions", "Live sessions", SEES_COURSES),
    ("/rooms", "Rooms", SEES_COURSES),
    ("/escalations", "Escalations", (Right.READ_ESCALATIONS,)),
    ("/oncall", "On call", (Right.READ_ONCALL,)),
    ("/protocols", "Protocols", (Right.READ_PROTOCOLS,)),
    ("/figures", "Figures", (Right.READ_FIGURES,)),
    ("/audit", "Audit", (Right.READ_AUDIT,)),
)
"""Navigation links, and the rights of which one opens each."""


KEYS: Final[Mapping[str, str]] = {"/": "g+b", "/sessions": "g+s", "/escalations": "g+e"}
"""Keys that open a page, one after the other."""


class Badge(Frozen):
    """A count on a link, its severity, and in words what it counts."""

    count: int
    severity: Severity | None
    words: str


class NavigationLink(Frozen):
    """One navigation link. Those that somebody may not open are not shown."""

    href: str
    label: str
    is_here: bool
    badge: Badge | None = None
    keys: str | None = None


class Shell(Frozen):
    """The frame of a page. `now` is the server's clock, from which the browser counts on; `zone` that of its
    wall clock, by which `as_of` says now.

    `owner` is whose drafts this browser may keep: the id of their token.
    `has_phones`: they may enrol phones, and take them off.
    `on_call_is_broken`: the on-call file was edited and cannot be used, so that the last good one still counts.
    """

    places: tuple[NavigationLink, ...]
    here: str
    now: str
    owner: TokenId
    zone: str
    as_of: str
    who: str
    role: str
    site: str | None
    on_call: str | None
    on_call_is_broken: bool
    ends: Clock | None
    ends_unused: Clock | None
    theme: str
    form_key: str
    is_recorded: bool
    has_phones: bool


async def shell(viewer: Viewer, place: str, here: str | None = None, site: str | None = None) -> Shell:
    """The frame for this viewer; `here` is the page's address, if not that of the request; `site` whose clock counts.

    While the record store is away it says so in place of the counts.
    """
    floor = await _floor(viewer)
    clock = viewer.clock(site)
    signed_in = viewer.signed_in
    return Shell(
        places=tuple(
            NavigationLink(
                href=href, label=label, is_here=href == place, badge=_badge(href, floor), keys=KEYS.get(href)
            )
            for href, label, rights in LINKS
            if viewer.caller.has(*rights)
        ),
        here=here or viewer.here,
        now=viewer.now.isoformat(timespec="milliseconds"),
        owner=viewer.caller.token_id,
        zone=clock.zone.key,
        as_of=clock.local(viewer.now),
        who=viewer.name_of(viewer.caller.person) if viewer.caller.person else viewer.caller.name,
        role=viewer.caller.role,
        site=viewer.caller.site,
        on_call=_on_call(viewer) if viewer.caller.has(Right.READ_ONCALL) else None,
        on_call_is_broken=viewer.caller.has(Right.READ_ONCALL) and viewer.services.on_call.trouble is not None,
        ends=clock.at(signed_in.ends_at) if signed_in else None,
        ends_unused=clock.at(signed_in.ends_unused_at) if signed_in else None,
        theme=theme_of(viewer.request.cookies.get(THEME)),
        form_key=viewer.form_key,
        is_recorded=floor is not None,
        has_phones=signed_in is not None and viewer.caller.has(*SEES_COURSES),
    )


def theme_of(cookie: str | None) -> str:
    """The chosen theme; the system's own if none was chosen."""
    return cookie if cookie in THEMES else THEMES[0]


async def _floor(viewer: Viewer) -> Floor | None:
    try:
        return await viewer.services.store.floor(viewer.caller.site)
    except RecordStoreError:
        return None


def _badge(href: str, floor: Floor | None) -> Badge | None:
    if floor is None:
        return None
    match href:
        case "/sessions" if floor.under_way:
            return Badge(count=floor.under_way, severity=None, words="patients here")
        case "/escalations" if floor.unresolved:
            return Badge(count=floor.unresolved, severity=floor.worst, words=f"not resolved, the worst {floor.worst}")
        case _:
            return None


def _on_call(viewer: Viewer) -> str:
    """Who would be paged first for an emergency."""
    on_call = viewer.services.on_call.now()
    first = on_call.policies[Severity.EMERGENCY].steps[0]
    return " · ".join(viewer.name_of(person) for person in on_call.resolve(first.notify, viewer.now))
