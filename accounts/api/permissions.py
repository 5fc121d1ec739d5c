"""What a token may do with its user's permissions."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.enums import TokenScope
from accounts.models import ApiToken

if TYPE_CHECKING:  # its module loads this class
    from rest_framework.views import APIView


class ScopeAllowsMethod(BasePermission):
    """Keep tokens of scope `read` to the methods that change nothing; sessions have no scope."""

    message = _("This token may only read. Create one with the scope “Read and write”.")

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Say whether the scope of the caller's token covers the method."""
        if request.method in SAFE_METHODS or not isinstance(request.auth, ApiToken):
            return True
        return request.auth.scope == TokenScope.WRITE
