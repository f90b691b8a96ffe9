"""What people may send with the forms of the chat page."""

from django import forms
from django.conf import settings


class TitleForm(forms.Form):
    """A new title; its length is cut where it is kept."""

    title = forms.CharField(required=False)


class ArchiveForm(forms.Form):
    """In or out of the list."""

    archived = forms.BooleanField(required=False)


class SettingsForm(forms.Form):
    """The model and the system prompt of a conversation."""

    model = forms.CharField(max_length=100)
    system_prompt = forms.CharField(required=False, strip=False)

    def clean_system_prompt(self) -> str:
        """As long as a message may be, at most."""
        prompt: str = self.cleaned_data["system_prompt"]
        limit = settings.CHAT_MAX_MESSAGE_CHARS
        if len(prompt) > limit:
            raise forms.ValidationError(f"The system prompt has {len(prompt):,} characters; the limit is {limit:,}.")
        return prompt
