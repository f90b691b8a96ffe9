"""The golden table: what calls used, and what they cost in USD, worked out by hand.

Each row has its arithmetic beside its cost: tokens times USD per million, so it comes to millionths of a dollar. Web
searches cost 10 USD per 1,000, which is 10,000 millionths each. ``None`` is unpriced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from chat.engine.usage import merged


@dataclass(frozen=True)
class Golden:
    """One call: the usage objects that the API sent, in order, and what the call costs."""

    name: str
    model: str
    events: Sequence[dict[str, Any]]
    usd: str | None
    sum: str = ""
    at: str = "2026-11-21"
    answered: str = ""
    end: str = "complete"
    call: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def usage(self) -> dict[str, Any]:
        return reduce(merged, self.events, {})

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)

    @property
    def cost(self) -> Decimal | None:
        return None if self.usd is None else Decimal(self.usd)


def used(input=0, output=0, *, w5=0, w1=0, read=0, searches=0, fetches=0, **more):  # noqa: A002 - the API's own word
    """A usage object of the API."""
    return {
        "input_tokens": input,
        "output_tokens": output,
        "cache_creation_input_tokens": w5 + w1,
        "cache_creation": {"ephemeral_5m_input_tokens": w5, "ephemeral_1h_input_tokens": w1},
        "cache_read_input_tokens": read,
        "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": fetches},
        **more,
    }


SONNET, OPUS, HAIKU, FABLE = "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5", "claude-fable-5-2"
ALL = [used(1234, 567, w5=1000, w1=2000, read=10000, output_tokens_details={"thinking_tokens": 400})]
ESTIMATED, LOWER_BOUND = {"exactness": "estimated"}, {"exactness": "lower_bound"}
OVERLOADED, BAD_REQUEST = {"error_code": "overloaded"}, {"error_code": "bad_request"}
CUT_OFF, TIMED_OUT = {**ESTIMATED, "error_code": "cut_off"}, {**ESTIMATED, "error_code": "timed_out"}
START = {**used(2234, 1, read=300), "cache_creation_input_tokens": 10}
START["cache_creation"] = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}

EVERY_MODEL = [
    Golden(f"every class of {model}", f"claude-{model}", ALL, usd, total)
    for model, usd, total in [
        ("fable-5-2", "0.076552", "1234*8 + 567*40 + 1000*10 + 2000*16 + 10000*0.20"),
        ("mythos-5-2", "0.076552", "1234*8 + 567*40 + 1000*10 + 2000*16 + 10000*0.20"),
        ("fable-5-1", "0.09569", "1234*10 + 567*50 + 1000*12.50 + 2000*20 + 10000*0.25"),
        ("mythos-5-1", "0.09569", "1234*10 + 567*50 + 1000*12.50 + 2000*20 + 10000*0.25"),
        ("fable-5", "0.10319", "1234*10 + 567*50 + 1000*12.50 + 2000*20 + 10000*1.00"),
        ("mythos-5", "0.10319", "1234*10 + 567*50 + 1000*12.50 + 2000*20 + 10000*1.00"),
        ("opus-5-5", "0.039276", "1234*4 + 567*20 + 1000*5 + 2000*8 + 10000*0.20"),
        ("opus-5", "0.051595", "1234*5 + 567*25 + 1000*6.25 + 2000*10 + 10000*0.50"),
        ("opus-4-8", "0.051595", "1234*5 + 567*25 + 1000*6.25 + 2000*10 + 10000*0.50"),
        ("opus-4-7", "0.051595", "1234*5 + 567*25 + 1000*6.25 + 2000*10 + 10000*0.50"),
        ("opus-4-6", "0.051595", "1234*5 + 567*25 + 1000*6.25 + 2000*10 + 10000*0.50"),
        ("opus-4-5", "0.051595", "1234*5 + 567*25 + 1000*6.25 + 2000*10 + 10000*0.50"),
        ("sonnet-5-5", "0.019638", "1234*2 + 567*10 + 1000*2.50 + 2000*4 + 10000*0.10"),
        ("sonnet-5", "0.020638", "1234*2 + 567*10 + 1000*2.50 + 2000*4 + 10000*0.20"),
        ("sonnet-4-6", "0.030957", "1234*3 + 567*15 + 1000*3.75 + 2000*6 + 10000*0.30"),
        ("sonnet-4-5", "0.030957", "1234*3 + 567*15 + 1000*3.75 + 2000*6 + 10000*0.30"),
        ("haiku-5-5", "0.0010319", "1234*0.10 + 567*0.50 + 1000*0.125 + 2000*0.20 + 10000*0.01"),
        ("haiku-4-5", "0.010319", "1234*1 + 567*5 + 1000*1.25 + 2000*2 + 10000*0.10"),
    ]
]

EVERY_CLASS = [
    Golden("nothing", SONNET, [{}], "0", "0"),
    Golden("input alone", SONNET, [used(333)], "0.000666", "333*2"),
    Golden("output alone", SONNET, [used(0, 333)], "0.00333", "333*10"),
    Golden("cache write of 5 min alone", SONNET, [used(w5=333)], "0.0008325", "333*2.50"),
    Golden("cache write of 1 h alone", SONNET, [used(w1=333)], "0.001332", "333*4"),
    Golden("cache read alone", SONNET, [used(read=333)], "0.0000333", "333*0.10"),
    Golden("searches alone", SONNET, [used(searches=7)], "0.07", "7*10000"),
    Golden("a tool nobody knows the price of", SONNET, [used(server_tool_use={"code_execution_requests": 7})], None),
    Golden("a fetch has no fee", SONNET, [used(1000, fetches=9)], "0.002", "1000*2 + 9*0"),
    Golden(
        "thinking is output",
        OPUS,
        [used(10, 900, output_tokens_details={"thinking_tokens": 880})],
        "0.01804",
        "10*4 + 900*20",
    ),
    Golden("a single token", HAIKU, [used(read=1)], "0.00000001", "1*0.01"),
    Golden("a whole context", FABLE, [used(0, 128000, read=872000)], "5.2944", "128000*40 + 872000*0.20"),
]

BANDS = [
    Golden("just below the band", HAIKU, [used(100000, 1000)], "0.0105", "100000*0.10 + 1000*0.50"),
    Golden("just above the band", HAIKU, [used(100001, 1000)], "0.0525005", "100001*0.50 + 1000*2.50"),
    Golden(
        "below it with the cache", HAIKU, [used(1, 1000, read=99999)], "0.00150009", "1*0.10 + 99999*0.01 + 1000*0.50"
    ),
    Golden(
        "above it by the cache", HAIKU, [used(1, 1000, read=100000)], "0.0075005", "1*0.50 + 100000*0.05 + 1000*2.50"
    ),
    Golden("above it by writes", HAIKU, [used(w5=60000, w1=40001)], "0.077501", "60000*0.625 + 40001*1.00"),
    Golden("output is not in it", HAIKU, [used(100000, 128000)], "0.074", "100000*0.10 + 128000*0.50"),
    Golden("searches are not in it", HAIKU, [used(100001, searches=2)], "0.0700005", "100001*0.50 + 2*10000"),
]

HISTORY = [
    Golden(
        "the last moment of a price", SONNET, [used(read=50000)], "0.01", "50000*0.20", at="2026-10-06T23:59:59.999999"
    ),
    Golden("the first moment of the next", SONNET, [used(read=50000)], "0.005", "50000*0.10", at="2026-10-07"),
    Golden("the day a model came out", FABLE, [used(100, 100)], "0.0048", "100*8 + 100*40", at="2026-11-09"),
    Golden("before a model came out", FABLE, [used(100, 100)], None, at="2026-11-08T23:59:59"),
    Golden("a dated snapshot", SONNET, [used(1000)], "0.002", "1000*2", answered="claude-sonnet-5-5-20260928"),
    Golden("a snapshot that was asked for", "claude-haiku-4-5-20251001", [used(1000)], "0.001", "1000*1"),
    Golden("another model answers", OPUS, [used(1000)], "0.005", "1000*5", answered="claude-opus-5"),
    Golden("a model nobody knows", "claude-next-9", [used(1000)], None),
]

TERMS = [
    Golden("anywhere", OPUS, [used(1000, 10, inference_geo="global")], "0.0042", "1000*4 + 10*20"),
    Golden("where it cannot be chosen", OPUS, [used(1000, inference_geo="not_available")], "0.004", "1000*4"),
    Golden(
        "in the US",
        OPUS,
        [used(1000, 10, w5=3, read=7, inference_geo="us")],
        "0.00463804",
        "1000*4.4 + 10*22 + 3*5.5 + 7*0.22",
    ),
    Golden("in the US, long", HAIKU, [used(100001, inference_geo="us")], "0.05500055", "100001*0.55"),
    Golden(
        "searches cost the same there", OPUS, [used(1000, searches=1, inference_geo="us")], "0.0144", "1000*4.4 + 10000"
    ),
    Golden("on the moon", OPUS, [used(1000, inference_geo="moon")], None),
    Golden("fast", OPUS, [used(1000, 100, w1=10, speed="fast")], "0.01216", "1000*8 + 100*40 + 10*16"),
    Golden("fast, the one before", "claude-opus-5", [used(1000, 100, speed="fast")], "0.015", "1000*10 + 100*50"),
    Golden("fast in the US", OPUS, [used(1000, 100, speed="fast", inference_geo="us")], "0.0132", "1000*8.8 + 100*44"),
    Golden("not fast", OPUS, [used(1000, 100, speed="standard")], "0.006", "1000*4 + 100*20"),
    Golden("fast where nobody knows the price", SONNET, [used(1000, speed="fast")], None),
    Golden(
        "in a batch", SONNET, [used(1000, 100, read=10, service_tier="batch")], "0.0015005", "1000*1 + 100*5 + 10*0.05"
    ),
    Golden(
        "in a batch in the US", SONNET, [used(1000, service_tier="batch", inference_geo="us")], "0.0011", "1000*1.1"
    ),
    Golden("with priority", SONNET, [used(1000, service_tier="priority")], "0.002", "1000*2"),
    Golden("in a tier nobody knows", SONNET, [used(1000, service_tier="flex")], None),
]

STREAMS = [
    Golden(
        "counts are cumulative",
        SONNET,
        [used(50, 1), {"output_tokens": 10}, {"output_tokens": 30}],
        "0.0004",
        "50*2 + 30*10",
    ),
    Golden(
        "an absent count stands",
        SONNET,
        [START, {"output_tokens": 510}],
        "0.009632",
        "2234*2 + 4*2.50 + 6*4 + 300*0.10 + 510*10",
    ),
    Golden(
        "a zero is a zero",
        SONNET,
        [used(50, 1, read=900), {"cache_read_input_tokens": 0, "output_tokens": 0}],
        "0.0001",
        "50*2 + 0*0.10 + 0*10",
    ),
    Golden(
        "a null is absent", SONNET, [used(50, 1), {"input_tokens": None, "output_tokens": 3}], "0.00013", "50*2 + 3*10"
    ),
    Golden(
        "a tool loop outgrows the split of its start: the rest was asked for 5 min",
        SONNET,
        [
            START,
            {
                "input_tokens": 9281,
                "cache_creation_input_tokens": 12,
                "output_tokens": 510,
                "server_tool_use": {"web_search_requests": 2},
            },
        ],
        "0.043731",
        "9281*2 + 6*2.50 + 6*4 + 300*0.10 + 510*10 + 2*10000",
    ),
    Golden("a tool that is not told again", SONNET, [used(searches=2), {"server_tool_use": {}}], "0.02", "2*10000"),
    Golden("writes without a split", SONNET, [{"cache_creation_input_tokens": 700}], "0.00175", "700*2.50"),
]

COMPACTION = {"type": "compaction", "input_tokens": 180000, "output_tokens": 3500}
MESSAGE = {"type": "message", "input_tokens": 23000, "output_tokens": 1000}
DECLINED = {"type": "message", "model": FABLE, **used(1000, 10)}
FALLBACK = {"type": "fallback_message", "model": OPUS, **used(1000, 100, w1=50)}
ITERATIONS = [
    Golden(
        "a compaction is not at the top",
        SONNET,
        [used(23000, 1000), {"iterations": [COMPACTION, MESSAGE]}],
        "0.451",
        "180000*2 + 3500*10 + 23000*2 + 1000*10",
    ),
    Golden(
        "a fallback costs both models",
        FABLE,
        [used(1000, 100, w1=50), {"iterations": [DECLINED, FALLBACK]}],
        "0.0148",
        "1000*8 + 10*40 + 1000*4 + 100*20 + 50*8",
        answered=OPUS,
    ),
    Golden(
        "each iteration has its band",
        HAIKU,
        [{"iterations": [COMPACTION, MESSAGE]}],
        "0.10155",
        "180000*0.50 + 3500*2.50 + 23000*0.10 + 1000*0.50",
    ),
    Golden(
        "what is counted after the iterations is of the last",
        SONNET,
        [
            used(23000, 1),
            {"output_tokens": 1000, "iterations": [COMPACTION, MESSAGE]},
            {"input_tokens": 23500, "output_tokens": 1700},
        ],
        "0.459",
        "180000*2 + 3500*10 + 23500*2 + 1700*10",
    ),
    Golden(
        "searches beside iterations",
        SONNET,
        [used(searches=3), {"iterations": [MESSAGE, MESSAGE]}],
        "0.142",
        "23000*2 + 1000*10 + 23000*2 + 1000*10 + 3*10000",
    ),
    Golden(
        "an iteration with a split of its own",
        SONNET,
        [START, {"iterations": [used(9, 9, w1=4), used(1, 2, w5=8)]}],
        "0.000166",
        "9*2 + 9*10 + 4*4 + 1*2 + 2*10 + 8*2.50",
    ),
    Golden(
        "an iteration of a model nobody knows",
        SONNET,
        [{"iterations": [MESSAGE, {**MESSAGE, "model": "claude-next-9"}]}],
        None,
    ),
]

ENDS = [
    Golden("refused before any output", OPUS, [used(5000, 1)], "0", "0*4", call={"billed": False}),
    Golden("refused in the middle", OPUS, [used(5000, 1), {"output_tokens": 40}], "0.0208", "5000*4 + 40*20"),
    Golden("stopped", SONNET, [used(5000, 120)], "0.0112", "5000*2 + 120*10", end="stopped", call=ESTIMATED),
    Golden(
        "stopped while thinking", OPUS, [used(5000, 80)], "0.0216", "5000*4 + 80*20", end="stopped", call=LOWER_BOUND
    ),
    Golden("stopped before the stream began", SONNET, [used(5000)], "0.01", "5000*2", end="stopped", call=ESTIMATED),
    Golden("stopped before the API was asked", SONNET, [{}], "0", "0", end="stopped"),
    Golden("an error status", SONNET, [{}], "0", "0", end="failed", call=OVERLOADED),
    Golden("an error status of an unknown model", "claude-next-9", [{}], "0", "0", end="failed", call=BAD_REQUEST),
    Golden(
        "cut off",
        SONNET,
        [used(300, 45, read=5000)],
        "0.00155",
        "300*2 + 45*10 + 5000*0.10",
        end="failed",
        call=CUT_OFF,
    ),
    Golden("timed out before the stream began", SONNET, [used(420)], "0.00084", "420*2", end="failed", call=TIMED_OUT),
    Golden("the first try of two", SONNET, [{}], "0", "0", end="failed", call=OVERLOADED),
    Golden("the second try of two", SONNET, [used(420, 99)], "0.00183", "420*2 + 99*10", record={"attempt": 2}),
    Golden(
        "killed in the middle",
        SONNET,
        [used(420, 70, w5=900)],
        "0.00379",
        "420*2 + 70*10 + 900*2.50",
        end="interrupted",
        call=LOWER_BOUND,
    ),
    Golden("killed, and nothing is known", SONNET, [{}], "0", "0", end="interrupted", call=LOWER_BOUND),
    Golden("a title", HAIKU, [used(180, 6)], "0.000021", "180*0.10 + 6*0.50", record={"purpose": "title"}),
]

TABLE = [*EVERY_MODEL, *EVERY_CLASS, *BANDS, *HISTORY, *TERMS, *STREAMS, *ITERATIONS, *ENDS]
