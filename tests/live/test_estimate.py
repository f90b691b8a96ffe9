"""What a call used that did not come to its end, worked out from its events."""

from chat.engine.events import BlockEnded, BlockStarted, Started, UsageSeen
from chat.engine.provider import Prompt
from chat.engine.reply import Reply
from chat.ledger import Call
from chat.live.estimate import estimated
from chat.providers import get_provider

MODEL = "claude-sonnet-5-5"
PROMPT = Prompt(MODEL, [{"role": "user", "content": "Why?"}], 1000)
START = UsageSeen({"input_tokens": 90, "output_tokens": 1})
SEARCH = BlockStarted(0, {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})


async def usage_of(*events):
    """The usage of a call that broke off after these events."""
    reply = Reply([Started(MODEL, "req_1"), START, *events])
    return (await estimated(await get_provider(), PROMPT, reply, Call(1))).usage


async def test_the_searches_that_were_seen_leave_the_other_tools_as_the_api_counted_them(upstream):
    told = UsageSeen({"server_tool_use": {"web_fetch_requests": 2, "code_execution_requests": 3}})
    usage = await usage_of(told, SEARCH, BlockEnded(0))
    tools = {"web_search_requests": 1, "web_fetch_requests": 2, "code_execution_requests": 3}
    assert usage["server_tool_use"] == tools
