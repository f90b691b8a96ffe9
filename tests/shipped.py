"""What a new database holds: models with their prices, groups and permissions. All else is what a test left."""

from django.db import connection, transaction


class Shipped:
    """Copies of the rows of a new database, in that database; ``restore`` makes it new again after a test.

    Django would empty every table and have the apps ship their rows once more, which takes ten times as long as this,
    since tests leave most tables empty and seldom change what was shipped.
    """

    def __init__(self):
        with connection.cursor() as cursor:
            tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
            self._columns = {table: self._copied(cursor, table) for table in tables}

    @transaction.atomic
    def restore(self):
        """Take away what was added, and put back what was changed or deleted."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # A process of the test that still writes is waited for. What it wrote would be missed otherwise.
                cursor.execute(f"LOCK TABLE {', '.join(self._columns)} IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute(
                " UNION ALL ".join(f"SELECT '{table}' WHERE {self._differs(table)}" for table in self._columns)
            )
            changed = [table for (table,) in cursor.fetchall()]
            for table in changed:
                cursor.execute(f"DELETE FROM {table}")
            for table in changed:
                if columns := self._columns[table]:
                    cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM shipped_{table}")

    def _copied(self, cursor, table):
        """Copy the rows, and name their columns; no columns are named where there are no rows."""
        cursor.execute(f"SELECT * FROM {table}")
        if not cursor.fetchone():
            return ""
        columns = ", ".join(f'"{column[0]}"' for column in cursor.description)
        cursor.execute(f"CREATE TABLE shipped_{table} AS SELECT {columns} FROM {table}")
        return columns

    def _differs(self, table):
        if not (columns := self._columns[table]):
            return f"EXISTS (SELECT 1 FROM {table})"
        now, shipped = f"SELECT {columns} FROM {table}", f"SELECT {columns} FROM shipped_{table}"
        return f"EXISTS ({now} EXCEPT {shipped}) OR EXISTS ({shipped} EXCEPT {now})"
