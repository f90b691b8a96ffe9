"""People: Django's own pages, with what each of them spent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from chat import people
from chat.admin.changelist import FiguresChangeList, Listed, when
from chat.admin.deletion import SaysWhatIsKept, named, too_many
from chat.models import Conversation, Message, User
from chat.reports import Totals
from chat.reports.figures import spent_in, totals_of_people
from chat.reports.spans import EARLIEST, LATEST, USUAL, Span, day_of, usual
from chat.templatetags.figures import money


@dataclass(frozen=True, slots=True)
class Figures:
    """What a person did and spent."""

    conversations: int
    last_active: datetime | None
    today: Totals
    days: Totals
    ever: Totals


class PeopleChangeList(FiguresChangeList):
    """A list that can be ordered by the figures; those of everybody are read only when it is."""

    def get_ordering_field(self, field_name: Any) -> Any:
        """What the database orders by."""
        owned = Conversation.objects.order_by().filter(owner=OuterRef("pk")).values("owner")
        if span := _spans(now := timezone.now()).get(field_name):
            return spent_in(span, now)
        if field_name == "chats":
            return Coalesce(Subquery(owned.annotate(count=Count("pk")).values("count")), 0)
        if field_name == "last_active":
            return Subquery(owned.annotate(last=Max("updated_at")).values("last"))
        return super().get_ordering_field(field_name)


@admin.register(User)
class UserAdmin(SaysWhatIsKept, Listed, DjangoUserAdmin):
    """Everybody with an account."""

    list_display = ("username", "name", "role", "chats", "today", "days", "ever", "last_active")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    list_per_page = 50
    readonly_fields = ("spending", "last_login", "date_joined")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    changelist = PeopleChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Those whose account was not deleted."""
        return super().get_queryset(request).filter(deleted_at=None)

    def figures(self, keys: list[int]) -> dict[int, Figures]:
        """What the people of a page did and spent."""
        now = timezone.now()
        owned = Conversation.objects.order_by().filter(owner__in=keys).values_list("owner")
        activity = {owner: (count, last) for owner, count, last in owned.annotate(Count("pk"), Max("updated_at"))}
        spending = [totals_of_people(span, now, keys) for span in _spans(now).values()]
        return {
            key: Figures(*activity.get(key, (0, None)), *(totals.get(key, Totals()) for totals in spending))
            for key in keys
        }

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Django's, and what the person spent."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else [(None, {"fields": ("spending",)}), *fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only superusers hand out powers."""
        powers = ("is_staff", "is_superuser", "groups", "user_permissions")
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *powers)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who administers people may not take over a superuser's account."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """See `has_change_permission`."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the people and count the rest: there may be thousands of messages."""
        persons = list(objs)
        conversations = Conversation.objects.filter(owner__in=persons).count()
        said = Message.objects.filter(conversation__owner__in=persons).count()
        lacking = (
            {str(self.opts.verbose_name)}
            if any(not self.has_delete_permission(request, each) for each in persons)
            else set()
        )
        if conversations and not request.user.has_perm("chat.delete_conversation"):
            lacking.add(str(Conversation._meta.verbose_name))
        counts = {"users": len(persons), "conversations": conversations, "messages": said}
        return named(persons), counts, lacking, [*too_many(persons), *people.obstacles(persons)]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's, but not in a transaction: whoever writes an answer has to see that it is to stop."""
        return self._or_why(request, self._delete_view, object_id, extra_context)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """The texts go, what they cost stays."""
        people.delete(obj)
        # By the name that says nothing, and that the usage records have from now on.
        self.log_gone(request, obj)

    @admin.display(description="name")
    def name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @admin.display(description="role", ordering="is_staff")
    def role(self, user: User) -> str:
        """What the person may do here."""
        if not user.is_active:
            return "inactive"
        return "superuser" if user.is_superuser else "staff" if user.is_staff else ""

    @admin.display(description="conversations", ordering="chats")
    def chats(self, user: Any) -> str:
        """How many."""
        return f"{user.figures.conversations:,}"

    @admin.display(description="today", ordering="today")
    def today(self, user: Any) -> str:
        """USD since midnight."""
        return _spent(user.figures.today)

    @admin.display(description=f"{USUAL} days", ordering="days")
    def days(self, user: Any) -> str:
        """USD in the last days."""
        return _spent(user.figures.days)

    @admin.display(description="all time", ordering="ever")
    def ever(self, user: Any) -> str:
        """USD."""
        return _spent(user.figures.ever)

    @admin.display(description="last active", ordering="last_active")
    def last_active(self, user: Any) -> SafeString | None:
        """When one of the person's conversations last took a message or an answer."""
        return when(user.figures.last_active) if user.figures.last_active else None

    @admin.display(description="spending")
    def spending(self, user: User) -> SafeString:
        """Calls, tokens and cost by period, with the ways to the records."""
        figures = self.figures([user.pk])[user.pk]
        return render_to_string("admin/chat/user/spending.html", {"person": user, "figures": figures, "days": USUAL})


def _spans(now: datetime) -> dict[str, Span]:
    """The spans of the columns, by their names."""
    known = usual(day_of(now))
    return {"today": known["today"][1], "days": known["30-days"][1], "ever": Span(EARLIEST, LATEST)}


def _spent(totals: Totals) -> str:
    return money(totals.cost, totals.exactness) if totals.calls else ""


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    return obj is None or not obj.is_superuser or bool(request.user.is_superuser)
