"""Errors that a person caused and can mend, with text fit to show them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A text, translated now or when it is shown.
type Text = StrOrPromise


class DomainError(Exception):
    """Refuse an action; `message` is shown to the user, `field` says where.

    Views turn it into a form error, the API into problem+json with `code`. `details` are further lines,
    such as each thing that is missing.
    """

    code = "invalid"
    details: Sequence[Text] = ()

    def __init__(self, message: Text, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class PermissionRefusedError(DomainError):
    """Refuse an action that the user's role does not allow."""

    code = "forbidden"


class StaleVersionError(DomainError):
    """Refuse a write that was based on an older version than the stored one."""

    code = "stale"


class StateError(DomainError):
    """Refuse an action that the present state does not allow, such as changing what was issued."""

    code = "state"
