"""The page of a person's calendar feeds."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from lrs_tracker.base_url import absolute_url
from reminders.domain.calendar_tokens import create_feed, revoke_feed
from reminders.models import CalendarFeed

# The token waits here from the redirect to the page that shows it, and no longer.
_TOKEN_IN_SESSION = "new_calendar_token"  # noqa: S105  # a name


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_calendars(request: UserRequest) -> HttpResponse:
    """List the feeds, and create one, whose address the next page shows once."""
    if request.method == "POST":
        _feed, request.session[_TOKEN_IN_SESSION] = create_feed(user=request.user)
        return redirect("reminders:calendars")
    new_url = ""
    if request.method == "GET" and (token := request.session.pop(_TOKEN_IN_SESSION, None)):
        new_url = absolute_url(reverse("reminders:calendar_feed", args=[token]))
    feeds = CalendarFeed.objects.visible_to(request.user).order_by("-created_at", "-pk")
    context = {
        "new_url": new_url,
        # Opens the calendar of the device, which then asks for the same address by http.
        "subscribe_url": urlsplit(new_url)._replace(scheme="webcal").geturl() if new_url else "",
        "feeds": feeds.filter(revoked_at__isnull=True),
        "revoked": feeds.filter(revoked_at__isnull=False),
    }
    return render(request, "reminders/calendars.html", context)


@login_required
@require_POST
def revoke(request: UserRequest, pk: int) -> HttpResponse:
    """Make the address of a feed useless."""
    feed = get_object_or_404(CalendarFeed.objects.visible_to(request.user), pk=pk)
    revoke_feed(feed=feed, by=request.user, at=timezone.now())
    messages.success(request, _("The calendar is revoked. Programs that have its address show nothing new."))
    return redirect("reminders:calendars")
