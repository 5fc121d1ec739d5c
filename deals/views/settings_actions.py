"""The buttons that archive, restore or delete a pipeline, a stage or a gate."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError

# By the name of the button: the domain function, and what is said when it is done.
type Actions = dict[str, tuple[Callable[..., object], str]]


def take_action(
    request: UserRequest, action: Callable[[], object], said: str, *, name: str, to: str, back: str
) -> HttpResponse:
    """Run what a button asks for and say so on the page at `to`, or why not on the page at `back`.

    `said` has a place for the `name` of the row.
    """
    try:
        action()
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(request, said % {"name": name})
    return redirect(to)
