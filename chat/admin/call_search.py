"""What is looked for in usage records: people, an error, requests. Parts of ids would take seconds."""

from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from chat.models import UsageRecord, User

FEW = 1_000
"""Requests whose ids begin alike that are found in all of time."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a term can mean: these people, this error, or the ``requests`` that begin with it: how many, up to `FEW`."""

    term: str
    people: list[int]
    is_error: bool
    requests: int

    @property
    def is_rolled(self) -> bool:
        """Whether it is people alone, or an error alone, or nothing: what rollups know."""
        return not self.requests and not (self.people and self.is_error)

    @property
    def are_few(self) -> bool:
        """Whether it is requests alone, and not too many."""
        return self.requests < FEW and not self.people and not self.is_error

    @property
    def found(self) -> Q:
        """The condition that a usage record was found."""
        found = Q(user__in=self.people)
        found |= Q(error_code=self.term) if self.is_error else Q()
        if self.requests < FEW:
            return found | (Q(request_id__begins=self.term) if self.requests else Q())
        # Of very many the index would name all before any other condition is asked.
        return found | Q(Exact(Left("request_id", len(self.term)), self.term))


def sought(term: str) -> Sought:
    """What a term that is not empty can mean here."""
    people = User.objects.order_by("pk").filter(username__icontains=term)
    return Sought(
        term,
        list(people.values_list("pk", flat=True)),
        UsageRecord.objects.filter(error_code=term).exists(),
        UsageRecord.objects.order_by().filter(request_id__begins=term)[:FEW].count(),
    )
