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
