"""The forms for accounts."""

from typing import Any, ClassVar

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.core.exceptions import ValidationError
from django.forms import BaseForm

from chat import login_attempts
from chat.models import User

# What AUTH_PASSWORD_VALIDATORS ask, in one sentence instead of a list.
ADVICE = "At least 8 characters; not a common one, not only digits, not like your name."


class LoginForm(AuthenticationForm):
    """Name and password, not too many times."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "That name and that password do not belong together.",
    }

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


class AccountForm(UserCreationForm[User]):
    """A name and a password, twice."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username",)
        help_texts: ClassVar = {"username": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_briefly(self, "password1", "password2")


class NewPasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_briefly(self, "new_password1", "new_password2")


def _ask_briefly(form: BaseForm, once: str, again: str) -> None:
    form.fields[once].help_text = ADVICE
    form.fields[again].label = "The same again"
    form.fields[again].help_text = ""
