"""The URLs of the chat."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path

from chat.forms import NewPasswordForm
from chat.views import accounts, chat, download, health, reviews

urlpatterns: list[URLPattern | URLResolver] = [
    path("", chat.new_chat, name="new-chat"),
    path("conversations/", chat.conversation_list, name="conversations"),
    path("spending/", chat.spending, name="spending"),
    path("c/<uuid:key>/", chat.conversation, name="conversation"),
    path("c/<uuid:key>/transcript/", chat.transcript, name="transcript"),
    path("c/<uuid:key>/rename/", chat.rename, name="rename"),
    path("c/<uuid:key>/delete/", chat.delete, name="delete"),
    path("c/<uuid:key>/archive/", chat.archive, name="archive"),
    path("c/<uuid:key>/settings/", chat.configure, name="settings"),
    path("accounts/readings/", reviews.readings, name="readings"),
    path("accounts/login/", accounts.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth.PasswordChangeView.as_view(form_class=NewPasswordForm), name="password_change"),
    path("accounts/password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("accounts/data/", download.own_data, name="own-data"),
    path("accounts/signup/", accounts.sign_up, name="signup"),
    path("accounts/first/<str:token>/", accounts.first, name="first"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
