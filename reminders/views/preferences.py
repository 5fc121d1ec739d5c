"""The page where people say how they want to be told."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.form_pages import submit
from reminders.domain import preferences
from reminders.domain.actions import unmute
from reminders.enums import Channel
from reminders.forms.preferences import AbsenceForm, ChannelsForm, ChatForm, HoursForm
from reminders.models import KindPreference, Mute, Preference


@require_safe
@login_required
def show_preferences(request: UserRequest) -> HttpResponse:
    """Show when and how the user is told."""
    return _show(request)


@require_POST
@login_required
def change_hours(request: UserRequest) -> HttpResponse:
    """Change the time of day, the working days and the digest."""
    form = HoursForm(request.POST, instance=preferences.preference_of(request.user))
    return _save(
        request,
        "hours",
        form,
        lambda: preferences.change_hours(user=request.user, at=timezone.now(), **form.cleaned_data),
    )


@require_POST
@login_required
def choose_channels(request: UserRequest) -> HttpResponse:
    """Change the ways of each kind."""
    form = ChannelsForm(request.POST)
    return _save(
        request, "channels", form, lambda: preferences.choose_channels(user=request.user, chosen=form.chosen())
    )


@require_POST
@login_required
def set_chat(request: UserRequest) -> HttpResponse:
    """Keep the user's own chat."""
    form = ChatForm(request.POST, endpoint=preferences.preference_of(request.user).chat_endpoint)
    return _save(request, "chat", form, lambda: preferences.set_own_chat(user=request.user, **form.cleaned_data))


@require_POST
@login_required
def remove_chat(request: UserRequest) -> HttpResponse:
    """Forget the user's own chat."""
    preferences.remove_own_chat(user=request.user)
    messages.success(request, _("The chat and its address are forgotten."))
    return redirect("reminders:preferences")


@require_POST
@login_required
def set_absence(request: UserRequest) -> HttpResponse:
    """Say when the user is away."""
    form = AbsenceForm(request.POST, preference=preferences.preference_of(request.user))
    return _save(request, "absence", form, lambda: preferences.set_absence(user=request.user, **form.cleaned_data))


@require_POST
@login_required
def take_back_mute(request: UserRequest, pk: int) -> HttpResponse:
    """Let a rule speak again."""
    mute = get_object_or_404(Mute.objects.visible_to(request.user).select_related("rule"), pk=pk)
    unmute(mute=mute, user=request.user)
    messages.success(request, _("“%(rule)s” is not muted any more.") % {"rule": mute.rule})
    return redirect("reminders:preferences")


def _save(request: UserRequest, part: str, form: forms.BaseForm, action: Callable[[], Any]) -> HttpResponse:
    submit(form, action)
    if form.errors:
        return _show(request, **{part: form})
    messages.success(request, _("Saved."))
    return redirect("reminders:preferences")


def _show(request: UserRequest, **bound: forms.BaseForm) -> HttpResponse:
    preference = preferences.preference_of(request.user)
    kept = KindPreference.objects.visible_to(request.user)
    mutes = Mute.objects.visible_to(request.user).select_related("rule", "deal__company")
    context = {
        "hours": bound.get("hours") or HoursForm(instance=preference),
        "channels": bound.get("channels") or ChannelsForm(kept=kept),
        "channel_choices": Channel,
        "chat": bound.get("chat") or ChatForm(endpoint=preference.chat_endpoint),
        "absence": bound.get("absence") or AbsenceForm(preference=preference),
        "preference": preference,
        "is_away": _is_away(request, preference),
        "mutes": mutes.order_by("-created_at", "-pk"),
    }
    return render(request, "reminders/preferences.html", context, status=422 if bound else 200)


def _is_away(request: UserRequest, preference: Preference) -> bool:
    if preference.away_from is None or preference.away_until is None:
        return False
    return preference.away_from <= request.today <= preference.away_until
