"""Taking in a bank's file: upload, check, take in."""

import secrets
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form
from lrs_tracker.problems import DomainError
from royalties.domain.bank_csv import Mapping, read_sheet
from royalties.domain.bank_files import (
    LARGEST_FILE_BYTES,
    check_bank_file,
    check_bookings,
    propose_mapping,
    read_bank_file,
    take_in,
)
from royalties.domain.camt import is_camt
from royalties.forms.bank_files import BankFileForm, MappingForm
from royalties.models import Licensor

PAGE_SIZE = 100
# How long a file waits between upload and taking in.
_KEPT_SECONDS = 2 * 60 * 60
_may_import = permission_required(["royalties.add_bankimport", "royalties.add_payment"], raise_exception=True)


@login_required
@_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: UserRequest) -> HttpResponse:
    """Take a bank's file, to be checked before it is taken in."""
    form = BankFileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        file, licensor = form.cleaned_data["file"], form.cleaned_data["licensor"]
        try:
            content = file.read(LARGEST_FILE_BYTES + 1)
            check_bank_file(content=content, name=file.name, licensor=licensor)
            read_sheet(content) if not is_camt(content) else read_bank_file(content)
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            token = secrets.token_urlsafe(18)
            kept = {"name": file.name, "content": content, "licensor": licensor.pk}
            cache.set(_key(request, token), kept, _KEPT_SECONDS)
            return leave_form(
                request, reverse("royalties:bank_file_check", args=[token]), _("Nothing is taken in yet.")
            )
    return show_form(
        request,
        form,
        title=_("Import a bank file"),
        back=reverse("royalties:payments"),
        submit_label=_("Check file"),
    )


@login_required
@_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: UserRequest, token: str) -> HttpResponse:
    """Show what of a file would be taken in, and take it in."""
    kept = cache.get(_key(request, token)) if len(token) <= 40 else None
    if kept is None:
        raise Http404
    content, licensor = kept["content"], get_object_or_404(Licensor, pk=kept["licensor"])
    form = _mapping_form(request, content, licensor)
    mapping = form.to_mapping() if form is not None and form.is_bound and form.is_valid() else None
    if mapping is None and form is not None and not form.is_bound:
        mapping = propose_mapping(form.sheet, licensor=licensor)
    refusal = ""
    if request.method == "POST" and "take" in request.POST and (form is None or form.is_valid()):
        try:
            taken = take_in(
                content=content,
                name=kept["name"],
                licensor=licensor,
                mapping=mapping,
                by=request.user,
                today=request.today,
            )
        except DomainError as error:
            refusal = str(error)
        else:
            cache.delete(_key(request, token))
            told = ngettext("%(number)s payment is new.", "%(number)s payments are new.", taken.new_count)
            return leave_form(request, reverse("royalties:reconcile"), told % {"number": taken.new_count})
    return _show(request, kept, licensor, form, mapping, refusal)


def _mapping_form(request: UserRequest, content: bytes, licensor: Licensor) -> MappingForm | None:
    if is_camt(content):
        return None
    sheet = read_sheet(content)
    sent = request.POST if request.method == "POST" else None
    return MappingForm(sent, sheet=sheet, proposed=propose_mapping(sheet, licensor=licensor))


def _show(
    request: UserRequest,
    kept: dict[str, Any],
    licensor: Licensor,
    form: MappingForm | None,
    mapping: Mapping | None,
    refusal: str,
) -> HttpResponse:
    checked = []
    try:
        if form is None or mapping is not None:
            bookings = read_bank_file(kept["content"], mapping=mapping)
            checked = check_bookings(bookings, licensor=licensor, today=request.today)
    except DomainError as error:
        refusal = str(error)
    # What would be taken in comes first.
    checked.sort(key=lambda each: (not each.is_new, bool(each.booking.skipped)))
    return render(
        request,
        "royalties/bank_file.html",
        {
            "name": kept["name"],
            "licensor": licensor,
            "form": form,
            "refusal": refusal,
            "page": Paginator(checked, PAGE_SIZE).get_page(request.GET.get("page")),
            "new": sum(each.is_new for each in checked),
            "known": sum(not each.is_new and not each.booking.skipped for each in checked),
            "skipped": sum(bool(each.booking.skipped) for each in checked),
            "trail": [{"label": _("Payments"), "url": reverse("royalties:payments")}],
        },
        status=422 if refusal or (form is not None and form.is_bound and form.errors) else 200,
    )


def _key(request: UserRequest, token: str) -> str:
    return f"bank-file:{request.user.pk}:{token}"
