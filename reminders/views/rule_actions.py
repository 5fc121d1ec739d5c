"""The buttons of reminder rules: on and off, archive, and the decision on what is held."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.requests import UserRequest
from reminders.domain import rules
from reminders.views.rules import get_rule


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_POST
def switch(request: UserRequest, pk: int) -> HttpResponse:
    """Switch a rule on or off."""
    is_enabled = request.POST.get("on") == "1"
    rule = rules.switch_rule(
        rule=get_rule(request, pk), is_enabled=is_enabled, by=request.user, today=timezone.now().date()
    )
    said = _("“%(name)s” is on.") if is_enabled else _("“%(name)s” is off. What nobody was told yet is taken back.")
    messages.success(request, said % {"name": rule})
    return redirect("reminders:rules")


@login_required
@permission_required("reminders.delete_reminderrule", raise_exception=True)
@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    """Retire a rule."""
    rule = rules.archive_rule(rule=get_rule(request, pk), by=request.user, at=timezone.now())
    messages.success(request, _("“%(name)s” is archived.") % {"name": rule})
    return redirect("reminders:rules")


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_POST
def release(request: UserRequest, pk: int) -> HttpResponse:
    """Let what a rule made too much of be sent."""
    count = rules.release_held(rule=get_rule(request, pk), by=request.user, at=timezone.now())
    said = ngettext("%(count)d reminder will be sent.", "%(count)d reminders will be sent.", count)
    messages.success(request, said % {"count": count})
    return redirect("reminders:rule", pk)


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_POST
def discard(request: UserRequest, pk: int) -> HttpResponse:
    """Tell nobody of what a rule made too much of."""
    count = rules.discard_held(rule=get_rule(request, pk), by=request.user)
    said = ngettext("%(count)d reminder is discarded.", "%(count)d reminders are discarded.", count)
    messages.success(request, said % {"count": count})
    return redirect("reminders:rule", pk)
