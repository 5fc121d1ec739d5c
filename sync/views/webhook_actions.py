"""What buttons do with a webhook."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError
from sync.domain.webhook_endpoints import (
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    send_test,
)
from sync.enums import DeliveryStatus
from sync.views.webhooks import get_webhook, keep_secret_for_next_page


@login_required
@require_POST
def try_out(request: UserRequest, pk: int) -> HttpResponse:
    """Send a test now and show what came of it."""
    endpoint = get_webhook(request, pk)
    delivery = send_test(endpoint=endpoint, by=request.user, at=timezone.now())
    if delivery.status == DeliveryStatus.DELIVERED:
        messages.success(request, _("“%(name)s” took the test.") % {"name": endpoint})
    else:
        messages.error(request, _("“%(name)s” did not take the test.") % {"name": endpoint})
    return redirect(delivery)


@login_required
@require_POST
def rotate(request: UserRequest, pk: int) -> HttpResponse:
    """Make a new secret, which the next page shows once."""
    endpoint = rotate_secret(endpoint=get_webhook(request, pk), by=request.user, at=timezone.now())
    keep_secret_for_next_page(request, endpoint)
    messages.success(request, _("“%(name)s” has a new secret.") % {"name": endpoint})
    return redirect(endpoint)


@login_required
@require_POST
def disable(request: UserRequest, pk: int) -> HttpResponse:
    """Stop sending."""
    endpoint = disable_endpoint(endpoint=get_webhook(request, pk), by=request.user, at=timezone.now())
    messages.success(request, _("“%(name)s” is disabled.") % {"name": endpoint})
    return redirect(endpoint)


@login_required
@require_POST
def enable(request: UserRequest, pk: int) -> HttpResponse:
    """Send again, what was missed too unless `skip` says otherwise."""
    endpoint = get_webhook(request, pk)
    try:
        enable_endpoint(endpoint=endpoint, skips_missed="skip" in request.POST, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is enabled.") % {"name": endpoint})
    return redirect(endpoint)


@login_required
@require_POST
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Remove a webhook."""
    endpoint = get_webhook(request, pk)
    delete_endpoint(endpoint=endpoint, by=request.user)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": endpoint})
    return redirect("sync:webhooks")
