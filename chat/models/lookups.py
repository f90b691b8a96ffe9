"""The lookup ``begins``: like ``startswith``, but answered by an index on SQLite, too."""

from typing import Any

from django.db.models import CharField
from django.db.models.lookups import StartsWith


class Begins(StartsWith):
    """SQLite takes no index for LIKE, which does not tell upper from lower case there."""

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """All that is not before the beginning, and before what follows everything that begins with it."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [*parameters, self.rhs, *parameters, f"{self.rhs}\U0010ffff"]


CharField.register_lookup(Begins, "begins")
