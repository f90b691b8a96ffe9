"""A small server that speaks the Messages API (version 2026-10-21) over real HTTP, without a model behind it.

It answers when there is no API key, and it is the edge that tests and benchmarks fake:

    async with Simulator(speed=0) as simulator:
        client = AsyncAnthropic(api_key="any", base_url=simulator.url)
        ...
        entry = await simulator.ledger.wait_for(lambda entry: entry.how == "client_closed")

A message may direct it: `[[sim {"tokens": 300, "speed": 40, "fault": "reset", "at": 150}]]`. All keys are the fields of
`directive.Directive`; `docs/simulator.md` explains them, the faults and the ledger.

    tokens, wire, errors      the rules of the wire
    catalogue, validate       models, and what the API refuses
    prompt, caching, signatures   what a prompt costs, what of it is cached, what thinking is bound to
    directive, answers, generators, tools, script   what to answer
    steps, faults, player, ticker   the answer as timed frames, and what breaks
    ledger                    what was billed, and how each connection ended
    messages, records, server the routes and the running server
"""

from .ledger import Entry, Ledger
from .script import answer_text
from .server import Simulator
from .tokens import count, split

__all__ = ["Entry", "Ledger", "Simulator", "answer_text", "count", "split"]
