"""Every address of LRS Tracker; the only module that knows every app's pages."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from lrs_tracker import favicon, health, styleguide

handler400 = "lrs_tracker.errors.bad_request"
handler403 = "lrs_tracker.errors.permission_denied"
handler404 = "lrs_tracker.errors.page_not_found"
handler500 = "lrs_tracker.errors.server_error"

# Signing in to the admin asks for the second factor too, like everywhere.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the documented way

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("favicon.ico", favicon.redirect_to_icon),
    path("readyz", health.readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("", include("money.urls")),
    path("", include("companies.urls")),
    path("", include("plants.urls")),
    path("", include("deals.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide.show_components, name="styleguide"))
