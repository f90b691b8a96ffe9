"""Groups: Django's own page, which asks before it deletes one without listing all that was ever counted for it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from chat import budgets
from chat.admin.changelist import FiguresChangeList, Listed
from chat.admin.deletion import named, too_many
from chat.models import Budget, User
from chat.templatetags.figures import tokens

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(Listed, DjangoGroupAdmin):
    """People who share permissions and budgets."""

    list_display = ("name", "people")
    changelist = FiguresChangeList

    def figures(self, keys: list[int]) -> dict[int, int]:
        """How many people are in the groups of a page."""
        members = User.groups.through.objects.filter(group__in=keys).values_list("group")
        counts = dict(members.annotate(count=Count("pk")))
        return {key: counts.get(key, 0) for key in keys}

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """With its budgets, whoever is spending from them at this moment."""
        self.delete_queryset(request, Group.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """All at once."""
        budgets.delete(Budget.objects.filter(group__in=queryset))
        super().delete_queryset(request, queryset)

    @admin.display(description="people")
    def people(self, group: Any) -> str:
        """How many are in it."""
        return tokens(group.figures)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the groups, and count their people, who stay, and their budgets, which do not."""
        groups = list(objs)
        shared = Budget.objects.filter(group__in=groups).count()
        people = User.objects.filter(groups__in=groups).distinct().count()
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        if shared and not request.user.has_perm("chat.delete_budget"):
            lacking.add(str(Budget._meta.verbose_name))
        counts = {"groups": len(groups), "budgets": shared, "people who leave them": people}
        return named(groups), counts, lacking, too_many(groups)
