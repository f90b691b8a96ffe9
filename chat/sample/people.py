"""Who asks: people in groups, some of whom ask far more than others."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from chat.models import User
from chat.sample.words import WORDS

GROUPS = ("Engineering", "Research", "Support", "Sales", "Marketing", "Legal", "Finance", "Operations")
_SIZES = (30, 12, 22, 14, 8, 4, 4, 6)
_ZONES = ("", "", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo")


@dataclass(frozen=True)
class People:
    """The people, and how much each asks, as cumulative weights."""

    users: list[User]
    weights: list[float]

    def one(self, random: Random) -> User:
        """Somebody, those who ask much more often."""
        return random.choices(self.users, cum_weights=self.weights)[0]


def people(count: int, now: datetime, random: Random) -> People:
    """Make so many people, each in a group, some in two; who exists already is one of them."""
    taken: Counter[str] = Counter()
    made = [_person(taken, now, random) for _ in range(count)]
    User.objects.bulk_create(made, batch_size=500, ignore_conflicts=True)
    names = [user.username for user in made]
    users = [user for start in range(0, count, 500) for user in _named(names[start : start + 500])]
    groups = [Group.objects.get_or_create(name=name)[0] for name in GROUPS]
    member = User.groups.through
    member.objects.bulk_create(
        (
            member(user_id=user.pk, group_id=group.pk)
            for user in users
            for group in set(random.choices(groups, _SIZES, k=2 if random.random() < 0.15 else 1))
        ),
        batch_size=500,
        ignore_conflicts=True,
    )
    return People(users, list(accumulate(random.lognormvariate(0, 1.1) for _ in users)))


def _named(names: list[str]) -> list[User]:
    return list(User.objects.filter(username__in=names).order_by("username"))


def _person(taken: Counter[str], now: datetime, random: Random) -> User:
    first, last = random.choice(WORDS["first"]), random.choice(WORDS["last"])
    name = f"{first.lower()}.{last.lower()}"
    taken[name] += 1
    name = name if taken[name] == 1 else f"{name}.{taken[name]}"
    return User(
        username=name,
        first_name=first,
        last_name=last,
        email=f"{name}@example.org",
        password=make_password(None),
        timezone=random.choice(_ZONES),
        date_joined=now - timedelta(days=random.randint(1, 500)),
    )
