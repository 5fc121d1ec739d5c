"""The address that Prometheus reads."""

import hmac
import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever has the token, and outside production to this machine; 404 for anyone else."""
    if not (_has_token(request) or (not settings.PRODUCTION and _is_from_here(request))):
        raise Http404
    # Loaded by whoever scrapes only: it is large.
    from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

    from reminders.domain.metrics import metrics_text

    return HttpResponse(metrics_text(at=timezone.now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), wanted.encode())


def _is_from_here(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
