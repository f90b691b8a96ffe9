"""What a prompt costs: counting, caching, and thinking that is bound to it."""

import anthropic
import pytest

from chat.simulator import prompt
from chat.simulator.caching import Cache
from chat.simulator.catalogue import BY_ID

from .conftest import MODEL, asking, sim

LONG = "A remarkably long system prompt about lighthouses. " * 60
CACHED = {"cache_control": {"type": "ephemeral"}}


def turns(*texts):
    roles = ("user", "assistant")
    return [{"role": roles[index % 2], "content": text} for index, text in enumerate(texts)]


async def usage(client, **more):
    return (await client.messages.create(**asking(sim(text="ok")) | more)).usage


async def test_a_conversation_reads_what_the_turn_before_wrote(client):
    first = await usage(client, system=LONG, messages=turns("one"), **CACHED)
    assert first.cache_creation_input_tokens > 512
    assert first.cache_read_input_tokens == 0
    second = await usage(client, system=LONG, messages=turns("one", "answer", "two"), **CACHED)
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert 0 < second.cache_creation_input_tokens < 30
    assert second.cache_creation.ephemeral_5m_input_tokens == second.cache_creation_input_tokens


async def test_the_classes_add_up_to_what_count_tokens_says(client):
    messages = turns("one", "answer", "two")
    await usage(client, system=LONG, messages=turns("one"), **CACHED)
    used = await usage(client, system=LONG, messages=messages, **CACHED)
    counted = await client.messages.count_tokens(model=MODEL, system=LONG, messages=messages)
    total = used.input_tokens + used.cache_read_input_tokens + used.cache_creation_input_tokens
    assert total == counted.input_tokens


async def test_a_changed_system_prompt_reads_nothing(client):
    await usage(client, system=LONG, messages=turns("one"), **CACHED)
    changed = await usage(client, system=LONG + "!", messages=turns("one", "answer", "two"), **CACHED)
    assert changed.cache_read_input_tokens == 0


async def test_a_short_prompt_is_not_cached(client):
    used = await usage(client, messages=turns("one"), **CACHED)
    assert used.cache_creation_input_tokens == used.cache_read_input_tokens == 0


async def test_without_cache_control_everything_is_input(client):
    assert (await usage(client, system=LONG)).input_tokens > 512


async def test_an_hour_is_written_in_its_own_class(client):
    used = await usage(client, system=LONG, cache_control={"type": "ephemeral", "ttl": "1h"})
    assert used.cache_creation.ephemeral_1h_input_tokens == used.cache_creation_input_tokens > 0


async def test_a_mark_on_a_block_caches_up_to_it(client):
    system = [{"type": "text", "text": LONG, **CACHED}]
    await usage(client, system=system)
    used = await usage(client, system=system, messages=turns("another question altogether"))
    assert used.cache_read_input_tokens > 512
    assert used.input_tokens > 3


def test_an_entry_ends_with_its_time(monkeypatch):
    now = 0.0
    monkeypatch.setattr("chat.simulator.caching.time.monotonic", lambda: now)
    cache, model = Cache(), BY_ID[MODEL]
    parts = prompt.parts({"system": LONG, "messages": turns("one"), **CACHED})
    cache.keep(cache.charge(model, parts))
    now = 299.0
    assert cache.charge(model, parts).read > 0
    now = 301.0
    assert cache.charge(model, parts).read == 0


def test_the_cache_looks_back_twenty_blocks():
    cache, model = Cache(), BY_ID[MODEL]
    cache.keep(cache.charge(model, prompt.parts({"system": LONG, "messages": turns("0"), **CACHED})))
    for count, found in ((21, True), (22, False)):
        messages = turns(*(str(number) for number in range(count)))
        assert bool(cache.charge(model, prompt.parts({"system": LONG, "messages": messages, **CACHED})).read) is found


def test_content_as_a_string_or_as_blocks_is_the_same_prefix():
    one = prompt.parts({"messages": turns("one")})
    other = prompt.parts({"messages": turns([{"type": "text", "text": "one", "citations": None, **CACHED}])})
    assert one[0].digest == other[0].digest


async def thought(client):
    asked = asking(sim(text="ok", thinking="Hm."), thinking={"type": "adaptive"}, system="Be kind.")
    first = await client.messages.create(**asked)
    history = [*asked["messages"], {"role": "assistant", "content": [block.to_dict() for block in first.content]}]
    return asked | {"messages": [*history, {"role": "user", "content": "more"}]}


async def test_thinking_may_be_sent_back_as_it_was(client):
    assert await client.messages.create(**await thought(client))


async def test_thinking_is_refused_after_a_change_before_it(client):
    with pytest.raises(anthropic.BadRequestError, match="prefix"):
        await client.messages.create(**await thought(client) | {"system": "Be unkind."})


async def test_thinking_of_another_model_is_passed_over(client):
    assert await client.messages.create(**await thought(client) | {"model": "claude-opus-5-5"})


async def test_a_foreign_signature_is_refused(client):
    request = await thought(client)
    request["messages"][1]["content"][0]["signature"] = "bm90IG91cnM="
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        await client.messages.create(**request)


async def test_images_and_documents_count_flat(client):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    counted = await client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": [image]}])
    assert counted.input_tokens == 1500 + 7


async def test_a_prompt_beyond_the_context_is_refused(client):
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
        await client.messages.create(**asking("word " * 200_001) | {"model": "claude-haiku-4-5"})
