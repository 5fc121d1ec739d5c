"""The bookkeeping that every synced model carries, and how it is checked."""

from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class VersionedModel(models.Model):
    """A row with a version that the database raises on every change (see `bump_version`)."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated"), db_default=Now(), editable=False)

    class Meta:
        abstract = True

    # Set while the conditions of all checks are known to hold.
    _has_passed_checks = False

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raise ValidationError for what the database would refuse.

        The conditions of all checks go into one query, where Django asks for each by itself; only when one fails are
        they asked for apart, to say which.
        """
        self._has_passed_checks = self._passes_checks(exclude or ())
        try:
            super().validate_constraints(exclude)
        finally:
            self._has_passed_checks = False

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        """Return the constraints by model, without the checks while these are known to hold."""
        found = super().get_constraints()
        if not self._has_passed_checks:
            return found
        return [(model, [one for one in some if not isinstance(one, models.CheckConstraint)]) for model, some in found]

    def _passes_checks(self, exclude: Collection[str]) -> bool:
        conditions = [
            one.condition
            for one in self._meta.constraints
            if isinstance(one, models.CheckConstraint)
            # As Django does: what names a column that is not looked at is not asked for.
            and isinstance(one.condition, models.Q)
            and one.condition.referenced_base_fields.isdisjoint(exclude)
        ]
        if len(conditions) < 2:
            return False
        together = models.CheckConstraint(condition=models.Q(*conditions), name="together")
        try:
            together.validate(type(self), self, exclude=set(exclude), using=router.db_for_write(type(self)))
        except ValidationError:
            return False
        return True
