"""The mails of development, readable in the application; nothing of it exists in production."""

from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from reminders.domain.mail_folder import MOST_LISTED, FolderMail, find_mail, list_mails, mail_folder

WIDTHS = (700, 390)
_PAGE_CSP = cast(dict[str, list[str]], {**settings.SECURE_CSP, "frame-src": [CSP.SELF]})
# A mail has inline styles; scripts, forms and whatever it would fetch are refused, and it is nobody's page.
_MAIL_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@login_required
@require_safe
def show_mails(request: HttpRequest) -> HttpResponse:
    """List the latest mails."""
    return render(request, "reminders/dev_mails.html", {"mails": list_mails(_folder()), "most": MOST_LISTED})


@login_required
@require_safe
@csp_override(_PAGE_CSP)
def show_mail(request: HttpRequest, key: str) -> HttpResponse:
    """Show a mail as a mail program would, in two widths, with its text and its headers."""
    width = WIDTHS[1] if request.GET.get("width") == str(WIDTHS[1]) else WIDTHS[0]
    return render(request, "reminders/dev_mail.html", {"mail": _mail(key), "width": width, "widths": WIDTHS})


@login_required
@require_safe
@xframe_options_sameorigin
@csp_override(_MAIL_CSP)
def show_body(request: HttpRequest, key: str) -> HttpResponse:
    """Give the HTML of a mail by itself."""
    return HttpResponse(_mail(key).html)


def _folder() -> Path:
    folder = mail_folder()
    if folder is None:
        raise Http404
    return folder


def _mail(key: str) -> FolderMail:
    mail = find_mail(_folder(), key)
    if mail is None:
        raise Http404
    return mail
