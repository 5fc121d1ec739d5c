"""Forms of rows that have parts: rows of figures, or several choices."""

from typing import Any

from lrs_tracker.versioned_forms import VersionedForm
from royalties.forms.rows import RowsField


class PartsForm(VersionedForm):
    """A versioned form whose rows and multiple choices can be compared in words; the domain tells what contradicts."""

    def validate_constraints(self) -> None:
        """Leave it to the domain, which says at which field."""

    def _as_text(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, RowsField):
            return field.in_words(self[name].data if value is None else value)
        return super()._as_text(name, value)

    @property
    def facts(self) -> dict[str, Any]:
        """The validated values but for plants, which are rows of their own."""
        return {name: value for name, value in self.values.items() if name != "plants"}
