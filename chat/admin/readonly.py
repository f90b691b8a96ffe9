"""What the administration shows and nobody can change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that have a writer of their own, and outlive what they are about."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only their writer adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was written stays as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor does it go."""
        return False
