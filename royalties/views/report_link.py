"""The page behind a private link: a licensee reports a period without an account.

It needs no cookie, and what authorises is the token in its address; so it is exempt from the CSRF
check, which would refuse browsers that, as the page asks them to, send no referrer and origin.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from royalties.domain import report_links
from royalties.domain.link_limits import has_guessed_too_often, is_link_busy, note_wrong_token
from royalties.domain.periods import name_period
from royalties.domain.report_lines import ReportLine, line_of
from royalties.domain.report_scope import filing_scope
from royalties.models import ReportFiling, ReportLink
from royalties.views.report_files import template_response
from royalties.views.report_link_form import LinkPage, unsaved_filing

_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}

type LinkView = Callable[..., HttpResponseBase]


def by_link(view: LinkView) -> LinkView:
    """Pass on the link of a token; answer alike for every token that does not work, and tell nobody the address."""

    @wraps(view)
    @sensitive_variables("token")
    def answer(request: HttpRequest, token: str, **parts: Any) -> HttpResponseBase:
        now = timezone.now()
        client = get_adapter().get_client_ip(request)
        link = None if has_guessed_too_often(client, at=now) else report_links.find_link(token, at=now)
        if link is None:
            note_wrong_token(client, at=now)
            is_barred = has_guessed_too_often(client, at=now)
            response: HttpResponseBase = render(
                request, "royalties/reports/link_gone.html", {"is_barred": is_barred}, status=429 if is_barred else 404
            )
        elif is_link_busy(link.pk, at=now):
            response = render(request, "royalties/reports/link_gone.html", {"is_barred": True}, status=429)
        else:
            response = view(request, link, **parts)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response

    return csrf_exempt(never_cache(answer))


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, link: ReportLink) -> HttpResponse:
    """Show what to report, and take it in; once it is sent, show the receipt."""
    report_links.note_opened(link=link, at=timezone.now())
    filing = report_links.filing_of(link)
    if not report_links.is_open(filing):
        return _receipt(request, link, filing, is_refused=request.method == "POST")
    page = LinkPage(request, link, filing)
    if request.method == "POST":
        try:
            return page.answer()
        except report_links.LinkUsedError:
            return _receipt(request, link, report_links.filing_of(link), is_refused=True)
    return page.show()


@by_link
@require_safe
def template(request: HttpRequest, link: ReportLink, ending: str) -> HttpResponseBase:
    """Give the template of the period as a file."""
    return template_response(request, report_links.filing_of(link) or unsaved_filing(link), ending)


def _receipt(request: HttpRequest, link: ReportLink, filing: ReportFiling | None, *, is_refused: bool) -> HttpResponse:
    """Show what was sent and when; a second report is refused with the same page and words."""
    if filing is None:
        return render(request, "royalties/reports/link_gone.html", {}, status=404)
    reports = list(filing.reports.select_related("plant").order_by("month", "plant__name", "chemistry", "field", "pk"))
    figures = filing_scope(filing).figures
    context = {
        "link": link,
        "period": name_period(link.period_start, link.period_end),
        "filing": filing,
        "reports": reports,
        "figures": figures,
        "is_nil": all(row.is_nil for row in reports),
        "reference": _reference(filing, [line_of(row) for row in reports]),
        "is_refused": is_refused,
    }
    return render(request, "royalties/reports/link_sent.html", context, status=409 if is_refused else 200)


def _reference(filing: ReportFiling, lines: list[ReportLine]) -> str:
    """Return a short sign of what was sent and when, which both sides can compare."""
    text = f"{filing.submitted_at} {sorted(lines, key=lambda line: line.key)}"
    sign = hashlib.sha256(text.encode()).hexdigest()[:12].upper()
    return "-".join(sign[place : place + 4] for place in range(0, 12, 4))
