"""The figures that are looked at first."""

from collections.abc import Callable
from dataclasses import dataclass

from chat.admin.rankings import change, percent
from chat.admin.records import Records
from chat.models import UsageRecord
from chat.reports.figures import Figures
from chat.templatetags.figures import money, short, signed, tokens


@dataclass(frozen=True)
class Tile:
    """One figure, how it differs from the span before, and what to know about it."""

    label: str
    value: str
    href: str
    change: str = ""
    difference: str = ""
    note: str = ""


def tiles(found: Figures, prior: Figures | None, records: Records) -> list[Tile]:
    """Spend, answers, people, tokens, and what caching saved."""
    return [
        _spend(found, prior, records),
        _answers(found, prior, records),
        _tile(
            "People", found.people, prior.people if prior else None, tokens, records.href(), note="who asked something"
        ),
        _tokens(found, prior, records),
        _saved(found, prior, records),
    ]


def _spend(found: Figures, prior: Figures | None, records: Records) -> Tile:
    now, before = found.totals, prior.totals if prior else None
    note = f"{money(now.inexact)} of it not exact" if now.inexact else "exact" if now.calls else ""
    return Tile(
        "Spend",
        money(now.cost, now.exactness),
        records.href(),
        change(now.cost, before.cost if before else None),
        signed(now.cost - before.cost) if before else "",
        note,
    )


def _answers(found: Figures, prior: Figures | None, records: Records) -> Tile:
    done, every = found.ends.get("complete", 0), sum(found.ends.values())
    href = records.href(end__exact="complete", purpose__exact=UsageRecord.Purpose.ANSWER.value)
    note = f"{percent(done, every)} of the calls for answers" if every else ""
    return _tile("Finished answers", done, prior.ends.get("complete", 0) if prior else None, tokens, href, note)


def _tokens(found: Figures, prior: Figures | None, records: Records) -> Tile:
    totals = found.totals
    note = f"{percent(totals.usage.cache_read, totals.usage.prompt)} of the prompts from the cache"
    before = prior.totals.tokens if prior else None
    return _tile("Tokens", totals.tokens, before, short, records.href(), note if totals.usage.prompt else "")


def _saved(found: Figures, prior: Figures | None, records: Records) -> Tile:
    saved = found.saved
    word = "more than without the cache" if saved < 0 else "against plain input"
    difference = f"{signed(saved - prior.saved)}" if prior else ""
    return Tile("Saved by caching", signed(saved), records.href(tokens="cache_read"), "", difference, word)


def _tile(label: str, now: int, before: int | None, say: Callable[[int], str], href: str, note: str) -> Tile:
    difference = "" if before is None else f"{'−' if now < before else '+'}{say(abs(now - before))}"
    return Tile(label, say(now), href, change(now, before), difference if before is not None else "", note)
