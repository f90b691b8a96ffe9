#!/usr/bin/env python
"""The commands of the project: ``manage.py help`` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import DatabaseError, OperationalError

UNDEFINED = {"42P01", "42703"}  # PostgreSQL's codes for a table and a column that do not exist


def main() -> None:
    """Run a command; a mistake in the environment is told in a sentence, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except DatabaseError as error:
        if _is_older(error):
            sys.exit(f"The database is older than the code: run manage.py migrate ({_brief(error)}).")
        if type(error) not in (OperationalError, DatabaseError):  # the others are mistakes of ours
            raise
        sys.exit(f"The database does not answer (check DATABASE_URL, and that its server runs): {_brief(error)}")


def _is_older(error: Exception) -> bool:
    """Whether a table or a column is missing; SQLite has no codes for that."""
    return getattr(error.__cause__, "sqlstate", "") in UNDEFINED or str(error).startswith("no such ")


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0]


if __name__ == "__main__":
    main()
