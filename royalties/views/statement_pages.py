"""What the pages of a statement share: loading it for whom it exists."""

import functools
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from royalties.models import Statement

type StatementView = Callable[[UserRequest, Statement], HttpResponseBase]


def statement_view(
    *methods: str, permission: str = "royalties.view_statement"
) -> Callable[[StatementView], Callable[..., HttpResponseBase]]:
    """Give a view the statement of its address: 404 for whom it does not exist, 403 without the permission."""

    def decorate(view: StatementView) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def load(request: UserRequest, pk: int) -> HttpResponseBase:
            statements = Statement.objects.visible_to(request.user).select_related(
                "agreement__licensee", "agreement__licensor", "agreement__deal", "issued_by", "disputed_by"
            )
            statement = get_object_or_404(statements, pk=pk)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, statement)

        return login_required(require_http_methods(methods)(load))

    return decorate
