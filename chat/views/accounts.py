"""Logging in, signing up where it is allowed, and making the first administrator."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, views
from django.contrib.auth.forms import AuthenticationForm
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from chat import first_administrator
from chat.forms import AccountForm, LoginForm
from chat.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class LoginView(views.LoginView):
    """The way in; too many wrong passwords are answered 429."""

    authentication_form = LoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Besides the form, which way there is to an account."""
        return super().get_context_data(signup=settings.CHAT_SIGNUP, nobody=not User.objects.exists(), **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The form again, with what was wrong."""
        response = super().form_invalid(form)
        if form.has_error("__all__", "throttled"):
            response.status_code = 429
        return response


@sensitive_post_parameters()
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    """An account for whoever comes, where ``CHAT_SIGNUP`` says so."""
    if not settings.CHAT_SIGNUP:
        raise Http404
    form = AccountForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:
            form.add_error("username", "Somebody has just taken this name. Choose another one.")
        else:
            return _enter(request, user)
    return render(request, "registration/signup.html", {"form": form})


@sensitive_post_parameters()
@never_cache
def first(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the one-time link that the console prints while nobody has an account."""
    if not first_administrator.accepts(token):
        return render(request, "registration/first_over.html", status=410)
    form = AccountForm(request.POST or None)
    if form.is_valid():
        user = first_administrator.create(form.cleaned_data["username"], form.cleaned_data["password1"])
        return _enter(request, user) if user else render(request, "registration/first_over.html", status=410)
    return render(request, "registration/first.html", {"form": form})


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)
