"""Buttons that change a part of an agreement: done or refused, they lead back with a message."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import redirect

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError, PermissionRefusedError


def run_action(request: UserRequest, action: Callable[[], Any], *, done: str, back: str) -> HttpResponseRedirect:
    """Run a domain call and go back, saying what was done or why not."""
    try:
        action()
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(back)
