"""The URLs of the site: the administration and the chat."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # One door: the administration's own login page would know neither our limit on attempts nor our look.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]

handler500 = "chat.views.errors.server_error"
