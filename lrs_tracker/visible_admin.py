"""The admin of a model under the rules of the pages: who may see a row, and who may change it how."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lrs_tracker.change_log import ChangeTrigger
from lrs_tracker.problems import DomainError

_HISTORY_PAGE = 100


class RefusableForm(forms.ModelForm):
    """A form that shows what a domain function refused while it was saved."""

    refusal: DomainError | None = None

    def clean(self) -> dict[str, Any]:
        """Add the refusal to its field, or to the form."""
        cleaned = super().clean()
        if self.refusal is not None:
            field = self.refusal.field if self.refusal.field in self.fields else None
            self.add_error(field, str(self.refusal))
        return cleaned


class VisibleAdmin(admin.ModelAdmin):
    """Rows through `visible_to`, refusals as form errors, history from the change log.

    A subclass that has a domain function for adding, changing or deleting calls it in `save_model` and
    `delete_model`.
    """

    form = RefusableForm
    list_per_page = 50
    show_full_result_count = False
    object_history_template = "admin/change_history.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Return the rows that exist for the user; lists, searches and autocompletes all start here."""
        return self.model._default_manager.visible_to(request.user).order_by(*(self.get_ordering(request) or ["-pk"]))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only what exists for the user."""
        target = db_field.remote_field.model._default_manager
        if hasattr(target, "visible_to"):
            kwargs["queryset"] = target.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return a form that knows what was refused, on the second showing."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form again, with all that was typed, when a domain function or the database refuses."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except (DomainError, IntegrityError) as error:
            request.refusal = _in_words(error)  # type: ignore[attr-defined]  # carried to get_form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say why a row stays."""
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except (DomainError, IntegrityError) as error:
            self.message_user(request, str(_in_words(error)), messages.ERROR)
            return HttpResponseRedirect("../change/")

    # Who, when and what is in the change log, by trigger: the admin keeps no second one.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write no log of its own."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write no log of its own."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write no log of its own."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the rows of the change log about one row, newest first."""
        shown = self.get_object(request, object_id)
        if shown is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, shown):
            raise PermissionDenied
        page = Paginator(_changes_of(shown), _HISTORY_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(row)s") % {"row": shown},
            "module_name": capfirst(self.opts.verbose_name_plural),
            "object": shown,
            "opts": self.opts,
            "page": page,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


class RecordAdmin(VisibleAdmin):
    """Rows that the application writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def _changes_of(shown: models.Model) -> models.QuerySet:
    """Return the rows of the change log about a row: none for a model that the log does not follow."""
    triggers = getattr(shown._meta, "triggers", [])
    resource = next((trigger.resource for trigger in triggers if isinstance(trigger, ChangeTrigger)), "")
    # By name: the libraries of the project know no app.
    changes = apps.get_model("sync", "Change").objects.filter(resource=resource, object_id=shown.pk)
    return changes.select_related("actor").order_by("-pk")


def _in_words(error: DomainError | IntegrityError) -> DomainError:
    if isinstance(error, DomainError):
        return error
    diagnosis = getattr(error.__cause__, "diag", None)
    return DomainError(
        _("The database refuses this: %(rule)s") % {"rule": getattr(diagnosis, "message_primary", error)}
    )
