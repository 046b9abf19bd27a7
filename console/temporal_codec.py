"""Temporal's UI reads payloads here: `POST /codec/decode` and `POST /codec/encode`, in the UI's own protocol.

The keys stay with the console: the Temporal server and its UI never see them. Whoever reads is on the audit record.
"""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from console.errors.problems import ProblemCode, problem_error
from console.pages.frame.viewer import Viewer, looking
from console.services import ServicesDep
from domain.access import Right
from domain.escalation.ids import COURSE, ESCALATION
from domain.values import CourseId
from gateway.codec import place_of, reason_of
from gateway.compression import UnreadablePayload, is_kept_otherwise

READ: Final = "payloads of Temporal"
WRITTEN: Final = "payloads for Temporal, encrypted"

router = APIRouter(prefix="/codec", include_in_schema=False)


async def _allowed(request: Request, services: ServicesDep, response: Response) -> None:
    """Lets the UI's own origin in, and whoever comes from no page. Raises `ProblemError` (`forbidden`) for others."""
    origin, allowed = request.headers.get("origin"), services.settings.temporal_ui
    if origin is not None and origin != allowed:
        raise problem_error(ProblemCode.FORBIDDEN, "Only the pages of KAPSTAN_TEMPORAL_UI may ask this")
    response.headers.update(_cors(allowed) if origin else {})
    response.headers["Cache-Control"] = "no-store"


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


Decoder = Annotated[Viewer, Depends(looking(Right.DECODE_PAYLOADS))]
Encoder = Annotated[Viewer, Depends(looking(Right.ENCODE_PAYLOADS))]


@router.options("/{what}", dependencies=[Depends(_allowed)])
async def may_ask(what: str, response: Response) -> None:  # noqa: ARG001  the same for both
    """Tells a browser what the UI's pages may send."""
    response.headers["Access-Control-Allow-Methods"] = "POST"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Namespace"


@router.post("/decode", dependencies=[Depends(_allowed)])
async def decode(viewer: Decoder, response: Response) -> Response:
    """The payloads in clear. One that cannot be read says why; one that was not encrypted comes back as it is."""
    _of_no_site(viewer)
    sent = await _payloads(viewer.request)
    told = [await _shown(_codec(viewer), payload) for payload in sent]
    for course_id in sorted({_course_of(payload) or "" for payload in sent}):
        viewer.saw(READ, course_id or None)
    return _answer(told, response)


@router.post("/encode", dependencies=[Depends(_allowed)])
async def encode(viewer: Encoder, response: Response) -> Response:
    """The payloads as Temporal keeps them."""
    _of_no_site(viewer)
    told = await _codec(viewer).encode(await _payloads(viewer.request))
    viewer.saw(WRITTEN)
    return _answer(told, response)


def _of_no_site(viewer: Viewer) -> None:
    if viewer.caller.site is not None:
        raise problem_error(ProblemCode.FORBIDDEN, "Payloads are of every site: the token must be bound to none")


def _codec(viewer: Viewer) -> PayloadCodec:
    codec = viewer.services.client.data_converter.payload_codec
    assert codec is not None
    return codec


async def _payloads(request: Request) -> list[Payload]:
    try:
        return list(Parse(await request.body(), Payloads()).payloads)
    except (ParseError, UnicodeDecodeError) as wrong:
        raise problem_error(
            ProblemCode.MALFORMED, 'The body must be {"payloads": […]}, as Temporal sends it'
        ) from wrong


async def _shown(codec: PayloadCodec, payload: Payload) -> Payload:
    if not is_kept_otherwise(payload):
        return payload
    try:
        [told] = await codec.decode([payload])
        why = reason_of(told)
    except UnreadablePayload as wrong:
        why = str(wrong)
    return told if why is None else Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(why).encode())


def _course_of(payload: Payload) -> CourseId | None:
    """The course that the payload says it is of. Those of earlier releases say none."""
    place = place_of(payload)
    if place is None or not place.workflow_id.startswith((COURSE, ESCALATION)):
        return None
    return place.workflow_id.split("/")[1]


def _answer(payloads: list[Payload], response: Response) -> Response:
    body = MessageToJson(Payloads(payloads=payloads), indent=None)
    return Response(body, media_type="application/json", headers=dict(response.headers))
