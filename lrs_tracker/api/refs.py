"""What other systems call an object, as a member of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lrs_tracker.api.reading import Member, Schema, objects, text
from lrs_tracker.api.writing import Described, DistinctList, StrictSerializer, Text
from sync.domain.refs import (
    DOT_SEGMENTS,
    LONGEST_EXTERNAL_ID,
    MOST_REFS,
    SYSTEM_PATTERN,
    Ref,
    is_external_id,
    is_system,
)
from sync.models import ExternalRef

SYSTEM: Schema = {"type": "string", "pattern": SYSTEM_PATTERN, "examples": ["hubspot"]}
EXTERNAL_ID: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_EXTERNAL_ID,
    "not": {"enum": list(DOT_SEGMENTS)},
    "examples": ["8812"],
}
REF: Schema = {
    "type": "object",
    "properties": {"system": SYSTEM, "external_id": EXTERNAL_ID},
    "required": ["system", "external_id"],
    "additionalProperties": False,
}


def refs_of(resource: str) -> Member:
    """Return the refs of the objects of a resource."""
    rows = ExternalRef.objects.filter(resource=resource)
    return objects(rows, of="object_id", members={"system": text("system"), "external_id": text("external_id")})


class _System(Described, Text):
    """The name of another system."""

    default_error_messages = {"invalid": _("Give up to 40 letters, digits, hyphens and underscores.")}
    schema = SYSTEM

    def to_internal_value(self, data: Any) -> str:
        """Return the name as it was given."""
        found = super().to_internal_value(data)
        if not is_system(found):
            self.fail("invalid")
        return found


class _ExternalId(Described, Text):
    """The id of an object there."""

    default_error_messages = {
        "invalid": _("Give up to 200 characters that can be seen, other than “.” and “..” alone."),
    }
    schema = EXTERNAL_ID

    def to_internal_value(self, data: Any) -> str:
        """Return the id as it was given."""
        found = super().to_internal_value(data)
        if not is_external_id(found):
            self.fail("invalid")
        return found


class RefSerializer(StrictSerializer):
    """The id of an object in another system."""

    system = _System(trim_whitespace=False)
    external_id = _ExternalId(trim_whitespace=False)

    def to_internal_value(self, data: Any) -> Any:
        """Return the ref."""
        return Ref(**super().to_internal_value(data))


class Refs(DistinctList):
    """All ids that an object has in other systems: others are taken off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=RefSerializer(), max_length=MOST_REFS, **kwargs)
