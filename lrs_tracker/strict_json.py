"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it: what Python's reader tolerates beyond them is refused in words."""

import json
import math
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError


class StrictJsonError(DomainError):
    """Refuse a text that is not JSON, or that two readers could understand differently."""

    code = "parse_error"


def parse(text: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raise StrictJsonError for other encodings, broken syntax, a name given twice in one object, NaN and
    infinities, numbers too large to hold, halves of surrogate pairs and nesting beyond reason.
    """
    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
        if b"\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise StrictJsonError(_("The text is not valid UTF-8.")) from error
    except UnicodeEncodeError as error:
        raise StrictJsonError(_("The text contains half of a surrogate pair.")) from error
    except RecursionError as error:
        raise StrictJsonError(_("The text is nested too deeply.")) from error
    except json.JSONDecodeError as error:
        raise StrictJsonError(
            _("This is not valid JSON: look at line %(line)d, column %(column)d.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise StrictJsonError(_("The name “%(name)s” is given twice in one object.") % {"name": twice[:80]})
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise StrictJsonError(_("%(name)s is not a number in JSON.") % {"name": name})


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise StrictJsonError(_("A number is too large."))
    return number


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # longer than the interpreter converts
        raise StrictJsonError(_("A number is too large.")) from error
