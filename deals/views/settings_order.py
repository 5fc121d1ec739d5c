"""A new order of the rows of a form, by dragging or by the arrow of a row."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError


def save_order(
    request: UserRequest,
    save: Callable[[list[int]], None],
    *,
    partial: str,
    context: Callable[[], Mapping[str, Any]],
    back: str,
) -> HttpResponse:
    """Save the order sent and answer with the rows as they are then, or with the page at `back` without scripts."""
    try:
        save(read_order(request.POST))
    except DomainError as error:
        messages.error(request, str(error))
    if request.htmx:
        return render(request, partial, context())
    return redirect(back)


def read_order(post: QueryDict) -> list[int]:
    """Return the ids of the rows in the order sent, with the row of the pressed arrow (`up`, `down`) moved by one."""
    order = [int(pk) for pk in post.getlist("order") if pk.isdecimal()]
    for button, step in (("up", -1), ("down", 1)):
        pressed = post.get(button, "")
        if pressed.isdecimal() and int(pressed) in order:
            old = order.index(int(pressed))
            new = min(max(old + step, 0), len(order) - 1)
            order.insert(new, order.pop(old))
    return order
