"""Every address of LRS Tracker; the only module that knows every app's pages."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from lrs_tracker import favicon, health, styleguide
from lrs_tracker.lazy_urls import LazyNamespace

handler400 = "lrs_tracker.errors.bad_request"
handler403 = "lrs_tracker.errors.permission_denied"
handler404 = "lrs_tracker.errors.page_not_found"
handler429 = "lrs_tracker.errors.too_many_requests"
handler500 = "lrs_tracker.errors.server_error"

# Signing in to the admin asks for the second factor too, like everywhere.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the documented way

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("favicon.ico", favicon.redirect_to_icon),
    path("readyz", health.readyz, name="readyz"),
    # The API takes a tenth of what a web worker needs of memory and to start, and the pages need nothing of it.
    LazyNamespace("api/", "lrs_tracker.api.urls", namespace="api"),
    path("", include("accounts.urls")),
    path("", include("sync.urls")),
    path("", include("money.urls")),
    path("", include("companies.urls")),
    path("", include("plants.urls")),
    path("", include("deals.urls")),
    path("", include("royalties.urls")),
    path("", include("reminders.urls")),
    path("", include("crm.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide.show_components, name="styleguide"))
