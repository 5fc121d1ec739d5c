"""Who may see rows: the one gate that every read passes."""

from typing import Any, Protocol, Self

from django.db import models


class Viewer(Protocol):
    """A user as far as visibility is concerned."""

    pk: Any
    is_active: bool

    @property
    def is_authenticated(self) -> bool:
        """Whether the user is logged in."""

    def has_perm(self, perm: str) -> bool:
        """Return whether the user's role has a permission."""


class StaffQuerySet(models.QuerySet[Any]):
    """Rows that every active user may see."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the rows `user` may see: all for an active user, none for anyone else."""
        return self if user.is_authenticated and user.is_active else self.none()
