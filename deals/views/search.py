"""Search, as a page and for the Ctrl-K palette."""

import re
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from deals.domain.search import LONGEST_QUERY, search
from lrs_tracker.appearance import DESTINATIONS, SETTINGS


@require_safe
@login_required
@permission_required("deals.view_deal", raise_exception=True)
def show_search(request: UserRequest) -> HttpResponse:
    """Find deals, companies, plants, contacts, papers and pages; without a text, offer the pages."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    root = reverse("deals:my_day")
    groups = [
        {
            "label": group.label,
            "results": [
                {"title": highlight(hit.title, query), "url": root + hit.path, "icon": group.icon, "hint": hit.hint}
                for hit in group.hits
            ],
        }
        for group in search(query, user=request.user)
    ]
    pages = _pages(query)
    if pages:
        groups.append({"label": _("Pages"), "results": pages})
    template = "components/search_results.html" if request.htmx else "deals/search.html"
    return render(request, template, {"groups": groups, "query": query})


def highlight(text: str, query: str) -> SafeString:
    """Return a text as HTML with every word of the query marked."""
    words = sorted({word.casefold() for word in query.split()}, key=len, reverse=True)
    if not words:
        return format_html("{}", text)
    parts = re.split(f"({'|'.join(map(re.escape, words))})", text, flags=re.IGNORECASE)
    # Every second part is what the pattern matched.
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return format_html_join("", "{}{}", ((plain, _marked(found)) for plain, found in pairs))


def _marked(found: str) -> SafeString | str:
    return format_html("<mark>{}</mark>", found) if found else ""


def _pages(query: str) -> list[dict[str, Any]]:
    words = query.casefold().split()
    return [
        {"title": highlight(str(page.label), query), "url": page.path, "icon": page.icon, "hint": ""}
        for page in (*DESTINATIONS, SETTINGS)
        if all(word in str(page.label).casefold() for word in words)
    ]
