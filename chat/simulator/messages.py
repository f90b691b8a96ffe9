"""POST /v1/messages and /v1/messages/count_tokens: from the request to a played stream or a whole message."""

import asyncio
import math
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import faults, prompt, script, signatures, steps, validate, wire
from .catalogue import Model
from .directive import Directive
from .errors import ApiError
from .ledger import Entry
from .player import Player, reset

if TYPE_CHECKING:
    from .server import Simulator

INVALID_KEY = "sk-ant-invalid"
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}


class Exchange:
    """One request to the Messages API and its answer."""

    def __init__(self, simulator: "Simulator", request: web.Request) -> None:
        self.simulator, self.request = simulator, request
        self.entry: Entry = simulator.ledger.open(wire.new_id("req"), request.path)
        self.entry.retry = int(request.headers.get("x-stainless-retry-count", 0))
        self.body: dict[str, Any] = {}
        self.parts: list[prompt.Part] = []

    def close(self, how: str) -> None:
        """Note the end in the ledger."""
        self.simulator.ledger.close(self.entry, how)

    def json(self, body: object, status: int = 200, **more: str) -> web.Response:
        """A JSON response with the API's headers."""
        self.entry.status = status
        headers = wire.headers(self.entry.id, prompt.count(self.parts)) | more
        return web.json_response(body, status=status, headers=headers, dumps=wire.compact)

    async def read(self, counting: bool) -> Model:
        """The model of a request that passed all checks; ApiError otherwise."""
        authenticate(self.request)
        try:
            self.body = self.entry.body = await self.request.json()
        except web.HTTPRequestEntityTooLarge:
            raise ApiError(413) from None
        except ValueError:
            raise ApiError(400, "The request body is not valid JSON") from None
        if not isinstance(self.body, dict):
            raise ApiError(400, "The request body must be a JSON object")
        self.entry.model = str(self.body.get("model", ""))
        model = validate.check(self.body, counting)
        self.parts = prompt.parts(self.body)
        signatures.check(model.id, self.body, self.parts)
        if (total := prompt.count(self.parts)) > model.context:
            raise ApiError(400, f"prompt is too long: {total} tokens > {model.context} maximum")
        return model

    async def count(self) -> web.StreamResponse:
        """Answer count_tokens."""
        await self.read(counting=True)
        self.close("finished")
        return self.json({"input_tokens": prompt.count(self.parts)})

    async def create(self) -> web.StreamResponse:
        """Answer a message, streamed or whole."""
        model = await self.read(counting=False)
        rules = self.simulator.directed(prompt.last_user_text(self.body))
        directive, text = script.resolve(self.body, rules)
        broken = self.simulator.attempts.arm(directive, text)
        self.entry.fault = str(directive.fault) if broken else None
        plan = script.plan(directive, text, self.body, model, signatures.sign(model.id, self.parts[-1].digest))
        await asyncio.sleep(directive.head_delay)
        if broken and (early := await self.play_early(directive)) is not None:
            return early
        charge = self.simulator.cache.charge(model, self.parts)
        self.simulator.ledger.charge(self.entry, charge)
        self.simulator.cache.keep(charge)
        if self.body.get("stream"):
            return await self.stream(plan, broken)
        return await self.whole(plan, broken)

    async def play_early(self, directive: Directive) -> web.StreamResponse | None:
        """The faults that come instead of an answer; None for those inside a stream."""
        match directive.fault:
            case int(status):
                error = ApiError(status, directive.message, directive.error_type, directive.error_code)
                more = {} if directive.retry_after is None else {"retry-after": str(directive.retry_after)}
                self.close(str(status))
                return self.json(wire.error_body(error, self.entry.id), status, **more)
            case "html":
                self.entry.status = directive.status
                self.close("html")
                return web.Response(text=HTML, status=directive.status, content_type="text/html")
            case "json":
                self.close("json")
                return self.json({"status": "ok"}, directive.status)
            case "hang":
                await forever()
            case "close":
                return self.drop("close")
        return None

    def drop(self, how: str) -> web.StreamResponse:
        """Close the connection without a byte of response."""
        transport = self.request.transport
        self.close(how)
        if transport is not None:
            reset(transport) if how == "reset" else transport.close()
        return web.Response()

    async def stream(self, plan: script.Plan, broken: bool) -> web.StreamResponse:
        """Play the answer as Server-Sent Events."""
        headers = wire.headers(self.entry.id, prompt.count(self.parts))
        response = web.StreamResponse(headers=STREAM_HEADERS | headers)
        response.enable_chunked_encoding()
        await response.prepare(self.request)
        self.entry.status = 200
        transport = self.request.transport
        if transport is None:
            raise ConnectionResetError("the client left before the head")
        found = steps.stream(plan, self.entry, wire.new_id("msg"))
        found = faults.inject(found, plan.directive) if broken else found
        await Player(
            transport, found, self.speed(plan), self.entry, self.simulator.ledger, self.simulator.ticker
        ).play()
        return response

    def speed(self, plan: script.Plan) -> float:
        """Deltas a second."""
        return self.simulator.speed if plan.directive.speed is None else plan.directive.speed

    async def whole(self, plan: script.Plan, broken: bool) -> web.StreamResponse:
        """The answer as one JSON message, after the time its stream would have taken."""
        if broken and plan.directive.fault in ("reset", "cut"):
            return self.drop("reset")
        if broken and plan.directive.fault in ("silence", "pings") and plan.directive.seconds is None:
            await forever()
        if broken and plan.directive.fault == "error":
            raise ApiError(529, plan.directive.message)
        await self.generate(plan)
        self.simulator.ledger.begin(self.entry)
        self.close("finished")
        return self.json(steps.message(plan, self.entry, wire.new_id("msg")))

    async def generate(self, plan: script.Plan) -> None:
        """Make all content at its speed, so that a client that leaves early is billed for what there was."""
        loop = asyncio.get_running_loop()
        interval = 1 / speed if (speed := self.speed(plan)) else 0.0
        due = loop.time() + plan.directive.first_delay
        for step in steps.content(plan, self.entry):
            if due - loop.time() > 0.005:
                await asyncio.sleep(due - loop.time())
            if step.tokens:
                self.entry.generated(step.tokens, step.text, step.thinking)
                due += interval


async def forever() -> None:
    """Wait until the client leaves."""
    await asyncio.sleep(math.inf)


def authenticate(request: web.Request) -> None:
    """Any key will do, except none and the one that stands for a wrong one; ApiError 401."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if not key or key == INVALID_KEY:
        raise ApiError(401)
    if "anthropic-version" not in request.headers:
        raise ApiError(400, "anthropic-version: header is required")


def add_routes(app: web.Application, simulator: "Simulator") -> None:
    """Add them to `app`."""

    async def serve(request: web.Request) -> web.StreamResponse:
        exchange = Exchange(simulator, request)
        try:
            counting = request.path.endswith("count_tokens")
            return await (exchange.count() if counting else exchange.create())
        except ApiError as error:
            exchange.close("rejected")
            return exchange.json(wire.error_body(error, exchange.entry.id), error.status)
        except (asyncio.CancelledError, ConnectionError):
            exchange.close("stopped" if simulator.stopping else "client_closed")
            raise

    app.router.add_post("/v1/messages", serve)
    app.router.add_post("/v1/messages/count_tokens", serve)
