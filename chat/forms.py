"""The forms for accounts."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.core.exceptions import ValidationError

from chat import login_attempts
from chat.models import User


class LoginForm(AuthenticationForm):
    """Name and password, not too many times."""

    def clean(self) -> dict[str, Any]:
        """The right person, or an error that does not tell which of the two was wrong."""
        username = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if not login_attempts.take(username, address):
            minutes = login_attempts.WINDOW // 60
            raise ValidationError(f"Too many attempts. Wait {minutes} minutes, then try again.", code="throttled")
        cleaned = super().clean()
        if self.user_cache:
            login_attempts.forget(username, address)
        return cleaned


class AccountForm(UserCreationForm):
    """A name and a password, twice."""

    class Meta:
        model = User
        fields = ("username",)
