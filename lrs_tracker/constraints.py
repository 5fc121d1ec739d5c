"""Database constraints in words: what a person reads when the database refuses a write."""

import contextlib
from collections.abc import Iterator, Mapping

from django.db import IntegrityError, models, transaction

from lrs_tracker.problems import DomainError, Text


@contextlib.contextmanager
def constraints_in_words(
    model: type[models.Model], extra: Mapping[str, tuple[Text, str | None]] | None = None
) -> Iterator[None]:
    """Turn a violated constraint into a DomainError with its own message; others propagate.

    `extra` gives, by name, the message and field of rules that live in triggers.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        known = {**_own_messages(model), **(extra or {})}
        if name not in known:
            raise
        message, field = known[name]
        raise DomainError(message, field=field) from error


def _own_messages(model: type[models.Model]) -> dict[str, tuple[Text, str | None]]:
    return {
        constraint.name: (constraint.violation_error_message, None)
        for constraint in model._meta.constraints
        if constraint.violation_error_message
    }


def value_known(field: str, choices: type[models.TextChoices], *, blank: bool = False) -> models.CheckConstraint:
    """Return the constraint that a field holds one of its choices, or nothing when `blank`."""
    values = [*choices.values, *([""] if blank else [])]
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": values}), name=f"%(app_label)s_%(class)s_{field}_known"
    )


def not_blank(field: str) -> models.CheckConstraint:
    """Return the constraint that a text is not empty."""
    return models.CheckConstraint(condition=~models.Q(**{field: ""}), name=f"%(app_label)s_%(class)s_{field}_not_blank")


def together(name: str, *fields: str) -> models.CheckConstraint:
    """Return the constraint that the fields are all null or all set, such as who and when."""
    none = models.Q(**{f"{field}__isnull": True for field in fields})
    every = models.Q(**{f"{field}__isnull": False for field in fields})
    return models.CheckConstraint(condition=none | every, name=f"%(app_label)s_%(class)s_{name}_whole")


def currency_code(field: str = "currency") -> models.CheckConstraint:
    """Return the constraint that a field holds an ISO 4217 code in capitals."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__regex": r"^[A-Z]{3}$"}), name=f"%(app_label)s_%(class)s_{field}_code"
    )
