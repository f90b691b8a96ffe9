"""The routes beside the Messages API: the models, and the simulator's own ledger for tests in other processes."""

import contextlib
import json
from typing import TYPE_CHECKING

from aiohttp import web

from . import wire
from .catalogue import BY_ID, MODELS, describe
from .errors import ApiError

if TYPE_CHECKING:
    from .server import Simulator

PAGE = 20


async def models(request: web.Request) -> web.Response:
    """GET /v1/models: newest first, in pages of `limit`."""
    found = [describe(model) for model in MODELS]
    ids = [str(each["id"]) for each in found]
    after, limit = request.query.get("after_id"), int(request.query.get("limit", PAGE))
    start = ids.index(after) + 1 if after in ids else 0
    page = found[start : start + limit]
    more = start + limit < len(found)
    body = {"data": page, "has_more": more, "first_id": None, "last_id": None}
    if page:
        body |= {"first_id": page[0]["id"], "last_id": page[-1]["id"]}
    return web.json_response(body, headers=wire.headers(wire.new_id("req")))


async def model(request: web.Request) -> web.Response:
    """GET /v1/models/{id}: one model, by alias or dated id."""
    request_id = wire.new_id("req")
    if (found := BY_ID.get(request.match_info["id"])) is None:
        error = ApiError(404, f"model: {request.match_info['id']}")
        return web.json_response(wire.error_body(error, request_id), status=404, headers=wire.headers(request_id))
    return web.json_response(describe(found), headers=wire.headers(request_id))


def add_routes(app: web.Application, simulator: "Simulator") -> None:
    """Add them to `app`."""
    ledger = simulator.ledger

    async def entries(request: web.Request) -> web.Response:
        found = ledger.find(request.query.get("model", ""), request.query.get("contains", ""))
        return web.json_response([entry.as_json() for entry in found])

    async def entry(request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        with contextlib.suppress(TimeoutError):
            await ledger.wait_for(lambda each: each.id == wanted and each.how, float(request.query.get("wait", 0)))
        if (found := ledger.get(wanted)) is None:
            raise web.HTTPNotFound(text=json.dumps({"error": f"no entry {wanted}"}), content_type="application/json")
        return web.json_response(found.as_json())

    async def clear(request: web.Request) -> web.Response:
        ledger.clear()
        return web.json_response({})

    app.router.add_get("/v1/models", models)
    app.router.add_get("/v1/models/{id}", model)
    app.router.add_get("/_simulator/ledger", entries)
    app.router.add_delete("/_simulator/ledger", clear)
    app.router.add_get("/_simulator/ledger/{id}", entry)
