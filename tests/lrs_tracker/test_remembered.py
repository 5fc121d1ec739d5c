"""Remembered pieces of HTML show exactly what they were given."""

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString
from django.utils.translation import override

from deals.models import Deal
from lrs_tracker.remembered import remembered_html
from sync.domain.change_words import Line
from sync.domain.timeline import Entry
from tests.deals.factories import DealFactory

TODAY = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


def _entry(body: str, *, who: str = "Maria", mine: frozenset[int] = frozenset(), own: str = "one") -> str:
    line = Line(SafeString("noted"), body=body, resource="note", object_id=4)
    entry = Entry(who=who, is_person=True, via="", at=AT, lines=[line])
    context = {"entry": entry, "my_notes": mine, "deal_id": 1, "today": TODAY}
    return remembered_html("deals/workspace/entry.html", context, csrf_token=own)


def test_a_piece_changes_with_every_value_in_it():
    assert _entry("Hello") == _entry("Hello")
    assert "Tom" in _entry("Hello", who="Tom")
    assert "Remove" not in _entry("Hello")
    assert "Remove" in _entry("Hello", mine=frozenset({4}))


def test_a_text_is_escaped_also_when_the_same_text_was_safe_before():
    assert "<b>x</b>" in _entry(SafeString("<b>x</b>"))
    assert "&lt;b&gt;x&lt;/b&gt;" in _entry("<b>x</b>")


def test_each_reader_gets_their_own_token():
    first, second = (_entry("Hello", mine=frozenset({4}), own=own) for own in ("one", "two"))

    assert 'value="one"' in first
    assert 'value="two"' in second
    assert 'value="one"' not in second


def test_a_piece_speaks_the_active_language():
    entry = _entry("Hello", mine=frozenset({4}))
    with override("de"):
        assert _entry("Hello", mine=frozenset({4})) != entry


@pytest.mark.django_db
def test_a_piece_shows_a_record_as_it_is_now():
    deal = DealFactory(outcome_reason="First")
    for title in ("One", "Two"):
        Deal.objects.filter(pk=deal.pk).update(title=title)
        fresh = Deal.objects.select_related("company", "stage__pipeline", "owner").get(pk=deal.pk)
        fresh.team_list, fresh.ref_list = [], []
        context = {"deal": fresh, "scope": "", "weighted": None, "today": TODAY}
        assert title in remembered_html("deals/workspace/header.html", context, csrf_token="")


@pytest.mark.django_db
def test_a_piece_may_not_query():
    deal = Deal.objects.get(pk=DealFactory().pk)
    with pytest.raises(RuntimeError, match="may not query"):
        remembered_html("deals/workspace/trail.html", {"deal": deal, "today": TODAY}, csrf_token="")


def test_a_piece_refuses_what_it_cannot_compare():
    with pytest.raises(TypeError, match="cannot show a object"):
        remembered_html("deals/workspace/trail.html", {"deal": object()}, csrf_token="")


def test_the_tag_gives_the_template_nothing_but_what_is_named():
    template = Template('{% load lrs %}{% remembered "components/pill.html" text=text %}')
    html = template.render(Context({"text": "Open", "kind": "late", "today": TODAY}))

    assert html.strip() == '<span class="pill">Open</span>'
