"""Every address of the API; the only module of it that knows the apps."""

from django.urls import include, path, re_path

# Resources are known by being loaded, and so is what the description says of tokens.
import accounts.api.resources
import accounts.api.schema  # noqa: F401
import companies.api.resources  # noqa: F401
import deals.api.resources  # noqa: F401
import money.api.resources  # noqa: F401
import plants.api.resources  # noqa: F401
import royalties.api.resources  # noqa: F401
import sync.api.resources  # noqa: F401
from lrs_tracker.api.addresses import urls_of
from lrs_tracker.api.changes import ChangesView
from lrs_tracker.api.resources import resources
from lrs_tracker.api.schema import SchemaView, show_docs, show_reference
from lrs_tracker.api.views import tell_nothing_is_here

app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", show_docs, name="docs"),
    path("reference/", show_reference, name="reference"),
    path("v1/royalties/", include("royalties.api.urls")),
    path("v1/changes", ChangesView.as_view(), name="changes"),
    path("v1/", include([url for resource in resources() for url in urls_of(resource)])),
    # Django's own page tells the addresses there are when DEBUG is on. Pages opened without their slash still get it.
    re_path(r"^(?!(?:schema|docs|reference)$)", tell_nothing_is_here),
]
