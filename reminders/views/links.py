"""The page behind a link in a mail. What authorises is the token in its address, so it needs no cookie.

Scanners of mails open every link: looking at the page never acts, its one button does. Mail programs that
offer to unsubscribe post to the address themselves (RFC 8058), without a cookie or a form of ours, so there
is no CSRF token; nobody can forge what the token says.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from lrs_tracker.change_log import change_context
from reminders.domain.links import (
    SNOOZE_DAYS,
    Link,
    LinkClosedError,
    LinkUsedError,
    open_link,
    snoozed_until,
    use_link,
)
from reminders.domain.people import hours_of
from reminders.domain.working_days import send_time

_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link does, with one button; do it when that is pressed. Tell nobody the address."""
    now = timezone.now()
    try:
        link = open_link(token, at=now)
        if request.method == "POST":
            with change_context(actor_id=link.user.pk, channel="web", request_id=getattr(request, "request_id", "")):
                link = use_link(token, at=now)
        response = _page(request, link, at=now)
    except LinkUsedError:
        response = render(request, "reminders/link_over.html", {"is_used": True})
    except LinkClosedError:
        response = render(request, "reminders/link_over.html", {"is_used": False}, status=404)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _page(request: HttpRequest, link: Link, *, at: dt.datetime) -> HttpResponse:
    """Show in the reader's language what the link will do, or has done."""
    with translation.override(link.user.language), timezone.override(ZoneInfo(link.user.time_zone)):
        context = {
            "link": link,
            "reminder": link.reminder,
            "kinds": [kind.label for kind in link.kinds],
            "comes_back_at": _comes_back_at(link, at),
            "has_acted": request.method == "POST",
        }
        return render(request, "reminders/link.html", context)


def _comes_back_at(link: Link, at: dt.datetime) -> dt.datetime | None:
    if link.action not in SNOOZE_DAYS:
        return None
    return send_time(hours_of(link.user), snoozed_until(link, at=at), is_after=True)
