"""Calendars for other programs. What opens a feed is the token in its address: programs have no cookies."""

import datetime as dt
import hashlib
import zoneinfo

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from deals.models import Deal
from reminders.domain.calendar_tokens import find_feed, note_fetched
from royalties.domain.link_limits import WINDOW_SECONDS, has_guessed_too_often, note_wrong_token

_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


@require_safe
@sensitive_variables("token")
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Give the calendar of a token; answer alike for every token that does not work, and tell nobody the address."""
    # What writes calendars is large, and most workers never do.
    from reminders.domain.calendar_feed import feed_of

    now = timezone.now()
    found = find_feed(token)
    if found is None:
        response: HttpResponseBase = _refuse(request, at=now)
    else:
        user = found.user
        with translation.override(user.language), timezone.override(zoneinfo.ZoneInfo(user.time_zone)):
            content = feed_of(user, at=now)
        note_fetched(feed=found, at=now)
        response = _answer(request, content, disposition='inline; filename="lrs-tracker.ics"')
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


@login_required
@require_safe
def of_deal(request: UserRequest, pk: int) -> HttpResponseBase:
    """Give the calendar of a deal as a file."""
    from reminders.domain.calendar_feed import deal_calendar

    deal = get_object_or_404(Deal.objects.visible_to(request.user).select_related("company"), pk=pk)
    content = deal_calendar(request.user, deal, at=timezone.now())
    return _answer(request, content, disposition=f'attachment; filename="{deal.code}.ics"')


def _refuse(request: HttpRequest, *, at: dt.datetime) -> HttpResponse:
    # Calendar services ask for many people from one address: what somebody tries there bars no calendar that is,
    # and no report link either.
    client = f"calendar:{get_adapter().get_client_ip(request)}"
    if has_guessed_too_often(client, at=at):
        words = _("Too many attempts. Wait a few minutes and try again.")
        headers = {"Retry-After": str(WINDOW_SECONDS)}
        return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8", headers=headers)
    note_wrong_token(client, at=at)
    words = _("This calendar does not exist.")
    return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, content: bytes, *, disposition: str) -> HttpResponseBase:
    """Give a calendar, or say that it is as it was; kept copies are asked about each time, for rights may change."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "Content-Disposition": disposition, "ETag": etag}
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response
