"""Every page of the administration that lists something: what `benchmarks.admin` opens.

Nothing is picked by hand. Of each registered list it is the list itself, each column that orders it both ways, each
choice of each filter, and each of these in the order of the dearest first where there is one; what forms and the search
take; the middle and the last page; and of the dashboard each range, of two of them with every list that they lead to.
"""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlencode

from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from chat.admin.form_filters import FormFilter
from chat.models import Message, UsageRecord, User

DASHBOARD = (
    *(f"range={name}" for name in ("today", "7-days", "30-days", "this-month", "last-month", "year")),
    (EVER := "from=2000-01-01&to=2999-12-31"),
)
FOLLOWED = ("range=30-days", EVER)
"""The ranges of which all lists are opened that they lead to."""
WORDS = ("answer", "sourdough", "zzzznowhere", "team customer", '"quarterly report"', "the -team", "a", "😀")
DEAREST = ("charged", "cost", "ever")
"""The columns by which lists are ordered to see what cost most."""


def pages(keeper: User) -> Iterator[str]:
    """Their addresses, each once."""
    seen = set()
    for url in (*_lists(keeper), *_dashboard(keeper), *_details()):
        if url not in seen:
            seen.add(url)
            yield url


def _lists(keeper: User) -> Iterator[str]:
    searches = [*WORDS, *_people(), *_requests()]
    for model, model_admin in admin.site._registry.items():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        changelist = _changelist(model_admin, url, keeper)
        columns = [number for number, header in enumerate(result_headers(changelist)) if header["sortable"]]
        dearest = next((n for n, name in enumerate(changelist.list_display) if name in DEAREST and n in columns), None)
        queries = ["", *_filtered(changelist)]
        if model_admin.search_fields:
            queries += [urlencode({"q": term}) for term in searches]
        yield from (f"{url}?{query}" for query in queries)
        yield from (f"{url}?o={sign}{number}" for number in columns for sign in ("", "-"))
        if dearest is not None:
            yield from (f"{url}?{query}{'&' * bool(query)}o=-{dearest}" for query in queries)
        last = changelist.paginator.num_pages
        yield from (f"{url}?p={page}" for page in sorted({last // 2, last}) if page > 1)


def _changelist(model_admin: admin.ModelAdmin, url: str, keeper: User) -> ChangeList:
    request = RequestFactory().get(url)
    request.user = keeper
    return model_admin.get_changelist_instance(request)


def _filtered(changelist: ChangeList) -> Iterator[str]:
    for spec in changelist.filter_specs:
        yield from (str(choice["query_string"]).lstrip("?") for choice in spec.choices(changelist))
        if isinstance(spec, FormFilter):
            yield from (urlencode(given) for given in _typed([each.name for each in spec.inputs()]))


def _typed(names: list[str]) -> Iterator[dict[str, str]]:
    """What somebody would type into these fields of a form."""
    today = timezone.localdate()
    if names[0].endswith("_name"):
        yield from ({names[0]: term} for term in _people())
    elif names[0].endswith("_since"):
        yield {names[0]: date(today.year - 1, today.month, 1).isoformat()}
        yield {names[1]: today.isoformat()}
        yield (day := {names[0]: today.isoformat(), names[1]: today.isoformat()})
        yield from ({**day, name: "9"} for name in names if name.endswith("_hour"))
    else:
        yield {names[0]: "0.02", names[1]: "0.05"}


def _people() -> list[str]:
    """The name of who made most calls, a part of many names, and one letter of almost all."""
    most = User.objects.annotate(calls=Count("usage_records")).order_by("-calls")[0].username
    return [most, most.split(".")[0], "a"]


def _requests() -> list[str]:
    """The request of an old call, what many begin with, and what all begin with; an error; the id of a message."""
    old = UsageRecord.objects.exclude(request_id="").order_by("pk")[0].request_id
    return [old, old[:6], "req_", "overloaded", str(Message.objects.order_by("pk")[0].pk)]


def _dashboard(keeper: User) -> Iterator[str]:
    client = Client(headers={"host": "localhost"})
    client.force_login(keeper)
    kinds = set()
    for query in DASHBOARD:
        url = f"/admin/?{query}"
        yield url
        if query not in FOLLOWED:
            continue
        for link in re.findall(r'href="(/admin/chat/[^"]*\?[^"]*)"', client.get(url).content.decode()):
            path = unescape(link)
            given = parse_qs(path.partition("?")[2])
            whole = given.get("started_at_since") != given.get("started_at_until")
            kind = (query, whole, *sorted((name, *v) for name, v in given.items() if not name.startswith("started_at")))
            if kind not in kinds:  # of the columns of a chart, which differ by their days, one
                kinds.add(kind)
                yield f"{path.partition('?')[0]}?{urlencode(parse_qsl(path.partition('?')[2]))}"


def _details() -> Iterator[str]:
    """The person, and the conversation, of whom and which there is most."""
    person = User.objects.annotate(calls=Count("usage_records")).order_by("-calls")[0]
    longest = Message.objects.order_by().values_list("conversation").annotate(n=Count("pk")).order_by("-n")[0][0]
    yield reverse("admin:chat_user_change", args=[person.pk])
    yield reverse("admin:chat_conversation_change", args=[longest])
    yield f"{reverse('admin:chat_usagerecord_changelist')}?conversation={longest}"
    chats, year = reverse("admin:chat_conversation_changelist"), timezone.localdate().year - 1
    yield f"{chats}?person={person.pk}&q=%22of+the%22"
    yield f"{chats}?updated_at_since={year}-12-01&updated_at_until={year}-12-31&q={WORDS[0]}"
