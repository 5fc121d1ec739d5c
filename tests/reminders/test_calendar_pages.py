"""The addresses of calendars: who gets what by which token, as what, and the page where people make them."""

import datetime as dt
import hashlib
import json

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.enums import Role
from deals.models import Deal
from lrs_tracker.logging import hide_secrets
from lrs_tracker.problems import PermissionRefusedError
from reminders.domain.calendar_tokens import create_feed, find_feed, note_fetched, revoke_feed
from reminders.models import CalendarFeed
from royalties.domain.link_limits import MOST_WRONG_TOKENS
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, TaskFactory
from tests.reminders.rfc5545 import problems_of

pytestmark = pytest.mark.django_db
PAGE = "/settings/calendar/"


@pytest.fixture(autouse=True)
def _host(settings):
    settings.BASE_URL = "https://lrs.example"


@pytest.fixture
def owner():
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT)


@pytest.fixture
def deal(owner):
    return DealFactory(owner=owner, company__name="Aurora Motors")


@pytest.fixture
def made(owner):
    return create_feed(user=owner)


@pytest.fixture
def url(made):
    return f"/calendar/{made[1]}.ics"


def test_only_the_digest_of_a_token_is_kept(made):
    feed, token = made

    assert len(token) >= 43
    assert feed.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(CalendarFeed.objects.values())
    assert token not in str(Change.objects.values())


def test_feed_opens_without_logging_in(client, deal, url):
    TaskFactory(deal=deal, title="Send the draft")

    response = client.get(url)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("private, no-cache", "no-referrer")
    assert response.cookies == {}
    assert problems_of(response.content) == []
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["summary"] == "Send the draft"
    assert event["url"] == f"https://lrs.example/deals/{deal.code}/?tab=tasks"


def test_feed_is_of_the_user_of_its_token_whoever_is_logged_in(client, deal, url):
    TaskFactory(deal=deal, title="Send the draft")
    stranger = UserFactory(role=Role.MANAGER)
    client.force_login(stranger)
    _feed, other = create_feed(user=stranger)

    assert b"Send the draft" in client.get(url).content
    assert b"VEVENT" not in client.get(f"/calendar/{other}.ics").content


def test_feed_speaks_the_language_of_its_user(client, owner, deal, url, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("de", "Deutsch")]
    owner.language = "de"
    owner.save()
    TaskFactory(deal=deal, due_on=dt.date(2026, 12, 1))

    (event,) = Calendar.from_ical(client.get(url, headers={"Accept-Language": "en"}).content).walk("VEVENT")
    assert "Dez" in event["description"], event["description"]


def test_unchanged_feed_is_not_sent_again(client, deal, url):
    task = TaskFactory(deal=deal)
    etag = client.get(url)["ETag"]

    unchanged = client.get(url, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert unchanged["Referrer-Policy"] == "no-referrer"
    type(task).objects.update(title="Another title")
    changed = client.get(url, headers={"If-None-Match": etag})
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)


def test_feed_answers_programs_that_only_ask_for_its_head(client, url):
    response = client.head(url)

    assert (response.status_code, response.content) == (200, b"")
    assert client.post(url).status_code == 405


def test_unknown_and_revoked_tokens_and_those_of_the_inactive_answer_alike(client, made, owner, url):
    revoked_feed, revoked = create_feed(user=owner)
    revoke_feed(feed=revoked_feed, by=owner, at=NOW)
    _feed, inactive = create_feed(user=UserFactory(is_active=False))
    answers = set()
    for token in ("x" * 43, "y" * 500, "ü" * 43, "short", revoked, inactive, made[1][:-1], made[1].swapcase()):
        response = client.get(reverse("reminders:calendar_feed", args=[token]))
        headers = tuple(sorted((name, value) for name, value in response.items() if name != "X-Request-ID"))
        answers.add((response.status_code, response.content, headers))
    assert len(answers) == 1
    status, content, _headers = answers.pop()
    assert (status, content) == (404, b"This calendar does not exist.")
    assert client.get(url).status_code == 200


def test_deactivated_user_gets_nothing_from_then_on(client, owner, url):
    assert client.get(url).status_code == 200
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)

    assert client.get(url).status_code == 404


def test_guessing_tokens_is_slowed_down_and_bars_no_calendar(client, url):
    for _each in range(MOST_WRONG_TOKENS):
        assert client.get("/calendar/guess.ics").status_code == 404

    barred = client.get("/calendar/guess.ics")
    assert (barred.status_code, barred["Retry-After"]) == (429, "600")
    assert client.get(url).status_code == 200
    assert Client(REMOTE_ADDR="10.0.0.9").get("/calendar/guess.ics").status_code == 404


def test_deal_made_confidential_is_gone_at_the_next_fetch(client, deal):
    outsider = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    TaskFactory(deal=deal, title="Send the draft", assignee=outsider)
    _feed, token = create_feed(user=outsider)
    url = f"/calendar/{token}.ics"
    etag = client.get(url)["ETag"]
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)

    response = client.get(url, headers={"If-None-Match": etag})

    text = response.content.decode()
    assert "STATUS:CANCELLED" in text
    assert [word for word in ("Aurora", deal.code, "Send the draft") if word in text] == []


def test_fetches_are_noted_once_a_minute_and_change_nothing_else(made):
    feed, token = made
    changes, version = Change.objects.count(), feed.version
    for seconds, noted in ((0, 0), (30, 0), (60, 60)):
        note_fetched(feed=find_feed(token), at=NOW + dt.timedelta(seconds=seconds))
        feed.refresh_from_db()
        assert feed.last_fetched_at == NOW + dt.timedelta(seconds=noted)
    assert (Change.objects.count(), feed.version) == (changes, version)


def test_token_is_hidden_from_logs(made, url):
    event = hide_secrets(None, "info", {"event": f"Not Found: {url}", "path": url})

    assert made[1] not in json.dumps(event)


def test_revoke_is_for_the_owner_and_keeps_the_first_time(made, owner):
    feed, _token = made

    with pytest.raises(PermissionRefusedError):
        revoke_feed(feed=feed, by=UserFactory(role=Role.ADMINISTRATOR), at=NOW)
    revoke_feed(feed=feed, by=owner, at=NOW)
    revoke_feed(feed=feed, by=owner, at=NOW + dt.timedelta(days=1))
    feed.refresh_from_db()
    assert feed.revoked_at == NOW


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.FINANCE])
def test_page_makes_an_address_shows_it_once_and_revokes_it(client, role):
    client.force_login(UserFactory(role=role))

    page = client.post(PAGE, follow=True)
    shown = page.context["new_url"]
    assert page.redirect_chain == [(PAGE, 302)]
    assert shown.startswith("https://lrs.example/calendar/")
    assert page.context["subscribe_url"] == shown.replace("https://", "webcal://")
    assert Client().get(shown).status_code == 200
    again = client.get(PAGE)
    assert shown not in again.content.decode()
    assert "Last fetched" in again.content.decode()
    client.post(reverse("reminders:calendar_revoke", args=[CalendarFeed.objects.get().pk]))
    assert Client().get(shown).status_code == 404


def test_page_is_of_ones_own(client, made):
    client.force_login(UserFactory(role=Role.ADMINISTRATOR))

    assert list(client.get(PAGE).context["feeds"]) == []
    assert client.post(reverse("reminders:calendar_revoke", args=[made[0].pk])).status_code == 404
    assert client.get(reverse("reminders:calendar_revoke", args=[made[0].pk])).status_code == 405
    assert CalendarFeed.objects.get().revoked_at is None


def test_page_sends_strangers_to_log_in(client, deal):
    for path in (PAGE, f"/deals/{deal.code}/calendar.ics"):
        assert client.get(path)["Location"].startswith("/accounts/login/")


def test_deal_is_downloaded_from_a_link_in_its_workspace(client, deal):
    TaskFactory(deal=deal, title="Send the draft")
    client.force_login(UserFactory(role=Role.READ_ONLY))
    path = f"/deals/{deal.code}/calendar.ics"

    assert f'href="{path}"' in client.get(deal.get_absolute_url()).content.decode()
    response = client.get(path)
    assert response["Content-Disposition"] == f'attachment; filename="{deal.code}.ics"'
    assert problems_of(response.content) == []
    assert b"SUMMARY:Send the draft" in response.content
    assert client.post(path).status_code == 405


def test_confidential_deal_has_no_download_for_outsiders(client, owner, deal):
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)
    path = f"/deals/{deal.code}/calendar.ics"
    client.force_login(UserFactory(role=Role.FINANCE))
    assert client.get(path).status_code == 404
    client.force_login(owner)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("feeds", [1, 3])
def test_page_query_count_does_not_grow_with_its_feeds(client, django_assert_num_queries, owner, feeds):
    for _number in range(feeds):
        create_feed(user=owner)
    client.force_login(owner)
    client.get(PAGE)

    with django_assert_num_queries(3):
        assert client.get(PAGE).status_code == 200
