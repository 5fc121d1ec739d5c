"""Entering fees and services."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from royalties.domain.fees import add_fee, add_instalments, change_fee, remove_fee
from royalties.domain.services import add_service, change_service, remove_service
from royalties.forms.fees import FeeForm, InstalmentsForm, ServiceForm
from royalties.models import Agreement, Fee, ServiceTerm
from royalties.views.agreement_pages import agreement_view, amendment_of, answer_form, page_of, part_or_404
from royalties.views.part_actions import run_action

_FORM = ("GET", "HEAD", "POST")


@agreement_view(*_FORM, permission="royalties.add_fee")
def add(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Add a fee, by an amendment if one is named."""
    amendment = amendment_of(request, agreement)
    form = FeeForm(request.POST or None, agreement=agreement)
    return answer_form(
        request,
        form,
        lambda: add_fee(agreement=agreement, values=form.values, amendment=amendment, by=request.user),
        title=_("New fee, %(currency)s") % {"currency": agreement.currency},
        done=_("“%(row)s” is added."),
        back=page_of(agreement, "fees", amendment),
        submit_label=_("Add fee"),
    )


@agreement_view(*_FORM, permission="royalties.add_fee")
def add_in_instalments(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Split an amount into dated fees."""
    amendment = amendment_of(request, agreement)
    form = InstalmentsForm(request.POST or None, initial={"first_on": agreement.effective_on})
    return answer_form(
        request,
        form,
        lambda: add_instalments(
            agreement=agreement,
            values=form.facts,
            total=form.cleaned_data["amount"],
            days=form.days,
            amendment=amendment,
            by=request.user,
        ),
        title=_("Fee in instalments, %(currency)s") % {"currency": agreement.currency},
        done=_("The instalments are added."),
        back=page_of(agreement, "fees", amendment),
        submit_label=_("Add instalments"),
    )


@agreement_view(*_FORM, permission="royalties.change_fee")
def edit(request: UserRequest, agreement: Agreement, fee_pk: int) -> HttpResponse:
    """Correct a fee."""
    fee = part_or_404(Fee.objects.select_related("introduced_by"), agreement, fee_pk)
    form = FeeForm(request.POST or None, instance=fee, agreement=agreement)
    return answer_form(
        request,
        form,
        lambda: change_fee(fee=fee, values=form.values, expected_version=form.stored_version, by=request.user),
        title=_("Edit %(fee)s") % {"fee": fee.label},
        done=_("“%(row)s” is saved."),
        back=page_of(agreement, "fees"),
    )


@agreement_view("POST", permission="royalties.delete_fee")
def remove(request: UserRequest, agreement: Agreement, fee_pk: int) -> HttpResponseBase:
    """Remove a fee on which nothing has been stated."""
    fee = part_or_404(Fee.objects.select_related("introduced_by"), agreement, fee_pk)
    done = _("“%(fee)s” is removed.") % {"fee": fee}
    return run_action(request, lambda: remove_fee(fee=fee, by=request.user), done=done, back=page_of(agreement, "fees"))


@agreement_view(*_FORM, permission="royalties.add_serviceterm")
def add_service_term(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Add a service."""
    form = ServiceForm(request.POST or None)
    return answer_form(
        request,
        form,
        lambda: add_service(agreement=agreement, values=form.values, by=request.user),
        title=_("New service, %(currency)s") % {"currency": agreement.currency},
        done=_("“%(row)s” is added."),
        back=page_of(agreement, "services"),
        submit_label=_("Add service"),
    )


@agreement_view(*_FORM, permission="royalties.change_serviceterm")
def edit_service_term(request: UserRequest, agreement: Agreement, service_pk: int) -> HttpResponse:
    """Change a service."""
    service = part_or_404(ServiceTerm.objects.all(), agreement, service_pk)
    form = ServiceForm(request.POST or None, instance=service)
    return answer_form(
        request,
        form,
        lambda: change_service(
            service=service, values=form.values, expected_version=form.stored_version, by=request.user
        ),
        title=_("Edit %(service)s") % {"service": service.label},
        done=_("“%(row)s” is saved."),
        back=page_of(agreement, "services"),
    )


@agreement_view("POST", permission="royalties.delete_serviceterm")
def remove_service_term(request: UserRequest, agreement: Agreement, service_pk: int) -> HttpResponseBase:
    """Remove a service."""
    service = part_or_404(ServiceTerm.objects.all(), agreement, service_pk)
    done = _("“%(service)s” is removed.") % {"service": service}
    return run_action(
        request,
        lambda: remove_service(service=service, by=request.user),
        done=done,
        back=page_of(agreement, "services"),
    )
