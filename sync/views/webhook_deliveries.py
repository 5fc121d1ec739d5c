"""One message of a webhook: what was sent, what was answered, and sending it again."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError
from sync.domain.webhook_endpoints import may_read_body, redeliver
from sync.models import WebhookDelivery


@login_required
@require_safe
def show(request: UserRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """Show a message; what is in it only while its object may be seen."""
    delivery = _get(request, pk, delivery_pk)
    body = None
    if may_read_body(delivery=delivery, by=request.user):
        body = json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False)
    return render(request, "sync/webhook_delivery.html", {"delivery": delivery, "body": body, "now": timezone.now()})


@login_required
@require_POST
def send_again(request: UserRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """Send a message once more."""
    delivery = _get(request, pk, delivery_pk)
    try:
        redeliver(delivery=delivery, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is sent again within a second."))
    return redirect(delivery)


def _get(request: UserRequest, pk: int, delivery_pk: int) -> WebhookDelivery:
    deliveries = WebhookDelivery.objects.visible_to(request.user).select_related("endpoint__owner")
    return get_object_or_404(deliveries, endpoint_id=pk, pk=delivery_pk)
