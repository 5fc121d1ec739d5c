"""The pages that tell administrators how reminders are doing, and whether someone was told."""

from collections import Counter

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.exports import export_response, requested_format
from reminders.domain import operations
from reminders.domain.ledger import ledger_of, say_untold
from reminders.domain.rules import held_by_rule
from reminders.enums import MessageStatus, ReminderStatus, SkipReason
from reminders.exports import COLUMNS
from reminders.filters import LedgerFilter
from reminders.models import Notification, Reminder

PAGE_SIZE = 50
SCANS_SHOWN = 10
FAILURES_SHOWN = 25
_READS = ("reminders.view_reminder", "reminders.view_notification")


@login_required
@permission_required(_READS, raise_exception=True)
@require_safe
def show_state(request: UserRequest) -> HttpResponse:
    """Show what waits and what failed, when each part last lived, and the latest scans."""
    now = timezone.now()
    failed = Notification.objects.visible_to(request.user).filter(status=MessageStatus.FAILED)
    carried = Prefetch("reminders", queryset=Reminder.objects.visible_to(request.user).order_by("pk"))
    context = {
        "broker": operations.read_broker(),
        "messages_by_state": operations.count_messages(at=now),
        "totals": _totals(),
        "reminders_by_state": operations.count_reminders(at=now),
        "held": held_by_rule(),
        "scans": operations.latest_scans(SCANS_SHOWN),
        "failures": failed.select_related("recipient", "contact", "chat_endpoint")
        .prefetch_related(carried)
        .order_by("-created_at", "-pk")[:FAILURES_SHOWN],
        "reasons": {reason.value: reason.label for reason in SkipReason},
    }
    return render(request, "reminders/operations.html", context)


def _totals() -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (_channel, outcome), count in operations.total_messages().items():
        totals[outcome] += count
    # A template asks a mapping for what it has: what never was is none.
    return {status.value: totals[status] for status in MessageStatus}


@login_required
@permission_required(_READS, raise_exception=True)
@require_safe
def show_ledger(request: UserRequest) -> HttpResponseBase:
    """Show the reminders by person, deal and day, each with what became of it; `?export=csv` as a file."""
    found = LedgerFilter(request.GET, queryset=ledger_of(request.user), request=request)
    if (file_format := requested_format(request)) is not None:
        return export_response(found.qs, COLUMNS, name="reminders", file_format=file_format, today=request.today)
    page = Paginator(found.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    untold = say_untold(page, viewer=request.user, today=request.today)
    context = {
        "page": page,
        "rows": [(reminder, untold.get(reminder.pk)) for reminder in page],
        "filter": found,
        "statuses": [{"value": value, "label": label} for value, label in ReminderStatus.choices],
    }
    return render(request, "reminders/ledger.html", context)


@login_required
@permission_required("reminders.change_notification", raise_exception=True)
@require_POST
def resend(request: UserRequest, pk: int) -> HttpResponse:
    """Send one failed message again."""
    message = get_object_or_404(
        Notification.objects.visible_to(request.user).filter(status=MessageStatus.FAILED), pk=pk
    )
    operations.resend_message(message=message, by=request.user, at=timezone.now())
    messages.success(request, _("The message is sent again within a minute."))
    return redirect("reminders:operations")


@login_required
@permission_required("reminders.change_notification", raise_exception=True)
@require_POST
def resend_all(request: UserRequest) -> HttpResponse:
    """Send every failed message again."""
    count = operations.resend_failed(by=request.user, at=timezone.now())
    said = ngettext(
        "%(count)d message is sent again within a minute.", "%(count)d messages are sent again within minutes.", count
    )
    messages.success(request, said % {"count": count})
    return redirect("reminders:operations")
