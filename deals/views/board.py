"""The board of a pipeline, the further cards of a column, and what changes while it is open."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from deals.domain.board import load_board, load_page, pipelines_with_cursor
from deals.domain.cards import stage_rules
from deals.domain.live_board import live_update
from deals.models import Stage
from deals.views.board_bar import filters_html, rates_note
from deals.views.board_parts import cards_html, column_context, lens_query, look_at, more_url, patch_json
from deals.views.columns import totals_html
from sync.domain.changes import CursorError

_LAST_BOARD = "board"


@login_required
@require_safe
def show_first_board(request: UserRequest) -> HttpResponse:
    """Go to the board that was open last, else to the first."""
    pipelines = pipelines_with_cursor(request.user)
    if not pipelines:
        return render(request, "deals/board.html", {"pipelines": []})
    last = request.COOKIES.get(_LAST_BOARD)
    slug = next((pipeline.slug for pipeline in pipelines if pipeline.slug == last), pipelines[0].slug)
    response = redirect("deals:board", slug)
    if request.GET:
        response["Location"] += f"?{request.GET.urlencode()}"
    return response


@login_required
@require_safe
def show_board(request: UserRequest, slug: str) -> HttpResponse:
    """Show a pipeline's deals by stage."""
    pipelines = pipelines_with_cursor(request.user)
    pipeline = next((pipeline for pipeline in pipelines if pipeline.slug == slug), None)
    if pipeline is None:
        raise Http404
    deals, lens = look_at(request)
    board = load_board(pipeline=pipeline, lens=lens)
    collapsed = {int(pk) for pk in request.GET.get("collapsed", "").split(",") if pk.isdecimal()}
    can_move = request.user.has_perm("deals.move_deal")
    query = lens_query(request)
    context = {
        "pipeline": pipeline,
        "pipelines": pipelines,
        "columns": [
            column_context(column, lens, query=query, slug=slug, collapsed=collapsed, can_move=can_move)
            for column in board.columns
        ],
        "totals": board.totals,
        "totals_html": totals_html(board.totals, rates_note(board.sums, board.totals, today=lens.today)),
        "filters": filters_html(request, deals, pipeline=pipeline),
        "problems": deals.problems,
        "is_filtered": bool(deals.active),
        "has_cards": any(column.cards for column in board.columns),
        "can_move": can_move,
        "can_add": request.user.has_perm("deals.add_deal"),
        "live": {"cursor": pipeline.cursor, "query": query},
    }
    response = render(request, "deals/board.html", context)
    if request.COOKIES.get(_LAST_BOARD) != slug:
        response.set_cookie(_LAST_BOARD, slug, max_age=365 * 24 * 3600, httponly=True, samesite="Lax")
    return response


@login_required
@require_safe
def show_column(request: UserRequest, slug: str, stage_id: int) -> HttpResponse:
    """Show the cards of a column that follow the one named by `after`."""
    stages = Stage.objects.visible_to(request.user).filter(pipeline__slug=slug, archived_at__isnull=True)
    stage = get_object_or_404(stage_rules(stages.select_related("pipeline")), pk=stage_id)
    after = request.GET.get("after", "")
    if after and not (after.isdecimal() and len(after) < 19):
        return HttpResponseBadRequest()
    _deals, lens = look_at(request)
    cards, has_more = load_page(stage=stage, lens=lens, after=int(after) if after else None)
    html = cards_html(
        cards,
        lens,
        can_move=request.user.has_perm("deals.move_deal"),
        more_url=more_url(lens_query(request), slug, stage_id, cards) if has_more else "",
    )
    if request.htmx:
        return HttpResponse(html)
    return render(request, "deals/board_page.html", {"stage": stage, "slug": slug, "cards": html})


@login_required
@require_safe
def show_live(request: UserRequest, slug: str) -> HttpResponse:
    """Tell what changed on the board since a cursor, as the cards, figures and removals to apply."""
    try:
        update = live_update(
            pipeline_slug=slug,
            user=request.user,
            since=request.GET.get("since", ""),
            # Only built when something changed, so that asking costs next to nothing.
            look=lambda: look_at(request)[1],
        )
    except CursorError:
        return HttpResponseBadRequest()
    if update is None:
        raise Http404
    answer: dict[str, Any] = {"cursor": update.cursor}
    if update.is_stale:
        answer["stale"] = True
    elif update.patch is not None:
        answer["patch"] = patch_json(request, *update.patch)
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response
