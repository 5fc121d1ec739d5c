"""The worked examples of the contract as scenarios to start from; the first is the calculator's own."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FILE = Path(__file__).with_name("sandbox_examples.json")
_TITLES = {
    "1": _("Graduated tiers"),
    "2": _("Volume tiers"),
    "3": _("Restated half-year"),
    "4": _("Minimum and restatement"),
    "5": _("Recoupable advance"),
    "6": _("Net sales in another currency"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example by its number."""

    number: str
    title: str | Promise
    document: dict[str, Any]


@cache
def read_examples() -> dict[str, Example]:
    """Return the examples by their numbers."""
    documents = json.loads(_FILE.read_text())
    return {number: Example(number, title, documents[number]) for number, title in _TITLES.items()}
