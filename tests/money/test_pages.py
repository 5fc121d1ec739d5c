import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.enums import Role
from money.models import FxRate
from tests.accounts.factories import UserFactory
from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db
LIST = "/settings/fx-rates/"
DATA = {"base": "eur", "quote": "usd", "on": "2026-10-30", "kind": "reference", "rate": "1.1172", "source": "ECB"}
ECB = b"Date, USD, JPY, \n20 November 2026, 1.1521, N/A, \n"


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


def upload(client, content, since="2020-01-01"):
    file = SimpleUploadedFile("eurofxref.csv", content, "text/csv")
    return client.post(reverse("money:rates_import"), {"file": file, "since": since})


def test_stranger_is_sent_to_the_sign_in_page(client):
    assert client.get(LIST).url.startswith("/accounts/login/")


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_others_than_finance_read_only(client, role):
    rate = FxRateFactory()
    client.force_login(UserFactory(role=role))

    page = client.get(LIST)
    answers = [
        client.post(reverse("money:rate_new"), DATA),
        client.post(reverse("money:rate_edit", args=[rate.pk]), DATA),
        upload(client, ECB),
    ]

    assert b"1.1172" in page.content
    assert b"/edit/" not in page.content
    assert [answer.status_code for answer in answers] == [403] * 3


def test_user_without_a_role_sees_no_rates(client):
    client.force_login(UserFactory(role=False))

    assert client.get(LIST).status_code == 403


def test_list_refuses_post_and_missing_rate_is_404(client, finance):
    assert client.post(LIST).status_code == 405
    assert client.get(reverse("money:rate_edit", args=[10**30])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_queries(client, finance, rows, fetch_raise, django_assert_num_queries):
    for day in range(1, rows + 1):
        FxRateFactory(on=dt.date(2026, 10, day))
    client.get(LIST)

    with django_assert_num_queries(4):
        client.get(LIST)


def test_list_filters_by_pair_kind_and_dates(client, finance):
    wanted = FxRateFactory()
    FxRateFactory(quote="JPY")
    FxRateFactory(kind="period_end")
    FxRateFactory(on=dt.date(2026, 9, 1))

    page = client.get(LIST, {"pair": "EUR/USD", "kind": "reference", "since": "2026-10-01", "until": "2026-10-31"})

    assert list(page.context["page"]) == [wanted]


@pytest.mark.parametrize("query", ["?pair=%00", "?pair=x", "?since=soon", "?kind=bogus&sort=evil", "?page=-1"])
def test_list_answers_nonsense_filters_calmly(client, finance, query):
    assert client.get(LIST + query).status_code == 200


def test_export_holds_the_filtered_rates(client, finance):
    FxRateFactory()
    FxRateFactory(quote="JPY")

    response = client.get(LIST, {"pair": "EUR/USD", "export": "csv"})

    rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[1] == '2026-10-30,"EUR","USD","1.1172","Reference rate of the day","ECB"'


def test_rate_is_added_and_corrected(client, finance):
    client.post(reverse("money:rate_new"), DATA)
    rate = FxRate.objects.get()
    stale = {**DATA, "rate": "1.2", "version": rate.version}

    client.post(reverse("money:rate_edit", args=[rate.pk]), {**DATA, "rate": "1.1", "version": rate.version})
    refused = client.post(reverse("money:rate_edit", args=[rate.pk]), stale)

    rate.refresh_from_db()
    assert (rate.base, rate.quote, rate.figure, rate.source) == ("EUR", "USD", "1.1", "ECB")
    assert [one.typed for one in refused.context["form"].differences] == ["1.2"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": "1e30"}, "rate"),
        ({"base": "XXQ"}, "base"),
        ({"quote": "EUR"}, "quote"),
        ({"on": "1900-01-01"}, "on"),
        ({"on": "2100-01-01"}, "on"),
        ({"source": "x" * 10_000}, "source"),
        ({"source": "a\0b"}, "source"),
    ],
)
def test_rate_form_names_the_field_that_is_wrong(client, finance, changes, field):
    response = client.post(reverse("money:rate_new"), {**DATA, **changes})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not FxRate.objects.exists()


def test_second_rate_of_a_pair_on_a_day_is_refused_in_words(client, finance):
    FxRateFactory()

    response = client.post(reverse("money:rate_new"), DATA)

    assert response.context["form"].non_field_errors() == [
        "There is a rate of this kind for the pair on this date already."
    ]


def test_ecb_file_is_imported_once(client, finance):
    first, second = upload(client, ECB), upload(client, ECB)

    assert (first.status_code, second.status_code) == (302, 302)
    assert [(rate.quote, rate.figure) for rate in FxRate.objects.all()] == [("USD", "1.1521")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04\xff\xfe",
        b"a\0b",
        b"name,amount\n",
        b"Date,USD\nsoon,1.1\n",
        b"Date,USD\n2026-11-20,cheap\n",
        b"Date,USD\n2026-11-20,1e-30\n",
        b"Date,USD\n2100-11-20,1.1\n",
        b"Date,EUR\n2026-11-20,1.1\n",
        b"Date,USD,USD\n2026-11-20,1.1,1.2\n",
        b"Date,USD\n2026-11-20," + b"9" * 200_000,
    ],
)
def test_file_that_is_no_ecb_file_is_refused_whole(client, finance, content):
    response = upload(client, content)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["file"]
    assert not FxRate.objects.exists()
