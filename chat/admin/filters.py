"""The filters beside the lists with something to choose."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from chat.admin.changelist import Nonsense
from chat.holds import HELD
from chat.models import LanguageModel, Message, ReviewNote, User
from chat.models.conversation import ConversationQuerySet
from chat.models.review import OPEN_FLAG
from chat.reports import UNPRICED
from chat.reports.rollups import rollup_keys


class ConversationFilter(admin.SimpleListFilter):
    """The calls of one conversation; chosen on its page."""

    title = "conversation"
    parameter_name = "conversation"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        return [(self.value() or "", "One conversation")] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Calls for its messages."""
        try:
            return queryset.filter(message__conversation=UUID(self.value())) if self.value() else queryset
        except ValueError:
            raise Nonsense("This is no id of a conversation. Come here from the page of one.") from None


class ModelFilter(admin.SimpleListFilter):
    """A model; one that the catalogue does not know is listed while it is chosen."""

    title = "model"
    parameter_name = "language_model"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The catalogue."""
        listed = dict(LanguageModel.objects.values_list("id", "label"))
        if (chosen := self.value()) and chosen not in listed:
            listed[chosen] = chosen
        return list(listed.items())


class ModelAskedFilter(ModelFilter):
    """Which model a call asked for."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Calls of that model."""
        return queryset.filter(model_asked=self.value()) if self.value() else queryset


class CalledModelFilter(ModelFilter):
    """Conversations in which a model was asked for an answer or gave one, whichever is chosen now."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those."""
        chosen = self.value()
        return cast(ConversationQuerySet, queryset).that_called(chosen) if chosen else queryset


class StateFilter(admin.SimpleListFilter):
    """Conversations that hold something of interest."""

    title = "what it holds"
    parameter_name = "holds"
    states = {
        "running": ("An answer being written", ("queued", "streaming")),
        "failed": ("Failed answers", ("failed",)),
        "stopped": ("Stopped answers", ("stopped",)),
        "interrupted": ("Interrupted answers", ("interrupted",)),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The states of answers."""
        return [(name, label) for name, (label, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations with such a message."""
        if self.value() in self.states:
            _, states = self.states[str(self.value())]
            found = Message.objects.order_by().filter(state__in=states)
            return queryset.filter(pk__in=found.values("conversation"))
        return queryset


class FlagFilter(admin.SimpleListFilter):
    """Conversations that reviewers wrote something about."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Open flags, or any note."""
        return [("flagged", "Flagged"), ("noted", "With notes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations with such a note."""
        notes = ReviewNote.objects.order_by()
        if self.value() == "flagged":
            return queryset.filter(pk__in=notes.filter(OPEN_FLAG).values("conversation"))
        return queryset.filter(pk__in=notes.values("conversation")) if self.value() == "noted" else queryset


class GroupFilter(admin.SimpleListFilter):
    """Rows of the people who are in a group now, or in none."""

    title = "group"
    parameter_name = "group"
    field = "user"
    NONE = "none"

    def has_output(self) -> bool:
        """Where there are groups, or one is asked for."""
        return super().has_output() or bool(self.value())

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """All groups, and no group."""
        groups = [(str(key), name) for key, name in Group.objects.order_by("name").values_list("pk", "name")]
        return [*groups, (self.NONE, "No group")] if groups else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of these people."""
        if not (value := self.value()):
            return queryset
        if value == self.NONE:
            alone = list(User.objects.filter(groups=None).values_list("pk", flat=True))
            return queryset.filter(Q(**{self.field: None}) | Q(**{f"{self.field}__in": alone}))
        if not value.isdecimal() or len(value) > 9:
            raise Nonsense("There is no such group. Choose one here.")
        people = list(User.objects.filter(groups=int(value)).values_list("pk", flat=True))
        return queryset.filter(**{f"{self.field}__in": people})

    @property
    def rolled(self) -> Q:
        """The same of rollups by person; empty where no group is chosen."""
        if not (value := self.value()):
            return Q()
        if value == self.NONE:
            return ~Q(key__in=rollup_keys(User.objects.exclude(groups=None)))
        return Q(key__in=rollup_keys(User.objects.filter(groups=int(value))))


class OwnersGroupFilter(GroupFilter):
    """Conversations of the people of a group."""

    field = "owner"


class HoldFilter(admin.SimpleListFilter):
    """Conversations that have to be kept."""

    title = "legal hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Held or not."""
        return [("yes", "On legal hold"), ("no", "Not on legal hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations that are, or are not."""
        if self.value() in ("yes", "no"):
            return queryset.filter(HELD if self.value() == "yes" else ~HELD)
        return queryset


class PricedFilter(admin.SimpleListFilter):
    """Calls with a cost and without."""

    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Priced or not."""
        return [("priced", "Priced"), ("unpriced", "Unpriced")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with or without a cost."""
        if self.value() == "unpriced":
            return queryset.filter(UNPRICED)
        return queryset.exclude(cost=None) if self.value() == "priced" else queryset
