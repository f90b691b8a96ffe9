"""What the API refuses, refused here as well."""

import io

import aiohttp
import anthropic
import pytest

from .conftest import MODEL, asking

USER = {"role": "user", "content": "hi"}
IMPOSSIBLE = {
    "temperature": {"temperature": 1.0},
    "top_p": {"top_p": 0.9},
    "top_k": {"top_k": 5},
    "no messages": {"messages": []},
    "assistant first": {"messages": [{"role": "assistant", "content": "hi"}, USER]},
    "system first": {"messages": [{"role": "system", "content": "hi"}, USER]},
    "prefill": {"messages": [USER, {"role": "assistant", "content": "I"}]},
    "empty content": {"messages": [{"role": "user", "content": ""}]},
    "empty text": {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]},
    "blank text": {"messages": [{"role": "user", "content": " \n"}]},
    "unknown role": {"messages": [{"role": "tool", "content": "hi"}]},
    "max_tokens missing": {"max_tokens": None},
    "max_tokens zero": {"max_tokens": 0, "stream": True},
    "max_tokens above": {"max_tokens": 128_001},
    "budget": {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    "disabled": {"thinking": {"type": "disabled"}},
    "disabled opus": {"model": "claude-opus-5-5", "thinking": {"type": "between_tools"}},
    "unknown thinking": {"thinking": {"type": "deep"}},
    "budget in adaptive": {"thinking": {"type": "adaptive", "budget_tokens": 2000}},
    "effort": {"thinking": {"type": "between_tools"}, "output_config": {"effort": "max"}},
    "citations": {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "citations": [{"a": 1}]}]}]},
    "five breakpoints": {
        "system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}} for _ in range(5)]
    },
    "ttl": {"cache_control": {"type": "ephemeral", "ttl": "1d"}},
    "thinking of a user": {
        "messages": [{"role": "user", "content": [{"type": "thinking", "thinking": "a", "signature": "b"}]}]
    },
    "document of an assistant": {
        "messages": [USER, {"role": "assistant", "content": [{"type": "document", "source": {}}]}, USER]
    },
    "tool result without use": {
        "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "a"}]}]
    },
    "tool use without result": {
        "messages": [
            USER,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "x", "name": "n", "input": {}}]},
            USER,
        ]
    },
    "lone surrogate": {"messages": [{"role": "user", "content": "a\ud800"}]},
}


async def post(simulator, body, path="/v1/messages", **headers):
    known = {"x-api-key": "k", "anthropic-version": "2026-10-21"} | headers
    async with aiohttp.ClientSession() as session, session.post(simulator.url + path, json=body, headers=known) as got:
        return got.status, await got.json()


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
async def test_it_refuses(simulator, change):
    body = {key: value for key, value in {**asking("hi"), **change}.items() if value is not None}
    status, answer = await post(simulator, body)
    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")
    assert answer["request_id"] == simulator.ledger[-1].id
    assert simulator.ledger[-1].how == "rejected"


POSSIBLE = {
    "null in place of thinking": {"thinking": None},
    "between_tools": {"thinking": {"type": "between_tools"}},
    "disabled haiku": {"model": "claude-haiku-5-5", "thinking": {"type": "disabled"}},
    "budget for 4.5": {"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 2000}},
    "prefill for 4.6": {"model": "claude-opus-4-6", "messages": [USER, {"role": "assistant", "content": "I"}]},
    "system in the middle": {"messages": [USER, {"role": "system", "content": "Today is Monday."}]},
    "two user messages": {"messages": [USER, USER]},
    "citations of an assistant": {
        "messages": [
            USER,
            {"role": "assistant", "content": [{"type": "text", "text": "a", "citations": [{"type": "x"}]}]},
            USER,
        ]
    },
    "metadata": {"metadata": {"user_id": "u"}},
    "warming the cache": {"max_tokens": 0},
    "dated id": {"model": "claude-haiku-4-5-20251001"},
}


@pytest.mark.parametrize("change", POSSIBLE.values(), ids=POSSIBLE.keys())
async def test_it_takes(simulator, change):
    assert (await post(simulator, {**asking("hi"), **change}))[0] == 200


async def test_an_unknown_model_is_not_found(client):
    with pytest.raises(anthropic.NotFoundError, match="model: claude-9"):
        await client.messages.create(**asking("hi") | {"model": "claude-9"})


async def test_counting_checks_too_but_needs_no_max_tokens(client):
    with pytest.raises(anthropic.BadRequestError):
        await client.messages.count_tokens(model=MODEL, messages=[])


async def test_a_body_that_is_no_json_object_is_refused(simulator):
    assert (await post(simulator, [1]))[0] == 400
    async with aiohttp.ClientSession() as session:
        headers = {"x-api-key": "k", "anthropic-version": "2026-10-21", "Content-Type": "application/json"}
        async with session.post(simulator.url + "/v1/messages", data=b"{", headers=headers) as got:
            assert got.status == 400


async def test_a_missing_key_or_version_is_refused(simulator):
    assert (await post(simulator, asking("hi"), **{"x-api-key": ""}))[0] == 401
    assert (await post(simulator, asking("hi"), Authorization="Basic abc", **{"x-api-key": ""}))[0] == 401
    async with (
        aiohttp.ClientSession(simulator.url) as session,
        session.post("/v1/messages", json={}, headers={"x-api-key": "k"}) as got,
    ):
        assert got.status == 400


async def test_a_body_over_32_megabytes_is_too_large(simulator):
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    body = io.BytesIO(b" " * (33 * 1024 * 1024))
    async with (
        aiohttp.ClientSession(simulator.url) as session,
        session.post("/v1/messages", data=body, headers=headers) as got,
    ):
        assert (got.status, (await got.json())["error"]["type"]) == (413, "request_too_large")
