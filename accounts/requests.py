"""What a view behind `login_required` may count on."""

import datetime as dt

from django.http import HttpRequest
from django.urls import ResolverMatch
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class UserRequest(HttpRequest):
    """A request of a signed-in user that came through our middleware; `today` is their day."""

    user: User
    today: dt.date
    resolver_match: ResolverMatch
    htmx: HtmxDetails
