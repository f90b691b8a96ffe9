"""The provider's own bill, played from answers as its documentation shows them."""

from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chat.providers.bill import CostReport, NoBill

FIRST, LAST = date(2026, 11, 18), date(2026, 11, 20)


def item(amount, workspace=None, **fields):
    """One line of a bucket, in the shape of the API."""
    return {
        "amount": amount,
        "currency": "USD",
        "cost_type": None,
        "context_window": None,
        "description": None,
        "inference_geo": None,
        "model": None,
        "service_tier": None,
        "token_type": None,
        "workspace_id": workspace,
        **fields,
    }


def bucket(day, *results):
    """One day."""
    start, end = f"2026-11-{day:02}T00:00:00Z", f"2026-11-{day + 1:02}T00:00:00Z"
    return {"starting_at": start, "ending_at": end, "results": list(results)}


def page(*buckets, next_page=None):
    return {"data": list(buckets), "has_more": next_page is not None, "next_page": next_page}


@asynccontextmanager
async def played(*answers):
    """A server that gives these answers, one after the other; what it was asked is in ``requests``."""
    requests = []

    async def answer(request):
        requests.append(request)
        given = answers[len(requests) - 1]
        return given if isinstance(given, web.Response) else web.json_response(given)

    app = web.Application()
    app.router.add_get("/v1/organizations/cost_report", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")), requests


async def bill_from(*answers, workspace=""):
    async with played(*answers) as (url, _):
        return await CostReport("sk-ant-admin-1", url, workspace).by_day(FIRST, LAST)


async def test_amounts_are_cents_and_add_up_by_day():
    billed = await bill_from(page(bucket(18, item("123.45"), item("0.55")), bucket(19), bucket(20, item("7.000001"))))
    assert billed == {
        date(2026, 11, 18): Decimal("1.24"),
        date(2026, 11, 19): Decimal(0),
        date(2026, 11, 20): Decimal("0.07000001"),
    }


async def test_it_asks_for_whole_days_with_the_admin_key():
    async with played(page()) as (url, requests):
        await CostReport("sk-ant-admin-1", f"{url}/").by_day(FIRST, LAST)
    (request,) = requests
    assert request.headers["x-api-key"] == "sk-ant-admin-1"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert dict(request.query) == {
        "starting_at": "2026-11-18T00:00:00Z",
        "ending_at": "2026-11-21T00:00:00Z",
        "bucket_width": "1d",
        "limit": "31",
    }


async def test_it_reads_all_pages():
    first, second = page(bucket(18, item("100")), next_page="page_2"), page(bucket(19, item("200")))
    async with played(first, second) as (url, requests):
        billed = await CostReport("k", url).by_day(FIRST, LAST)
    assert list(billed.values()) == [1, 2]
    assert [request.query.get("page") for request in requests] == [None, "page_2"]


async def test_pages_that_never_end_are_told_in_a_sentence():
    pages = [page(bucket(day), next_page=name) for day, name in ((18, "page_2"), (19, "page_3"), (20, "page_2"))]
    with pytest.raises(NoBill, match="does not end"):
        await bill_from(*pages)


@pytest.mark.parametrize(("workspace", "usd"), [("", 6), ("wrkspc_1", 2), ("default", 1), ("wrkspc_9", 0)])
async def test_it_can_tell_workspaces_apart(workspace, usd):
    day = bucket(18, item("100"), item("200", "wrkspc_1"), item("300", "wrkspc_2"))
    assert await bill_from(page(day), workspace=workspace) == {FIRST: usd}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web.json_response({"type": "error"}, status=401), "refused ANTHROPIC_ADMIN_KEY"),
        (web.json_response({"type": "error"}, status=403), "refused ANTHROPIC_ADMIN_KEY"),
        (web.json_response({"type": "error"}, status=429), "answered 429"),
        (web.Response(text="<html>"), "could not be fetched"),
        (web.Response(text="{", content_type="application/json"), "could not be fetched"),
        ({"data": 5}, "not what it should be"),
        ([], "not what it should be"),
        (page(bucket(18, item("a lot"))), "not what it should be"),
        (page(bucket(18, item("100", currency="EUR"))), "in EUR"),
        (page(bucket(18, item("NaN"))), "not what it should be"),
        (page(bucket(18), next_page=["2"]), "not what it should be"),
        (page(bucket(18), next_page=""), "does not end"),
    ],
)
async def test_what_is_no_bill_is_told_in_a_sentence(answer, said):
    with pytest.raises(NoBill, match=said):
        await bill_from(answer)


async def test_an_api_that_is_away_is_told_in_a_sentence(unused_port):
    with pytest.raises(NoBill, match="could not be fetched"):
        await CostReport("k", f"http://127.0.0.1:{unused_port}").by_day(FIRST, LAST)
