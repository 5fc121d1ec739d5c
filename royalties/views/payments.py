"""Payments: list, page, entering, correcting, allocating, setting aside."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from lrs_tracker.exports import export_response, requested_format
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError
from money.domain.amounts import Money
from royalties.domain.allocations import allocate_payment
from royalties.domain.payments import add_payment, change_payment, ignore_payment
from royalties.domain.suggestions import Suggestion, open_invoices, suggest
from royalties.enums import PaymentSource
from royalties.exports.receivables import PAYMENT_COLUMNS
from royalties.filters.receivables import PaymentFilter
from royalties.forms.payments import AllocateForm, PaymentForm
from royalties.models import Payment
from royalties.views.receivable_pages import FORM, READ, WRITE, payment_view
from sync.domain.timeline import timeline_of

PAGE_SIZE = 50
MOST_INVOICES = 100
SHOWN_CHANGES = 8
SORTS: dict[str, tuple[Any, ...]] = {
    "received": ("received_on", "pk"),
    "-received": ("-received_on", "-pk"),
    "payer": (F("payer__name").asc(nulls_last=True), "payer_name", "-received_on", "pk"),
    "-payer": (F("payer__name").desc(nulls_last=True), "-payer_name", "-received_on", "pk"),
    "amount": ("currency", "amount", "pk"),
    "-amount": ("currency", "-amount", "pk"),
    "left": ("currency", F("left").asc(), "pk"),
    "-left": ("currency", F("left").desc(), "pk"),
}


@login_required
@permission_required("royalties.view_payment", raise_exception=True)
@require_safe
def list_payments(request: UserRequest) -> HttpResponseBase:
    """Show the payments, the newest first; `?export=csv` as a file."""
    visible = Payment.objects.visible_to(request.user)
    payments = PaymentFilter(request.GET, queryset=visible.with_left(), request=request)
    sort = request.GET.get("sort", "-received")
    sort = sort if sort in SORTS else "-received"
    rows = payments.qs.select_related("payer", "licensor").order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, PAYMENT_COLUMNS, name="payments", file_format=file_format, today=request.today)
    currencies = visible.order_by("currency").values_list("currency", flat=True).distinct()
    return render(
        request,
        "royalties/payments.html",
        {
            "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
            "filter": payments,
            "sort": sort,
            "states": [{"value": value, "label": label} for value, label in payments.filters["state"].extra["choices"]],
            "sources": [{"value": value, "label": label} for value, label in PaymentSource.choices],
            "currencies": [{"value": code, "label": code} for code in currencies],
        },
    )


@payment_view("royalties.view_payment", READ)
def show_payment(request: UserRequest, payment: Any) -> HttpResponse:
    """Show a payment, what it settles, and what it could settle."""
    return _show(request, payment, AllocateForm())


@payment_view("royalties.add_allocation", WRITE)
def allocate(request: UserRequest, payment: Any) -> HttpResponse:
    """Part a payment over invoices."""
    form = AllocateForm(request.POST)
    done = submit(form, lambda: allocate_payment(payment=payment, parts=form.cleaned_data["parts"], by=request.user))
    if done is None:
        return _show(request, payment, form)
    messages.success(request, _("Allocated. What is left stays the payer's credit."))
    return redirect(payment)


@login_required
@permission_required("royalties.add_payment", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Enter a payment."""
    form = PaymentForm(request.POST or None, user=request.user, initial={"received_on": request.today})
    if request.method == "POST":
        payment = submit(form, lambda: add_payment(values=form.values, by=request.user, today=request.today))
        if payment is not None:
            return leave_form(request, payment.get_absolute_url(), _("The payment is entered. Allocate it next."))
    return show_form(
        request, form, title=_("New payment"), back=reverse("royalties:payments"), submit_label=_("Enter payment")
    )


@payment_view("royalties.change_payment", FORM)
def edit(request: UserRequest, payment: Any) -> HttpResponse:
    """Correct a payment."""
    form = PaymentForm(request.POST or None, instance=payment, user=request.user)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_payment(
                payment=payment,
                values=form.values,
                expected_version=form.stored_version,
                by=request.user,
                today=request.today,
            ),
        )
        if saved is not None:
            return leave_form(request, saved.get_absolute_url(), _("The payment is saved."))
    return show_form(request, form, title=_("Edit payment"), back=payment.get_absolute_url())


@payment_view("royalties.change_payment", WRITE)
def ignore(request: UserRequest, payment: Any) -> HttpResponse:
    """Say that a payment is not about royalties, or that it is after all."""
    is_ignored = request.POST.get("is_ignored") == "1"
    try:
        ignore_payment(payment=payment, is_ignored=is_ignored, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        told = _("Set aside as not about royalties.") if is_ignored else _("It counts as about royalties again.")
        messages.success(request, told)
    return redirect(payment)


def _likely_amounts(payment: Any, suggestion: Suggestion) -> dict[int, Decimal]:
    """Return what each invoice of a suggestion would get, the first due first, as far as the payment lasts."""
    left = payment.left
    amounts: dict[int, Decimal] = {}
    for invoice in suggestion.invoices:
        if invoice.currency == payment.currency and left > 0:
            amounts[invoice.pk] = Money(min(left, invoice.outstanding), payment.currency).rounded().amount
            left -= amounts[invoice.pk]
    return amounts


def _show(request: UserRequest, payment: Any, form: AllocateForm) -> HttpResponse:
    can_allocate = payment.left > 0 and not payment.is_ignored and request.user.has_perm("royalties.add_allocation")
    suggestions = suggest([payment], request.user)[payment.pk] if can_allocate else []
    first = {invoice.pk: suggestion for suggestion in reversed(suggestions) for invoice in suggestion.invoices}
    invoices = open_invoices(request.user, [payment.licensor_id]) if can_allocate else []
    invoices = sorted(invoices, key=lambda invoice: -first[invoice.pk].score if invoice.pk in first else 0)
    likely = {} if form.is_bound or not suggestions else _likely_amounts(payment, suggestions[0])
    return render(
        request,
        "royalties/payment.html",
        {
            "payment": payment,
            "allocations": payment.allocations.select_related(
                "invoice__licensor", "invoice__agreement__licensee", "by"
            ).order_by("pk"),
            "can_allocate": can_allocate,
            "form": form,
            "rows": [
                {
                    "invoice": invoice,
                    "suggestion": first.get(invoice.pk),
                    "amount": form.data.get(f"amount-{invoice.pk}", likely.get(invoice.pk, "")),
                    "source": form.data.get(f"source-{invoice.pk}", ""),
                }
                for invoice in invoices[:MOST_INVOICES]
            ],
            "more": max(0, len(invoices) - MOST_INVOICES),
            "entries": timeline_of("payment", payment.pk, viewer=request.user, size=SHOWN_CHANGES).entries,
            "trail": [{"label": _("Payments"), "url": reverse("royalties:payments")}],
        },
        status=422 if form.is_bound and form.errors else 200,
    )
