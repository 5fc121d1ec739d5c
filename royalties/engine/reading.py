"""Reading values out of a JSON object, noting a problem for each field that is not as it must be."""

import datetime as dt
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import Text
from royalties.engine.exact import ZERO
from royalties.engine.problems import Problem

# Plain decimals only: no exponent, sign of plus, blank, NaN or digits of other scripts.
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_EARLIEST, _LATEST = dt.date(1950, 1, 1), dt.date(2099, 12, 31)
_LONGEST_TEXT = 200


class Reader:
    """Reads the fields of one JSON object.

    A field that cannot be read gives a problem and a stand-in value; `is_good` tells whether there was none, and
    what was read may be used.
    """

    def __init__(
        self,
        value: object,
        where: str,
        problems: list[Problem],
        *,
        fields: Collection[str],
        parent: "Reader | None" = None,
    ) -> None:
        self.where = where
        self.problems = problems
        self.is_good = True
        self._parent = parent
        self._values: dict[str, object] = value if isinstance(value, dict) else {}
        self._is_object = isinstance(value, dict)
        if not self._is_object:
            self._refuse("", _("This must be an object."))
        for name in self._values:
            if name not in fields:
                allowed = ", ".join(sorted(fields))
                # Names of fields are the sender's own: shorten them.
                self._refuse(
                    str(name)[:50], _("There is no such field; there are: %(allowed)s.") % {"allowed": allowed}
                )

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self._values.get(name) is not None

    def refuse(self, name: str, message: Text) -> None:
        """Note a problem of a field."""
        self._refuse(name, message)

    def text(self, name: str, default: str | None = None, *, may_be_empty: bool = False) -> str:
        """Return a text."""
        value = self._take(name, default)
        if not isinstance(value, str):
            return self._stand_in(name, value, _("This must be a text."), "")
        if not value and not may_be_empty and default is None:
            return self._stand_in(name, value, _("This may not be empty."), "")
        if len(value) > _LONGEST_TEXT:
            message = _("This is longer than %(length)s characters.") % {"length": _LONGEST_TEXT}
            return self._stand_in(name, value, message, "")
        return value

    def decimal(self, name: str, default: Decimal | None = None, *, may_be_negative: bool = False) -> Decimal:
        """Return a number, written as a string of plain digits."""
        value = self._take(name, default)
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            message = _("This must be a number as a string, such as “1234.56”, of at most 18 digits and 12 decimals.")
            return self._stand_in(name, value, message, ZERO)
        number = Decimal(value)
        if number < 0 and not may_be_negative:
            return self._stand_in(name, value, _("This may not be negative."), ZERO)
        return number

    def integer(self, name: str, default: int | None = None, *, least: int, most: int) -> int:
        """Return a whole number of JSON."""
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            message = _("This must be a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
            return self._stand_in(name, value, message, least)
        return value

    def boolean(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self._take(name, default)
        return (
            value if isinstance(value, bool) else self._stand_in(name, value, _("This must be true or false."), False)
        )

    def choice[C: StrEnum](self, name: str, choices: type[C], default: C | None = None) -> C:
        """Return one of the codes of an enumeration."""
        value = self._take(name, default)
        if not isinstance(value, str) or value not in choices:
            message = _("This must be one of: %(choices)s.") % {"choices": ", ".join(choices)}
            return self._stand_in(name, value, message, next(iter(choices)))
        return choices(value)

    def date(self, name: str, default: dt.date | None = None) -> dt.date:
        """Return a date, `YYYY-MM-DD`."""
        value = self._take(name, default)
        if isinstance(value, dt.date):
            return value
        return self._date(name, value, value, _DATE, _("This must be a date from 1950 to 2099, such as “2026-03-31”."))

    def optional_date(self, name: str) -> dt.date | None:
        """Return a date or None."""
        return self.date(name) if self.has(name) else None

    def month(self, name: str) -> dt.date:
        """Return the first day of a month, `YYYY-MM`."""
        value = self._take(name, None)
        message = _("This must be a month from 1950 to 2099, such as “2026-03”.")
        return self._date(name, value, f"{value}-01", _MONTH, message)

    def child(self, name: str, fields: Collection[str], *, is_required: bool = False) -> "Reader | None":
        """Return a reader of an object, or None without one; its problems are this one's too."""
        if not self.has(name):
            if is_required:
                self._stand_in(name, self._values.get(name), _("This must be an object."), None)
            return None
        return Reader(self._values[name], self.path(name), self.problems, fields=fields, parent=self)

    def children(
        self, name: str, fields: Collection[str], *, most: int, is_required: bool = False
    ) -> Iterator["Reader"]:
        """Yield a reader of each object of a list."""
        for position, value in enumerate(self._list(name, most=most, is_required=is_required)):
            yield Reader(value, f"{self.path(name)}[{position}]", self.problems, fields=fields, parent=self)

    def texts(self, name: str, *, most: int) -> frozenset[str]:
        """Return a list of texts as a set."""
        values = self._list(name, most=most)
        for position, value in enumerate(values):
            if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
                self._refuse(f"{name}[{position}]", _("This must be a text."))
        return frozenset(value for value in values if isinstance(value, str))

    def _list(self, name: str, *, most: int, is_required: bool = False) -> list[object]:
        value = self._take(name, None if is_required else [])
        if not isinstance(value, list):
            return self._stand_in(name, value, _("This must be a list."), [])
        if len(value) > most:
            return self._stand_in(name, value, _("There are more than %(most)s entries.") % {"most": most}, [])
        return value

    def path(self, name: str) -> str:
        """Return the path of a field from the document's root."""
        return ".".join(part for part in (self.where, name) if part)

    def _take(self, name: str, default: object) -> object:
        return self._values.get(name, default)

    def _date(self, name: str, value: object, text: object, pattern: re.Pattern[str], message: Text) -> dt.date:
        if isinstance(value, str) and pattern.fullmatch(value):
            try:
                day = dt.date.fromisoformat(str(text))
            except ValueError:
                return self._stand_in(name, value, message, _EARLIEST)
            if _EARLIEST <= day <= _LATEST:
                return day
        return self._stand_in(name, value, message, _EARLIEST)

    def _stand_in[V](self, name: str, value: object, message: Text, stand_in: V) -> V:
        if self._is_object:
            is_missing = value is None and name not in self._values
            self._refuse(name, _("This field is required.") if is_missing else message)
        return stand_in

    def _refuse(self, name: str, message: Text) -> None:
        self.problems.append(Problem(self.path(name), message))
        reader: Reader | None = self
        while reader is not None:
            reader.is_good = False
            reader = reader._parent
