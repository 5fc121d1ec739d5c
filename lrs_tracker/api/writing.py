"""How bodies are read: every member declared, nothing unknown, relations only to what exists for the caller."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty
from rest_framework.validators import UniqueValidator

from lrs_tracker.api.notation import is_number, read_day, read_instant
from lrs_tracker.api.reading import DATE, DECIMAL, ID, INSTANT, MONEY, Schema
from lrs_tracker.currencies import validate_currency
from lrs_tracker.visible_text import validate_visible

_LONGEST_ID = 19


class Described(serializers.Field):
    """A field that says its own schema."""

    schema: Schema


class Link(Described):
    """The id of a row that exists for the caller, as a string."""

    default_error_messages = {"unknown": _("There is nothing with this id."), "invalid": _("Give an id as a string.")}
    schema = ID

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> models.Model:
        """Return the row."""
        if not isinstance(data, str):
            self.fail("invalid")
        if not (data.isascii() and data.isdigit() and len(data) <= _LONGEST_ID):
            self.fail("unknown")
        row = self._find(int(data))
        if row is None:
            self.fail("unknown")
        return row

    def _find(self, pk: int) -> models.Model | None:
        together = self.context.get("linked", {}).get(self.field_name)
        if together is not None:
            found: models.Model | None = together.get(pk)
            return found
        manager: Any = self.model._default_manager
        row: models.Model | None = manager.visible_to(self.context["request"].user).filter(pk=pk).first()
        return row


def find_linked(user: Any, bodies: Sequence[Mapping[str, Any]], rows: Mapping[str, Any]) -> dict[str, dict[int, Any]]:
    """Return what members of many bodies link to, by member and id: one query for each member.

    `rows` are the rows that each may link to; it goes into the context of a writer as `linked`.
    """
    found = {}
    for name, some in rows.items():
        given = {body[name] for body in bodies if isinstance(body.get(name), str)}
        ids = {int(pk) for pk in given if pk.isascii() and pk.isdigit() and len(pk) < _LONGEST_ID}
        found[name] = {row.pk: row for row in some.visible_to(user).filter(pk__in=ids)} if ids else {}
    return found


class ExactNumber(Described, serializers.DecimalField):
    """An exact number, given as a string so that nobody's reader rounds it."""

    default_error_messages = {"not_text": _('Give the number as a string, such as "12.5".')}
    schema = DECIMAL

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Take null alone for no number; REST framework takes an empty text for it too."""
        return serializers.Field.validate_empty_values(self, data)

    def to_internal_value(self, data: Any) -> Any:
        """Return a Decimal."""
        if not isinstance(data, str):
            self.fail("not_text")
        if not is_number(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Money(Described):
    """An amount with its currency, or null; its value is those two columns."""

    default_error_messages = {
        "invalid": _('Give an amount with its currency, such as {{"amount": "12.50", "currency": "EUR"}}.'),
    }
    schema = MONEY

    def __init__(self, *, amount: str, currency: str, decimal_places: int = 2, **kwargs: Any) -> None:
        self.columns = (amount, currency)
        self.amount = ExactNumber(max_digits=20, decimal_places=decimal_places)
        kwargs["source"] = "*"
        super().__init__(**kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        """Return both columns, empty for null where that is allowed."""
        if data is None and self.allow_null:
            return dict(zip(self.columns, (None, ""), strict=True))
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Mapping[str, Any]:
        """Return both columns."""
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("invalid")
        if not (isinstance(data["amount"], str) and isinstance(data["currency"], str)):
            self.fail("invalid")
        amount = self.amount.run_validation(data["amount"])
        validate_currency(data["currency"])
        return dict(zip(self.columns, (amount, data["currency"]), strict=True))


class Day(Described, serializers.DateField):
    """A date."""

    default_error_messages = {"invalid": _("Give a date that there is, such as 2026-11-28.")}
    schema = DATE

    def to_internal_value(self, data: Any) -> dt.date:
        """Return the date."""
        try:
            return read_day(data)
        except ValueError:
            self.fail("invalid")


class Instant(Described, serializers.DateTimeField):
    """An instant with its zone."""

    default_error_messages = {"invalid": _("Give an instant with its zone, such as 2026-11-28T08:00:00Z.")}
    schema = INSTANT

    def to_internal_value(self, data: Any) -> dt.datetime:
        """Return the instant, in UTC."""
        try:
            return read_instant(data)
        except ValueError:
            self.fail("invalid")


class Text(serializers.CharField):
    """A text, and nothing that only looks like one when it is turned into one."""

    default_error_messages = {"not_text": _("Give a text.")}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("not_text")
        return str(super().to_internal_value(data))


class WholeNumber(serializers.IntegerField):
    """A whole number, and no text that looks like one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """True or false, and no word for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    """One of some words; who gives another one is told them."""

    default_error_messages = {"invalid_choice": _("Give one of these: {choices}.")}

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Raise ValidationError."""
        super().fail(key, choices=", ".join(str(choice) for choice in self.choices if choice), **kwargs)


class DistinctList(serializers.ListField):
    """A list in which nothing comes twice."""

    default_error_messages = {"repeated": _("Give each of these once.")}

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the values, which can be told apart."""
        values: list[Any] = super().to_internal_value(data)
        # They need not be hashable.
        if any(value in values[:place] for place, value in enumerate(values)):
            self.fail("repeated")
        return values


class Upload(Described, serializers.FileField):
    """A file, in a form; the domain says what is wrong with one."""

    schema = {"type": "string", "format": "binary"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)


class StrictSerializer(serializers.Serializer):
    """A body without a model. Unknown members are refused."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values. Raise ValidationError for what is wrong, or not known."""
        refuse_unknown(data, self.fields.keys())
        self._refuse_missing(data)
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def _refuse_missing(self, data: Any) -> None:
        """Ask for what is needed inside a member, of which a change too gives all."""
        if self.parent is None or not isinstance(data, dict):
            return
        if missing := [name for name, one in self.fields.items() if one.required and name not in data]:
            raise serializers.ValidationError(
                {name: [ErrorDetail(str(_("This is needed.")), "required")] for name in missing}
            )


class Writer(serializers.ModelSerializer):
    """What may be written of an object; its `Meta` names the model and each field.

    The columns of a relation are declared by the relation's name. Unknown members are refused.
    """

    _given: Collection[str] = ()
    serializer_choice_field = Choice
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.DecimalField: ExactNumber,
        models.DateField: Day,
        models.DateTimeField: Instant,
        models.BooleanField: Flag,
        models.IntegerField: WholeNumber,
        models.PositiveIntegerField: WholeNumber,
        models.PositiveSmallIntegerField: WholeNumber,
        models.SmallIntegerField: WholeNumber,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Return the field of a column, without a look whether its value is taken.

        The database and the domain know, and neither takes a row for another one or tells of a hidden one.
        """
        kind, options = super().build_standard_field(field_name, model_field)
        if "validators" in options:
            options["validators"] = [one for one in options["validators"] if not isinstance(one, UniqueValidator)]
        return kind, options

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """Return the field of a relation: an id as a string."""
        column = relation_info.model_field
        options: dict[str, Any] = {"model": relation_info.related_model}
        if column.null:
            options |= {"allow_null": True, "required": False}
        elif column.has_default():
            options["required"] = False
        return Link, options

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values. Raise ValidationError for what is wrong, or not known."""
        refuse_unknown(data, self.fields.keys())
        self._given = data.keys() if isinstance(data, Mapping) else ()
        values: dict[str, Any] = super().to_internal_value(data)
        for name, value in values.items():
            if name in _TITLES and isinstance(value, str):
                try:
                    validate_visible(value)
                except Exception as error:
                    raise serializers.ValidationError({name: list(getattr(error, "messages", [str(error)]))}) from error
        return values

    @property
    def _writable_fields(self) -> list[serializers.Field]:
        """Leave out what is not given and need not be: to look at each of these takes most of the time of a body."""
        return [
            field
            for field in super()._writable_fields
            if field.field_name in self._given or field.required or field.default is not empty
        ]

    def get_validators(self) -> list[Any]:
        """Return none: what is unique together is known to the database and told by the domain."""
        return []


_TITLES = frozenset({"name", "title", "label"})


def refuse_unknown(data: Any, known: Set[str]) -> None:
    """Raise ValidationError for members of a body that would be dropped."""
    if isinstance(data, dict) and (unknown := sorted(data.keys() - known)):
        names = ", ".join(sorted(known))
        message = str(
            _("Unknown. Allowed: %(names)s.") % {"names": names} if names else _("Unknown; nothing is allowed.")
        )
        raise serializers.ValidationError({name: [ErrorDetail(message, "unknown_field")] for name in unknown})
