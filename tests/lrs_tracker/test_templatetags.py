import datetime as dt
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.test import RequestFactory

TODAY = dt.date(2026, 11, 24)


def render(source, **context):
    request = RequestFactory().get(context.pop("path", "/"))
    return Template("{% load figures lrs %}" + source).render(Context({"today": TODAY, "request": request, **context}))


@pytest.mark.parametrize(
    "source",
    [
        "{{ x|number }}",
        "{{ x|gwh }}",
        "{{ x|energy }}",
        "{{ x|money:'USD' }}",
        "{{ x|money_short:'USD' }}",
        "{{ x|percent }}",
        "{{ x|quarter }}",
        "{% date_short x %}",
        "{% distance x %}",
        "{% moment x %}",
    ],
)
def test_an_absent_value_is_a_dash(source):
    assert render(source, x=None) == "–"


@pytest.mark.parametrize(("value", "expected"), [("35.000", "35"), ("17.500", "17.5"), ("1234.5", "1,234.5")])
def test_gwh_without_idle_zeros(value, expected):
    assert render("{{ x|gwh }}", x=Decimal(value)) == expected


def test_energy_sets_its_unit_apart():
    assert render("{{ x|energy }}", x=Decimal(5_610_000)) == (
        '<span class="number">5.61 <span class="unit">GWh</span></span>'
    )


def test_date_short_tells_the_full_date_and_the_distance():
    assert render("{% date_short x %}", x=dt.date(2026, 11, 25)) == (
        '<time datetime="2026-11-25" title="Wed 25 Nov 2026, tomorrow">25 Nov</time>'
    )


def test_date_short_says_overdue_in_words_too():
    assert render("{% date_short x True %}", x=dt.date(2026, 11, 23)) == (
        '<time class="late" datetime="2026-11-23" title="Mon 23 Nov 2026, yesterday">23 Nov'
        '<span class="visually-hidden"> overdue</span></time>'
    )


def test_moment_of_today_is_its_time():
    assert render("{% moment x %}", x=dt.datetime(2026, 11, 24, 9, 42, tzinfo=dt.UTC)) == (
        '<time datetime="2026-11-24T09:42:00+00:00" title="Tue 24 Nov 2026 09:42">09:42</time>'
    )


def test_icon_without_a_label_is_decoration():
    assert render("{% icon 'lock' %}") == (
        '<svg class="icon" aria-hidden="true"><use href="/static/dist/icons.svg#lock"></use></svg>'
    )


def test_icon_with_a_label_speaks_it():
    assert render("{% icon 'lock' label=x %}", x='<"locked">') == (
        '<svg class="icon" role="img" aria-label="&lt;&quot;locked&quot;&gt;">'
        '<use href="/static/dist/icons.svg#lock"></use></svg>'
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% query_replace 'region' 'eu' %}", "?q=a&amp;region=eu"),
        ("{% query_replace 'q' %}", "?region=na"),
        ("{% query_replace 'owner' 3 %}", "?q=a&amp;region=na&amp;owner=3"),
    ],
)
def test_query_replace_keeps_the_rest_and_goes_back_to_page_1(source, expected):
    assert render(source, path="/deals/?q=a&region=na&page=4") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/deals/", "?sort=company|"),
        ("/deals/?sort=company", "?sort=-company|ascending"),
        ("/deals/?sort=-company", "?sort=company|descending"),
        ("/deals/?sort=code", "?sort=company|"),
    ],
)
def test_sort_turns_round_on_the_second_click(path, expected):
    assert render("{% sort_query 'company' %}|{% sort_direction 'company' %}", path=path) == expected
