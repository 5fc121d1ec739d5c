"""The addresses of a resource's operations: only those that it has."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path

from lrs_tracker.api.bulk import BulkView
from lrs_tracker.api.exports import ExportView
from lrs_tracker.api.objects import DetailView, ListView, RefView, ResourceView
from lrs_tracker.api.resources import Resource


def urls_of(resource: Resource) -> list[URLPattern | URLResolver]:
    """Return the addresses of a resource: those below its name are only looked through for it."""
    name = resource.name
    creates, changes = resource.creator is not None, resource.changer is not None
    deletes = resource.domain.delete is not None
    below = []
    if resource.is_exported:
        below.append(path("export", _view(ExportView, resource, "get"), name=f"{name}-export"))
    if resource.bulk_operations:
        below.append(path("bulk", _view(BulkView, resource, "post"), name=f"{name}-bulk"))
    if resource.has_refs:
        view = _view(RefView, resource, "get", creates and changes and "put")
        below.append(path("by-ref/<str:system>/<path:external_id>", view, name=f"{name}-by-ref"))
    for verb, view_class in resource.actions.items():
        view = _view(view_class, resource, view_class.action_method)
        below.append(path(f"<str:pk>/{verb}", view, name=f"{name}-{verb}"))
    detail = _view(DetailView, resource, "get", changes and "patch", deletes and "delete")
    below.append(path("<str:pk>", detail, name=f"{name}-detail"))
    rows = _view(resource.list_view or ListView, resource, "get", creates and "post")
    return [path(name, rows, name=name), path(f"{name}/", include(below))]


def _view(kind: type[ResourceView], resource: Resource, *methods: str | bool) -> Any:
    """Return a view of a resource with the methods that it has; reading comes with its head."""
    names = [method for method in methods if isinstance(method, str)]
    if "get" in names:
        names.append("head")
    made = type(
        f"{resource.component_name}{kind.__name__}", (kind,), {"resource": resource, "http_method_names": names}
    )
    return made.as_view()  # type: ignore[attr-defined]  # a view
