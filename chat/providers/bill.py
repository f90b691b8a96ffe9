"""What the provider itself says it billed, by day: the cost report of the Admin API, which the SDK does not know."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import aiohttp

API = "https://api.anthropic.com"
_PATH = "/v1/organizations/cost_report"
_VERSION = "2023-06-01"
_CENTS = 100
_PAGE = 31  # the most days that the API gives at a time
_SECONDS = 30
_DEFAULT_WORKSPACE = "default"


class NoBill(Exception):
    """The bill cannot be read; the sentence says why."""


class Bill(Protocol):
    """The port: where the provider's own figures come from."""

    async def by_day(self, first: date, last: date) -> Mapping[date, Decimal]:
        """USD billed on each day in UTC, both ends included; raises `NoBill`."""
        ...


class CostReport:
    """The bill of an organisation, or of one of its workspaces (``default`` is the one without an id)."""

    def __init__(self, key: str, base_url: str = "", workspace: str = "") -> None:
        self._url = (base_url or API).rstrip("/") + _PATH
        self._headers = {"x-api-key": key, "anthropic-version": _VERSION}
        self._workspace = workspace
        self._trust_env = not base_url  # a proxy of the environment is for the API itself, not for a gateway

    async def by_day(self, first: date, last: date) -> Mapping[date, Decimal]:
        """See the port."""
        query = {"starting_at": _midnight(first), "ending_at": _midnight(last + timedelta(days=1))}
        query |= {"bucket_width": "1d", "limit": str(_PAGE)}
        if self._workspace:
            query["group_by[]"] = "workspace_id"
        billed: dict[date, Decimal] = {}
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout, trust_env=self._trust_env) as session:
            page: str | None = ""
            given = {page}
            while page is not None:
                answer = await self._get(session, {**query, "page": page} if page else query)
                try:
                    for bucket in answer["data"]:
                        billed[datetime.fromisoformat(bucket["starting_at"]).date()] = self._usd(bucket["results"])
                    page = answer["next_page"] if answer["has_more"] else None
                    if page in given:
                        raise NoBill("The cost report does not end: its next page is one that it gave already.")
                    given.add(page)
                except (LookupError, TypeError, ValueError, InvalidOperation) as error:
                    raise NoBill(f"The cost report is not what it should be: {error!r}.") from error
        return billed

    async def _get(self, session: aiohttp.ClientSession, query: Mapping[str, str]) -> Any:
        try:
            async with session.get(self._url, params=query) as response:
                if response.status in {401, 403}:
                    raise NoBill("The API refused ANTHROPIC_ADMIN_KEY: it must be an admin key (sk-ant-admin...).")
                if response.status != 200:
                    raise NoBill(f"The API answered {response.status} instead of a cost report. Try again later.")
                return await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NoBill(f"The cost report could not be fetched: {error!r}.") from error

    def _usd(self, results: list[Mapping[str, Any]]) -> Decimal:
        wanted = None if self._workspace == _DEFAULT_WORKSPACE else self._workspace
        ours = [each for each in results if not self._workspace or each["workspace_id"] == wanted]
        if strange := {each["currency"] for each in ours} - {"USD"}:
            raise NoBill(f"The cost report is in {', '.join(sorted(strange))}; only USD can be compared.")
        usd = sum((Decimal(each["amount"]) for each in ours), Decimal(0)) / _CENTS
        if not usd.is_finite():
            raise ValueError(f"{usd} is no amount")
        return usd


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat().replace("+00:00", "Z")
