"""What endpoints can be told of, in words."""

from collections.abc import Sequence

from django.utils.text import capfirst

from sync import registry


def resource_choices() -> list[tuple[str, str]]:
    """Return the resources as pairs of name and label, by label."""
    known = [(each.name, str(capfirst(each.model._meta.verbose_name_plural))) for each in registry.synced()]
    return sorted(known, key=lambda choice: choice[1])


def resource_labels(names: Sequence[str]) -> list[str]:
    """Return some resources in words."""
    return [label for name, label in resource_choices() if name in names]
