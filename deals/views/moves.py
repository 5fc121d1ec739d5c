"""Moving a deal: from the board by script, and as a page of its own without one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from deals.domain.cards import StageRules, read_cards, rules_of
from deals.domain.gates import GateState
from deals.domain.live_board import patch_for
from deals.domain.moves import GateUnmetError, StaleMoveError, find_deal, left_out, move_deal, move_needs
from deals.forms.moves import MoveForm
from deals.models import Deal
from deals.views.board_parts import look_at, patch_json
from deals.views.cards import card_html
from lrs_tracker.problems import DomainError


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: UserRequest, pk: int) -> HttpResponse:
    """Ask where a deal goes and what the move needs, and move it."""
    deal = find_deal(pk=pk, user=request.user)
    if deal is None:
        raise Http404
    if not request.user.has_perm("deals.move_deal"):
        raise PermissionDenied
    if request.method != "POST":
        return _ask_first(request, deal)
    form = MoveForm(request.POST, deal=deal)
    if not form.is_valid():
        return _ask(request, deal, form, status=422)
    try:
        moved = _move(request, deal, form.cleaned_data)
    except GateUnmetError as refusal:
        return _refuse(request, deal, form, refusal)
    except StaleMoveError as refusal:
        return _show_where_it_is(request, refusal)
    except DomainError as refusal:
        return _ask_for_more(request, deal, form, refusal)
    return _show_moved(request, moved, rules_of(form.cleaned_data["stage"]))


def _move(request: UserRequest, deal: Deal, wanted: dict[str, Any]) -> Deal:
    after = wanted["after"]
    return move_deal(
        deal=deal,
        target=wanted["stage"],
        by=request.user,
        at=timezone.now(),
        today=request.today,
        expected_version=wanted["version"],
        after=Deal.objects.visible_to(request.user).filter(pk=after).first() if after else None,
        reason=wanted["reason"],
        resume_on=wanted["resume_on"],
        waive=request.POST.getlist("waive"),
        waiver_reason=wanted["waiver_reason"],
    )


def _show_moved(request: UserRequest, deal: Deal, stage: StageRules) -> HttpResponse:
    text = _("%(code)s moved to %(stage)s.") % {"code": deal.code, "stage": deal.stage}
    if not _wants_json(request):
        messages.success(request, text)
        return redirect(deal)
    now = timezone.now()
    cards = read_cards([deal.pk], stages={stage.pk: stage}, at=now, today=request.today)
    return JsonResponse({"stage": stage.pk, "text": text, "html": card_html(cards[deal.pk], can_move=True)})


def _refuse(request: UserRequest, deal: Deal, form: MoveForm, refusal: GateUnmetError) -> HttpResponse:
    if not _wants_json(request):
        return _ask(request, deal, form, status=409, missing=refusal.missing)
    return JsonResponse({"toast": _missing_toast(request, deal, refusal.missing)}, status=409)


def _missing_toast(request: UserRequest, deal: Deal, missing: list[GateState]) -> str:
    things = ngettext("%(count)d thing is missing", "%(count)d things are missing", len(missing))
    query = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "waive", "waiver_reason"):
        query.pop(name, None)
    query.setlist("waive", [state.key for state in missing])
    context = {
        "deal": deal,
        "title": _("%(code)s stays in %(stage)s: %(things)s")
        % {"code": deal.code, "stage": deal.stage, "things": things % {"count": len(missing)}},
        "missing": missing,
        "waive_url": f"?{query.urlencode()}" if request.user.has_perm("deals.waive_gate") else "",
    }
    return render_to_string("deals/board_missing.html", context, request)


def _show_where_it_is(request: UserRequest, refusal: StaleMoveError) -> HttpResponse:
    deal = refusal.deal
    if not _wants_json(request):
        messages.warning(request, str(refusal))
        return redirect(deal)
    _filter, lens = look_at(request)
    patch = patch_for([deal.pk], pipeline=deal.stage.pipeline, user=request.user, lens=lens)
    return JsonResponse({"text": str(refusal), "patch": patch_json(request, patch, lens)}, status=409)


def _ask_first(request: UserRequest, deal: Deal) -> HttpResponse:
    """Show the form for what the address says; with nothing, for where to go."""
    form = MoveForm(request.GET or None, deal=deal)
    if not form.is_bound:
        return _ask(request, deal, form, status=200)
    if not form.is_valid():
        return _ask(request, deal, form, status=422)
    return _ask(request, deal, _unasked(form, deal), status=200)


def _ask_for_more(request: UserRequest, deal: Deal, form: MoveForm, refusal: DomainError) -> HttpResponse:
    """Show the form with the fields that the move needs; what nobody was asked for yet is no error."""
    if refusal.code == "required" and refusal.field not in request.POST:
        return _ask(request, deal, _unasked(form, deal), status=422)
    facts = form.cleaned_data
    needs = move_needs(deal=deal, target=facts["stage"])
    others = left_out(needs, reason=facts["reason"].strip(), resume_on=facts["resume_on"])
    # All that is left out is said at once.
    for each in {each.field: each for each in (*others, refusal)}.values():
        form.add_error(each.field if each.field in form.fields else None, str(each))
    return _ask(request, deal, form, status=422)


def _unasked(form: MoveForm, deal: Deal) -> MoveForm:
    return MoveForm(initial=form.cleaned_data, deal=deal)


def _ask(
    request: UserRequest, deal: Deal, form: MoveForm, *, status: int, missing: list[GateState] | None = None
) -> HttpResponse:
    target = form.cleaned_data.get("stage") if form.is_bound else form.initial.get("stage")
    chosen = request.POST if request.method == "POST" else request.GET
    waive = [state.key for state in missing or []] or chosen.getlist("waive")
    can_waive = request.user.has_perm("deals.waive_gate")
    if target is None:
        form.offer_stages()
    else:
        form.ask_for(move_needs(deal=deal, target=target), waiving=bool(waive) and can_waive)
    context = {
        "deal": deal,
        "form": form,
        "target": target,
        "missing": missing,
        "waive": waive if can_waive else [],
        "dialog_url": request.get_full_path().split("?")[0],
    }
    if _wants_json(request):
        return JsonResponse({"dialog": render_to_string("deals/move_dialog.html", context, request)}, status=status)
    return render(request, "deals/move.html", context, status=status)


def _wants_json(request: UserRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
