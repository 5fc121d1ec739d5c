"""The frame of a page in templates: icons, and links that keep a list's filters."""

from collections.abc import Hashable
from functools import lru_cache

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from lrs_tracker.remembered import remembered_html

register = template.Library()
_KEPT = 1024


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of static/icons.js; with a label it speaks, without one it is decoration."""
    if not label:
        return _decoration(name, css)
    return _draw(name, format_html('role="img" aria-label="{}"', label), css)


@lru_cache(maxsize=_KEPT)
def _decoration(name: str, css: str) -> SafeString:
    return _draw(name, SafeString('aria-hidden="true"'), css)


def _draw(name: str, spoken: SafeString, css: str) -> SafeString:
    address = f"{static('dist/icons.svg')}#{name}"
    return format_html('<svg class="{}" {}><use href="{}"></use></svg>', f"icon {css}".strip(), spoken, address)


@register.simple_tag
def part(name: str, **values: Hashable) -> SafeString:
    """Include a component that shows nothing but these values; equal values look the same, and are rendered once."""
    return _part(name, tuple(values.items()), get_language())


@lru_cache(maxsize=_KEPT)
def _part(name: str, values: tuple[tuple[str, Hashable], ...], _language: str | None) -> SafeString:
    return render_to_string(name, dict(values))


@register.simple_tag(takes_context=True)
def remembered(context: Context, template: str, **shown: object) -> SafeString:
    """Include a template with what is given and nothing else, rendered once for all that it shows.

    Only `today` and the token of forms are given by themselves.
    """
    today = context.get("today") or context["request"].today
    return remembered_html(template, {"today": today, **shown}, csrf_token=context.get("csrf_token", ""))


@register.simple_tag(takes_context=True)
def query_replace(context: Context, name: str, value: object = None) -> str:
    """Return this page's query with one parameter replaced (or dropped, without a value), from page 1."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query.pop("page", None)
    query.pop(name, None)
    if value not in (None, ""):
        query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def sort_query(context: Context, name: str) -> str:
    """Return the query that sorts by a column: upwards first, downwards when it is sorted by it already."""
    current = context["request"].GET.get("sort", "")
    return query_replace(context, "sort", f"-{name}" if current == name else name)


@register.simple_tag(takes_context=True)
def sort_direction(context: Context, name: str) -> str:
    """Return “ascending” or “descending” for the column that the page is sorted by, else nothing."""
    current = context.get("sort") or context["request"].GET.get("sort", "")
    return {name: "ascending", f"-{name}": "descending"}.get(current, "")
