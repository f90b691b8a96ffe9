#!/usr/bin/env python
"""The commands of the project: ``manage.py help`` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError


def main() -> None:
    """Run a command; a mistake in the environment is told in a sentence, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except OperationalError as error:
        sys.exit(f"The database does not answer (check DATABASE_URL, and that its server runs): {error}")


if __name__ == "__main__":
    main()
