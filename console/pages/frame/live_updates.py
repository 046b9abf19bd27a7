"""Server-sent events for open pages: when something changed, the page fetches itself anew."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from console.api.stream import LastSeen, StreamResponse
from console.pages.frame.shell import SEES_FLOOR
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def changes(
    viewer: Annotated[Viewer, Depends(looking(*SEES_FLOOR, Right.READ_ESCALATIONS))], last_event_id: LastSeen = None
) -> Response:
    """Every change that the viewer may see, from now on or from where a lost connection left off."""
    viewer.saw("stream")
    after = None if last_event_id is None else int(last_event_id)
    sign_in = viewer.signed_in.id if viewer.signed_in else None
    return StreamResponse(viewer.services.stream, viewer.caller, after, sign_in)
