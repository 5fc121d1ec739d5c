"""The admin of a model under the rules of the pages: who may see a row, and who may change it how."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lrs_tracker.change_log import ChangeTrigger
from lrs_tracker.domain_functions import DomainFunctions, call_for_row
from lrs_tracker.problems import DomainError, StaleVersionError

_HISTORY_PAGE = 100


class RefusableForm(forms.ModelForm):
    """A form that shows what a domain function refused while it was saved."""

    refusals: Mapping[str, list[ValidationError]] = {}

    def clean(self) -> dict[str, Any]:
        """Add what was refused to its fields, or to the form."""
        cleaned = super().clean() or self.cleaned_data
        for name, errors in self.refusals.items():
            self.add_error(name if name in self.fields else None, errors)
        return cleaned

    @property
    def expected_version(self) -> str:
        """The version that the form was shown with; after a refusal as stale, the stored one."""
        is_stale = any(error.code == StaleVersionError.code for errors in self.refusals.values() for error in errors)
        typed = "" if is_stale else self.data.get("expected_version", "")
        return typed or str(getattr(self.instance, "version", ""))


class VisibleAdmin(admin.ModelAdmin):
    """Rows through `visible_to`, writes through domain functions, refusals as form errors, history from the change log.

    A subclass names the functions in `domain`; see `call_for_row` for what they are called with.
    """

    domain = DomainFunctions()
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
        form.refusals = getattr(request, "refusals", {})  # type: ignore[attr-defined]  # a RefusableForm
        return form

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Add or change the row by its domain function."""
        function = self.domain.change if change else self.domain.create
        if function is None:
            super().save_model(request, obj, form, change)
        elif not change:
            obj.pk = call_for_row(function, row=obj, known=_known(request), given=form.cleaned_data).pk
        elif form.changed_data:
            known = {**_known(request), "expected_version": _expected_version(request)}
            changed = frozenset(form.changed_data)
            call_for_row(function, row=obj, known=known, given=form.cleaned_data, changed=changed)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """Delete the row by its domain function."""
        if self.domain.delete is None:
            super().delete_model(request, obj)
        else:
            call_for_row(self.domain.delete, row=obj, known=_known(request), given={})

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
        except (DomainError, ValidationError, IntegrityError) as error:
            request.refusals = _by_field(error)  # type: ignore[attr-defined]  # carried to get_form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say why a row stays."""
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except (DomainError, ValidationError, IntegrityError) as error:
            for refusals in _by_field(error).values():
                self.message_user(
                    request, " ".join(str(text) for refusal in refusals for text in refusal), messages.ERROR
                )
            return HttpResponseRedirect("../change/")

    # Who, when and what is in the change log, by trigger: the admin keeps no second one.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write no log of its own."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write no log of its own."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write no log of its own."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the rows of the change log about one row, newest first."""
        shown = self.get_object(request, object_id)
        if shown is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]  # unknown to the stubs
                request, self.opts, object_id
            )
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


def _known(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": timezone.now(), "today": timezone.localdate()}


def _expected_version(request: HttpRequest) -> int | None:
    typed = request.POST.get("expected_version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _by_field(error: DomainError | ValidationError | IntegrityError) -> dict[str, list[ValidationError]]:
    """Return what a domain function or the database refused, in words, by field."""
    if isinstance(error, ValidationError):
        return error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    if isinstance(error, StaleVersionError):
        text = _("Someone saved this after you opened it: its history says what. Save again to keep your version.")
        return {NON_FIELD_ERRORS: [ValidationError(text, code=error.code)]}
    if isinstance(error, DomainError):
        texts = [str(error), *map(str, error.details)]
        return {error.field or NON_FIELD_ERRORS: [ValidationError(text, code=error.code) for text in texts]}
    diagnosis = getattr(error.__cause__, "diag", None)
    rule = getattr(diagnosis, "message_primary", error)
    return {NON_FIELD_ERRORS: [ValidationError(_("The database refuses this: %(rule)s") % {"rule": rule})]}
