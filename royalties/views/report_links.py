"""The private links of an agreement: making one, which is shown once, and revoking it."""

import smtplib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from lrs_tracker.form_pages import submit
from royalties.domain.periods import name_period
from royalties.domain.report_links import create_link, links_of, mail_link, revoke_link
from royalties.enums import ReportStatus
from royalties.forms.report_links import LinkForm
from royalties.models import Agreement, ReportLink
from royalties.views.filings import trail_of

# The address waits here from the redirect to the page that shows it, and no longer.
_URL_IN_SESSION = "new_report_link"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_links(request: UserRequest, pk: int) -> HttpResponse:
    """List the links of an agreement, and make one, whose address the next page shows once."""
    visible = Agreement.objects.visible_to(request.user).select_related("licensee", "deal")
    agreement = get_object_or_404(visible, pk=pk)
    if not request.user.has_perm("royalties.add_reportlink"):
        raise PermissionDenied
    form = LinkForm(
        request.POST or None, agreement=agreement, today=request.today, initial={"period": request.GET.get("period")}
    )
    if request.method == "POST" and submit(form, lambda: _make(request, agreement, form)) is not None:
        return redirect("royalties:report_links", agreement.pk)
    now = timezone.now()
    links = links_of(agreement)
    context = {
        "agreement": agreement,
        "form": form,
        "links": [{"link": link, **_state(link, now)} for link in links],
        "new_url": request.session.pop(_URL_IN_SESSION, None) if request.method == "GET" else None,
        "trail": trail_of(),
    }
    return render(request, "royalties/reports/links.html", context, status=422 if form.errors else 200)


def _make(request: UserRequest, agreement: Agreement, form: LinkForm) -> ReportLink:
    starts_on, ends_on = form.period_days
    link, token = create_link(
        agreement=agreement,
        period_start=starts_on,
        period_end=ends_on,
        recipient=form.cleaned_data["recipient"],
        days=form.cleaned_data["days"],
        by=request.user,
        at=timezone.now(),
    )
    url = request.build_absolute_uri(reverse("royalties:report_link", args=[token]))
    request.session[_URL_IN_SESSION] = url
    if link.recipient:
        try:
            mail_link(link=link, url=url)
        except (OSError, smtplib.SMTPException):
            messages.error(request, _("The link is made, but the mail could not be sent. Pass it on yourself."))
        else:
            messages.success(request, _("The link was sent to %(recipient)s.") % {"recipient": link.recipient})
    return link


def _state(link: ReportLink, now: Any) -> dict[str, Any]:
    """Return the state of a link in words, the kind of its pill, and whether it can be revoked."""
    filing = max(link.filings.all(), key=lambda each: each.pk, default=None)
    facts: dict[str, Any] = {
        "period": name_period(link.period_start, link.period_end),
        "filing": filing,
        "can_revoke": link.revoked_at is None and link.expires_at > now,
    }
    if filing is not None and filing.status == ReportStatus.DISPUTED and facts["can_revoke"]:
        return facts | {"state": _("Sent back"), "kind": "blocked"}
    if link.used_at is not None:
        return facts | {"state": _("Report sent"), "kind": "done"}
    if link.revoked_at is not None:
        return facts | {"state": _("Revoked"), "kind": ""}
    if link.expires_at <= now:
        return facts | {"state": _("Expired"), "kind": ""}
    return facts | (
        {"state": _("Opened"), "kind": "info"} if link.opened_at else {"state": _("Not opened"), "kind": "waiting"}
    )


@login_required
@require_POST
def revoke(request: UserRequest, pk: int) -> HttpResponse:
    """Make a link useless."""
    link = get_object_or_404(ReportLink.objects.visible_to(request.user).select_related("agreement"), pk=pk)
    if not request.user.has_perm("royalties.change_reportlink"):
        raise PermissionDenied
    revoke_link(link=link, by=request.user, at=timezone.now())
    messages.success(request, _("The link is revoked."))
    return redirect("royalties:report_links", link.agreement_id)
