"""Private links: their whole life, and what they never tell."""

import datetime as dt
import json
import threading
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from lrs_tracker.logging import hide_secrets
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.filings import accept_filing, accept_warnings, dispute_filing
from royalties.domain.link_limits import MOST_REQUESTS_OF_A_LINK, MOST_WRONG_TOKENS
from royalties.domain.report_checks import open_warnings
from royalties.domain.report_links import create_link, find_link, revoke_link
from royalties.models import ReportFiling, ReportLink
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db
END = dt.date(2026, 1, 31)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def agreement():
    """An agreement by months with one plant, of a deal that must stay unknown."""
    agreement = AgreementFactory(
        title="Cell licence",
        licensee__name="Aster Motors",
        reporting_period="month",
        plants=[PlantFactory(name="Aster 1", chemistry="lfp")],
        fields_of_use=["ev"],
        deal__title="Secret plan",
    )
    RoyaltyTermFactory(agreement=agreement, label="Secret royalty")
    return agreement


def make(agreement, by, **values):
    facts = {"period_start": dt.date(2026, 1, 1), "period_end": END, "recipient": "", "days": 30, "at": timezone.now()}
    return create_link(agreement=agreement, by=by, **facts | values)


@pytest.fixture
def made(agreement, finance):
    return make(agreement, finance)


@pytest.fixture
def url(made):
    return reverse("royalties:report_link", args=[made[1]])


def typed(agreement, sold="900", then="send", **values):
    """Return what the browser sends for one row."""
    row = {"plant": agreement.plants.get().pk, "month": "2026-01-01", "chemistry": "lfp", "field": "ev"}
    row |= {"energy_produced_kwh": "1000", "energy_sold_kwh": sold}
    form = {"rows-TOTAL_FORMS": 1, "rows-INITIAL_FORMS": 1, "unit": "MWh", "shown_unit": "kWh", "then": then}
    return {**form, "sender": "Ada Aster", **{f"rows-0-{name}": value for name, value in row.items()}, **values}


def test_token_is_not_kept(made):
    link, token = made
    assert len(token) == 43
    assert token not in json.dumps(list(ReportLink.objects.values()), default=str)
    assert find_link(token, at=timezone.now()) == link


def test_page_shows_what_it_is_about_and_nothing_else(client, agreement, url):
    page = client.get(url)
    text = page.content.decode()
    for known in ("Aster Motors", "Cell licence", "Jan 2026", "Aster 1"):
        assert known in text
    for unknown in ("Secret", agreement.code, agreement.deal.code, agreement.licensor.name, "USD", "2.00"):
        assert unknown not in text
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert "no-store" in page["Cache-Control"]
    assert ReportLink.objects.get().opened_at is not None


def test_licensee_reports_without_an_account(client, agreement, url):
    response = Client(enforce_csrf_checks=True).post(url, typed(agreement))
    assert response["Location"] == url
    filing = ReportFiling.objects.get()
    assert (filing.status, filing.channel, filing.sender) == ("submitted", "link", "Ada Aster")
    assert filing.reports.get().energy_sold_kwh == 900_000
    assert ReportLink.objects.get().used_at == filing.submitted_at
    receipt = client.get(url)
    assert "Report received" in receipt.content.decode()
    assert "900,000\xa0kWh" in receipt.content.decode()


def test_nil_report_is_one_button(client, agreement, url):
    client.post(url, {"then": "nil"})
    assert list(ReportFiling.objects.get().reports.values_list("is_nil", "energy_sold_kwh")) == [(True, Decimal(0))]
    assert "Nothing was made or sold" in client.get(url).content.decode()


def test_nil_report_does_not_drop_typed_figures(client, agreement, url):
    response = client.post(url, typed(agreement, then="nil", note="By mail"))
    text = response.content.decode()
    assert response.status_code == 422
    assert "You typed figures below." in text
    assert 'value="900"' in text
    assert "By mail" in text
    assert not ReportFiling.objects.exists()
    client.post(url, typed(agreement, sold=" 0.00", then="nil", **{"rows-0-energy_produced_kwh": ""}))
    filing = ReportFiling.objects.get()
    assert (filing.status, filing.sender, filing.reports.get().is_nil) == ("submitted", "Ada Aster", True)


def test_nil_report_is_sent_over_saved_figures_that_were_emptied(client, agreement, url):
    client.post(url, typed(agreement, then="save"))
    client.post(url, typed(agreement, sold="", then="nil", **{"rows-0-energy_produced_kwh": "1,000,000"}))
    assert ReportFiling.objects.get().reports.get().is_nil


def test_file_replaces_typed_figures_only_when_asked_again(client, agreement, url):
    book = b"".join(client.get(f"{url}template/csv/").streaming_content).decode().replace(",,", ",1000,700", 1)
    file = {"file": SimpleUploadedFile("report.csv", book.encode())}
    response = client.post(url, typed(agreement, then="file", note="By mail") | file)
    text = response.content.decode()
    assert response.status_code == 422
    assert "would replace those you typed below" in text
    assert 'value="900"' in text
    assert not ReportFiling.objects.exists()
    file = {"file": SimpleUploadedFile("report.csv", book.encode())}
    response = client.post(url, typed(agreement, then="file", note="By mail", replace="1") | file)
    assert 'value="700"' in response.content.decode()
    filing = ReportFiling.objects.get()
    assert (filing.sender, filing.note, filing.reports.get().energy_sold_kwh) == ("Ada Aster", "By mail", 700)


def test_second_report_by_the_same_link_is_refused(client, agreement, url):
    client.post(url, typed(agreement))
    for again in (typed(agreement, sold="5"), {"then": "nil"}, {"file": SimpleUploadedFile("a.csv", b"a\n1\n")}):
        response = client.post(url, again)
        assert response.status_code == 409
        assert "sent already" in response.content.decode()
    assert ReportFiling.objects.get().reports.get().energy_sold_kwh == 900_000


def test_report_that_was_sent_back_is_corrected_by_the_same_link(client, agreement, finance, url):
    client.post(url, typed(agreement))
    ReportLink.objects.update(expires_at=timezone.now() + dt.timedelta(minutes=1))
    dispute_filing(filing=ReportFiling.objects.get(), reason="Sold is too high", by=finance, at=timezone.now())
    text = client.get(url).content.decode()
    assert "Sold is too high" in text
    assert 'value="900,000"' in text
    assert finance.name not in text
    assert ReportLink.objects.get().expires_at > timezone.now() + dt.timedelta(days=13)
    client.post(url, typed(agreement, sold="800"))
    filing = ReportFiling.objects.get()
    assert (filing.status, filing.reports.get().energy_sold_kwh) == ("submitted", 800_000)
    keys = [flag.key for flag in open_warnings(filing)]
    accept_warnings(filing=filing, keys=keys, by=finance, at=timezone.now())
    accept_filing(filing=ReportFiling.objects.get(), by=finance, at=timezone.now())
    assert client.post(url, typed(agreement)).status_code == 409


def test_own_checks_come_before_sending(client, agreement, url):
    response = client.post(url, typed(agreement, sold="1500"))
    text = response.content.decode()
    assert response.status_code == 200
    assert "Aster 1 has sold more than it made" in text
    assert ReportFiling.objects.get().status == "draft"
    client.post(url, typed(agreement, sold="1600", confirmed=response.context["confirmed"]))
    assert ReportFiling.objects.get().status == "draft"
    client.post(url, typed(agreement, sold="1500", confirmed=response.context["confirmed"]))
    assert ReportFiling.objects.get().status == "submitted"


def test_figures_are_saved_for_later_and_not_sent(client, agreement, url):
    client.post(url, typed(agreement, then="save"))
    assert ReportFiling.objects.get().status == "draft"
    assert 'value="900,000"' in client.get(url).content.decode()


def test_errors_lose_nothing(client, agreement, url):
    response = client.post(url, typed(agreement, sold="1,2,3", note="By mail"))
    text = response.content.decode()
    assert response.status_code == 422
    assert "1,2,3" in text
    assert "By mail" in text


def test_refused_figures_are_not_to_be_confirmed(client, agreement, url):
    response = client.post(url, typed(agreement, **{"rows-0-energy_produced_kwh": "-5"}))
    text = response.content.decode()
    assert response.status_code == 422
    assert "Negative figures are only for returns" in text
    assert "Check and send" in text
    assert "The figures are right" not in text


def test_file_is_read_looked_at_and_sent(client, agreement, url):
    book = b"".join(client.get(f"{url}template/csv/").streaming_content).decode().replace(",,", ",1000,900", 1)
    response = client.post(url, {"then": "file", "file": SimpleUploadedFile("report.csv", book.encode())})
    assert response.status_code == 200, response.content.decode()
    assert 'value="900"' in response.content.decode()
    filing = ReportFiling.objects.get()
    assert (filing.status, filing.file_name) == ("draft", "report.csv")
    client.post(url, typed(agreement))
    assert ReportFiling.objects.get().status == "submitted"


def test_file_with_errors_names_its_rows(client, agreement, url):
    content = b"Plant,Month,Sold\nElm,2026-01,5\n"
    response = client.post(url, {"then": "file", "file": SimpleUploadedFile("report.csv", content)})
    assert response.status_code == 422
    assert "“Elm” is not one of" in response.content.decode()
    content = SimpleUploadedFile("report.csv", content)
    response = client.post(url, typed(agreement, then="file", replace="1") | {"file": content})
    assert 'value="900"' in response.content.decode()
    assert not ReportFiling.objects.exists()


def test_unknown_expired_and_revoked_links_answer_alike(client, agreement, finance):
    expired = make(agreement, finance, period_start=dt.date(2026, 2, 1), period_end=dt.date(2026, 2, 28))
    revoked = make(agreement, finance, period_start=dt.date(2026, 3, 1), period_end=dt.date(2026, 3, 31))
    ReportLink.objects.filter(pk=expired[0].pk).update(expires_at=timezone.now())
    revoke_link(link=revoked[0], by=finance, at=timezone.now())
    answers = []
    for token in ("x" * 43, expired[1], revoked[1], "ü", "a" * 500):
        for method in ("get", "post"):
            response = getattr(client, method)(reverse("royalties:report_link", args=[token]))
            body = response.content.decode().split("</head>")[1]
            answers.append((response.status_code, body, response["Referrer-Policy"]))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    assert "This link does not work" in answers[0][1]


def test_new_link_of_a_period_replaces_the_former_and_takes_over_its_draft(client, agreement, finance, made, url):
    client.post(url, typed(agreement, then="save"))
    _link, token = make(agreement, finance)
    assert client.get(url).status_code == 404
    assert 'value="900,000"' in client.get(reverse("royalties:report_link", args=[token])).content.decode()


def test_guessing_tokens_is_slowed_down(client, agreement, url):
    for _each in range(MOST_WRONG_TOKENS):
        client.get("/report/guess/")
    assert client.get("/report/guess/").status_code == 429
    assert client.get(url).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").get(url).status_code == 200


def test_one_link_cannot_flood(client, url, settings):
    for _each in range(MOST_REQUESTS_OF_A_LINK):
        client.head(url + "template/none/")
    assert client.get(url).status_code == 429


def test_token_is_hidden_from_logs(made, url):
    event = hide_secrets(None, "info", {"event": f"Internal Server Error: {url}", "path": f"{url}template/csv/"})
    assert made[1] not in json.dumps(event)


def test_link_is_made_shown_once_mailed_and_revoked(client, agreement, finance):
    client.force_login(finance)
    url = reverse("royalties:report_links", args=[agreement.pk])
    response = client.post(url, {"period": "2026-01-31", "days": 10, "recipient": "ada@aster.example"}, follow=True)
    [message] = mail.outbox
    shown = response.context["new_url"]
    assert message.to == ["ada@aster.example"]
    assert shown in message.body
    assert shown not in client.get(url).content.decode()
    assert Client().get(shown).status_code == 200
    client.post(reverse("royalties:report_link_revoke", args=[ReportLink.objects.get().pk]))
    assert Client().get(shown).status_code == 404


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_only_finance_makes_links(client, agreement, made, role):
    user = UserFactory(role=role)
    client.force_login(user)
    assert client.post(reverse("royalties:report_links", args=[agreement.pk])).status_code == 403
    assert client.post(reverse("royalties:report_link_revoke", args=[made[0].pk])).status_code == 403
    with pytest.raises(PermissionRefusedError):
        make(agreement, user)


@pytest.mark.parametrize("days", [0, 366, -1])
def test_link_holds_for_a_year_at_most(agreement, finance, days):
    with pytest.raises(DomainError):
        make(agreement, finance, days=days)


@pytest.mark.django_db(transaction=True)
def test_of_two_reports_at_once_one_is_taken(agreement, url):
    statuses = []
    gate = threading.Barrier(4)

    def send(sold):
        gate.wait()
        statuses.append(Client().post(url, typed(agreement, sold=sold)).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=(str(sold),)) for sold in (100, 200, 300, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 409, 409, 409]
    assert ReportFiling.objects.get().reports.count() == 1
