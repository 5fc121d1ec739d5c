import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from lrs_tracker.appearance import DESTINATIONS, appearance, read_theme
from lrs_tracker.clock import ReaderMiddleware, today_for


@pytest.mark.parametrize(
    ("cookie", "expected"), [("dark", "dark"), ("light", "light"), ("", "auto"), ('"><script>', "auto")]
)
def test_read_theme_takes_only_what_it_knows(cookie, expected):
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert read_theme(request) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", ["/"]), ("/board/", ["/board/"]), ("/deals/LRS-0031/", ["/deals/"]), ("/settings/", [])],
)
def test_navigation_marks_the_page_and_those_below_it(path, expected):
    places = appearance(RequestFactory().get(path))["navigation"]
    assert [place.page.path for place in places if place.is_current] == expected


def test_shortcuts_of_pages_are_distinct():
    keys = [page.keys for page in DESTINATIONS]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("time_zone", "expected"),
    [("UTC", dt.date(2026, 11, 24)), ("Asia/Tokyo", dt.date(2026, 11, 25)), ("Europe/Berlin", dt.date(2026, 11, 24))],
)
def test_today_for_is_the_date_where_the_reader_is(time_zone, expected):
    at = dt.datetime(2026, 11, 24, 20, 0, tzinfo=dt.UTC)
    assert today_for(SimpleNamespace(time_zone=time_zone), at=at) == expected


def test_reader_middleware_activates_zone_and_language_for_the_request_only():
    seen = {}

    def answer(request):
        seen.update(zone=timezone.get_current_timezone_name(), language=translation.get_language())
        return request.today

    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=True, time_zone="Asia/Tokyo", language="en")
    today = ReaderMiddleware(answer)(request)
    assert seen == {"zone": "Asia/Tokyo", "language": "en"}
    assert today == today_for(request.user)
    assert timezone.get_current_timezone_name() == "UTC"
