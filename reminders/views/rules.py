"""The pages where administrators say when, of what and whom to remind."""

from copy import copy
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.form_pages import submit
from reminders.domain.preview import Preview, preview_rule
from reminders.domain.rule_words import FIELD_WORDS, example_sentence, offsets_in_words, rule_in_words
from reminders.domain.rules import add_rule, change_rule, check_rule, held_by_rule, held_reminders
from reminders.enums import SubjectKind
from reminders.forms.rules import RuleForm, RulePreviewForm
from reminders.models import ReminderRule

PREVIEW_DAYS = 30
_KIND_ORDER = {kind.value: place for place, kind in enumerate(SubjectKind)}


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_safe
def list_rules(request: UserRequest) -> HttpResponse:
    """List the rules by kind, in words; how much each sends comes after the page."""
    rules = list(_rules(request).order_by("name", "pk"))
    active = sorted((rule for rule in rules if rule.archived_at is None), key=lambda rule: _KIND_ORDER[rule.kind])
    held = {rule.pk: count for rule, count in held_by_rule()}
    context = {
        "rows": [(rule, rule_in_words(rule), held.get(rule.pk, 0)) for rule in active],
        "archived": [rule for rule in rules if rule.archived_at is not None],
        "unwatched": [kind for kind in SubjectKind if kind not in map(attrgetter("kind"), active)],
        "days": PREVIEW_DAYS,
    }
    return render(request, "reminders/rules.html", context)


@login_required
@permission_required("reminders.add_reminderrule", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Add a rule; `?kind=` says of what."""
    form = RuleForm(request.POST or None, initial={"kind": request.GET.get("kind", ""), "offsets": [0]})
    if request.method == "POST":
        rule = submit(form, lambda: add_rule(by=request.user, today=timezone.now().date(), **form.values))
        if rule is not None:
            messages.success(request, _("“%(name)s” is on.") % {"name": rule})
            return redirect("reminders:rules")
    return _render_rule(request, form, {"title": _("New rule"), "preview": None})


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Show a rule with what it would send, and change it."""
    rule = get_rule(request, pk)
    form = RuleForm(request.POST or None, instance=copy(rule))
    if request.method == "POST":
        changed = submit(
            form,
            lambda: change_rule(rule=rule, by=request.user, expected_version=form.stored_version, **form.values),
        )
        if changed is not None:
            messages.success(request, _("“%(name)s” is saved.") % {"name": changed})
            return redirect("reminders:rules")
    held = held_reminders(rule).count()
    preview = None if form.errors else _shown(request, _foresee(request, rule))
    return _render_rule(request, form, {"title": rule.name, "rule": rule, "held": held, "preview": preview})


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_POST
def preview(request: UserRequest, pk: int | None = None) -> HttpResponse:
    """Say what a rule would send as it is typed, or what is wrong with it; nothing is saved."""
    rule = ReminderRule(enabled_on=timezone.now().date()) if pk is None else copy(get_rule(request, pk))
    form = RulePreviewForm(request.POST, instance=rule)
    found = submit(form, lambda: _foresee_typed(request, form.instance))
    context = {
        "form": form,
        "preview": None if found is None else _shown(request, found),
        "days": PREVIEW_DAYS,
        "is_typed": True,
    }
    return render(request, "reminders/rule_preview.html", context)


@login_required
@permission_required("reminders.change_reminderrule", raise_exception=True)
@require_safe
def foresee(request: UserRequest, pk: int) -> HttpResponse:
    """Say how much a rule sends, for its row in the list."""
    found = _foresee(request, get_rule(request, pk))
    return render(request, "reminders/rules.html#foreseen", {"preview": found})


def get_rule(request: UserRequest, pk: int) -> ReminderRule:
    """Return a rule in use, 404 for any other."""
    return get_object_or_404(_rules(request).filter(archived_at__isnull=True), pk=pk)


def _rules(request: UserRequest) -> Any:
    return ReminderRule.objects.visible_to(request.user).select_related("person", "chat_endpoint")


def _foresee(request: UserRequest, rule: ReminderRule) -> Preview:
    return preview_rule(rule=rule, days=PREVIEW_DAYS, viewer=request.user, at=timezone.now())


def _foresee_typed(request: UserRequest, rule: ReminderRule) -> Preview:
    check_rule(rule)
    return _foresee(request, rule)


def _shown(request: UserRequest, preview: Preview) -> dict[str, Any]:
    rule = preview.rule
    if preview.shown:
        example = preview.shown[0].said.title
    else:
        example = example_sentence(rule.kind, rule.title, today=request.today)
    return {
        "found": preview,
        "words": rule_in_words(rule),
        "when": offsets_in_words(rule.offsets, rule.day_count),
        "example": example,
    }


def _render_rule(request: UserRequest, form: RuleForm, context: dict[str, Any]) -> HttpResponse:
    shared = {"form": form, "sentence_fields": FIELD_WORDS, "days": PREVIEW_DAYS}
    return render(request, "reminders/rule.html", shared | context, status=422 if form.errors else 200)
