"""The page of a rehearsal: a story played by a protocol, as a timeline with a cursor. It reaches nobody."""

from datetime import datetime
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Response

from console.errors.problems import ProblemCode, problem_error
from console.pages.clinic.protocols import PATH as PROTOCOLS
from console.pages.clinic.protocols import found_in
from console.pages.clinic.story_shown import StoryShown, story_shown
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, acting, looking
from console.rehearsing import MOST_CHARACTERS, Wanted
from domain.access import Right
from domain.moments import instant, local_moment, moment, rfc_3339
from domain.rehearsal.followed import StoryTooLong
from domain.rehearsal.script import ScriptUnreadable
from domain.values import Frozen
from gateway.example_stories import ExampleStory, example_stories
from gateway.protocols import Shelved

PATH: Final = f"{PROTOCOLS}/{{protocol_id}}/rehearsal"

Named = Annotated[str, Path(max_length=200)]

router = APIRouter(include_in_schema=False)


class StoryChoice(Frozen):
    """One of the example stories."""

    title: str
    href: str
    is_here: bool


class ScriptEntered(Frozen):
    """The script as it was entered, how far time is to go on, and what is wrong with either."""

    script: str
    until: str
    script_wrong: str | None = None
    until_wrong: str | None = None


class RehearsalPage(Frozen):
    """The page. `story` is the name of the example that is shown; None for a script that somebody entered.

    `entered` is the form of such a script. `link` is the address of the story without its cursor.
    """

    protocol: str
    title: str
    version: str
    back: str
    action: str
    link: str
    stories: tuple[StoryChoice, ...]
    own: str
    story: str | None
    story_title: str | None
    script: str
    entered: ScriptEntered | None
    shown: StoryShown | None
    form_key: str


class _Asked(NamedTuple):
    """What a request asks to be shown: the place of the cursor counts from 1; 0 is where nobody acts any more."""

    shelved: Shelved
    story: ExampleStory | None
    entered: ScriptEntered | None
    place: int


@router.get(PATH)
async def example(
    viewer: Annotated[Viewer, Depends(looking(Right.READ_PROTOCOLS))],
    protocol_id: Named,
    version: Annotated[str | None, Query(max_length=50)] = None,
    story: Annotated[str | None, Query(max_length=100)] = None,
    moment: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    edit: Annotated[bool, Query()] = False,
) -> Response:
    """An example story at a moment; with `edit` its script in a form; without a story the choice of one."""
    shelved = found_in(viewer.services.library, protocol_id, version)
    chosen = _chosen(shelved, story) if story is not None else None
    if not edit:
        return await _page(viewer, _Asked(shelved, chosen, None, moment))
    zone = viewer.clock().zone
    until = rfc_3339(chosen.until, zone) if chosen else ""
    return await _page(
        viewer, _Asked(shelved, None, ScriptEntered(script=chosen.script if chosen else "", until=until), 0)
    )


@router.post(PATH)
async def rehearse(viewer: Annotated[Viewer, Depends(acting(Right.READ_PROTOCOLS))], protocol_id: Named) -> Response:
    """The script of the form, played; or the form again, with what is wrong with it. Nothing of it is recorded."""
    form = await viewer.request.form()
    posted = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    shelved = found_in(viewer.services.library, protocol_id, posted.get("version") or None)
    entered = ScriptEntered(
        script=posted.get("script", "").replace("\r\n", "\n"), until=posted.get("until", "").strip()
    )
    return await _page(viewer, _Asked(shelved, None, entered, _place(posted.get("to") or posted.get("moment"))))


def _place(said: str | None) -> int:
    return int(said) if said is not None and said.isascii() and said.isdecimal() and len(said) < 7 else 0


def _chosen(shelved: Shelved, name: str) -> ExampleStory:
    found = next((one for one in example_stories(shelved.protocol) if one.name == name), None)
    if found is None:
        raise problem_error(ProblemCode.NOT_FOUND, f"There is no story {name}")
    return found


async def _page(viewer: Viewer, asked: _Asked) -> Response:
    protocol = asked.shelved.protocol
    path, version = f"{PROTOCOLS}/{protocol.id}/rehearsal", protocol.version
    entered, shown = await _played(viewer, asked)
    is_wrong = entered is not None and (entered.script_wrong or entered.until_wrong) is not None
    named = asked.story.name if asked.story else None
    page = RehearsalPage(
        protocol=protocol.id,
        title=protocol.title,
        version=version,
        back=f"{PROTOCOLS}/{protocol.id}?version={version}",
        action=path,
        link=_link(path, version, named) if named else path,
        stories=tuple(
            StoryChoice(title=one.title, href=_link(path, version, one.name), is_here=one.name == named)
            for one in example_stories(protocol)
        ),
        own=f"{path}?{urlencode({'version': version, 'edit': 'true'} | ({'story': named} if named else {}))}",
        story=named,
        story_title=asked.story.title if asked.story else None,
        script=asked.story.script if asked.story else "",
        entered=entered,
        shown=shown,
        form_key=viewer.form_key,
    )
    # What was entered is fetched anew by nobody: an open page asks for the form, and keeps what stands in it.
    here = page.own if entered is not None else None
    return await floor_page(viewer, PROTOCOLS, "rehearsal.html", page, 422 if is_wrong else 200, here=here)


def _link(path: str, version: str, story: str) -> str:
    return f"{path}?{urlencode({'version': version, 'story': story})}"


async def _played(viewer: Viewer, asked: _Asked) -> tuple[ScriptEntered | None, StoryShown | None]:
    """The form as it is to be shown, and the story; one that cannot be played has none."""
    entered = asked.entered
    if entered is not None and viewer.request.method == "GET":
        return entered, None
    if asked.story is not None:
        return None, await story_shown(
            viewer, Wanted(asked.story.script, asked.shelved, asked.story.until), asked.place
        )
    if entered is None:
        return None, None
    if len(entered.script) > MOST_CHARACTERS:
        told = f"must have at most {MOST_CHARACTERS:,} characters: it has {len(entered.script):,}"
        return entered.but(script_wrong=told), None
    try:
        until = _until(viewer, entered.until)
    except ValueError as wrong:
        return entered.but(until_wrong=str(wrong)), None
    try:
        return entered, await story_shown(viewer, Wanted(entered.script, asked.shelved, until), asked.place)
    except (ScriptUnreadable, StoryTooLong) as wrong:
        return entered.but(script_wrong=str(wrong)), None


def _until(viewer: Viewer, said: str) -> datetime | None:
    if not said:
        return None
    try:
        return moment(said)
    except ValueError:
        try:
            return instant(local_moment(said), viewer.clock().zone)
        except ValueError:
            return moment(said)
