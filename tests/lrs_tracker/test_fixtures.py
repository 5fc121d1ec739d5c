"""The fixtures that other tests rely on do find what they look for."""

import threading
import time

import pytest
from django.core import mail
from django.core.exceptions import FieldFetchBlocked
from django.db import connection, transaction
from playwright.sync_api import Page

from accounts.models import User
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.emptying import emptied_tables, empty


def test_smtp_takes_what_is_sent(smtp) -> None:
    mail.send_mail("Subject", "Text", "from@example.com", ["to@example.com"])
    assert [(message["Subject"], message["X-RcptTo"]) for message in smtp.messages] == [("Subject", "to@example.com")]


def test_fetch_raise_finds_a_row_by_row_fetch(db: None, fetch_raise: None) -> None:
    UserFactory(manager=UserFactory())
    user = User.objects.exclude(manager=None).get()
    with pytest.raises(FieldFetchBlocked):
        _ = user.manager


@pytest.mark.django_db(transaction=True)
def test_tables_are_emptied_while_somebody_still_reads_them_in_another_order() -> None:
    UserFactory()
    first, last = "accounts_user", "sync_webhookdelivery"
    is_reading = threading.Event()

    def read() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # It waits for the other longer than the other for it, and so is not the one that is ended.
            cursor.execute("SET LOCAL deadlock_timeout = '10s'")
            cursor.execute(f"SELECT 1 FROM {last}")  # noqa: S608  # a name above
            is_reading.set()
            time.sleep(0.3)
            cursor.execute(f"SELECT 1 FROM {first}")  # noqa: S608  # a name above
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    is_reading.wait()
    empty([first, *sorted(set(emptied_tables()) - {first, last}), last])
    reader.join()
    assert not User.objects.exists()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_login_page_is_accessible(open_page, axe, color_scheme: str, size: str) -> None:
    options = {"viewport": PHONE} if size == "phone" else {}
    page: Page = open_page(None, "/accounts/login/", color_scheme=color_scheme, **options)
    assert axe(page) == []


def test_user_signs_in_with_the_form(page: Page) -> None:
    UserFactory(email="ann@example.com")
    page.fill("input[name=login]", "ann@example.com")
    page.fill("input[name=password]", "secret-phrase-1")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
