"""Names and titles that people can see, and that read as they are stored."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError

# Unicode's embeddings, overrides and isolates: they can make a name look like another one. Arabic and Hebrew need none.
_BIDI_CONTROLS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# Blanks that Unicode counts as letters, marks or symbols: fillers of Hangul, the joiner, empty Braille, variations.
_BLANKS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | frozenset(map(chr, range(0xFE00, 0xFE10)))

_BREAKING_CATEGORIES = frozenset({"Cc", "Zl", "Zp"})


def validate_visible(text: str) -> None:
    """Raise ValidationError for a text that shows nothing, or that turns the direction of writing around."""
    if not _BIDI_CONTROLS.isdisjoint(text):
        raise ValidationError(_("Remove the hidden characters that change the direction of the text."), code="bidi")
    if text and not any(map(_is_visible, text)):
        raise ValidationError(_("These characters are invisible. Write something that can be seen."), code="invisible")


def refuse_unseen(text: str, *, field: str) -> None:
    """Raise DomainError for what `validate_visible` refuses."""
    try:
        validate_visible(text.strip())
    except ValidationError as error:
        raise DomainError(error.message, field=field, code=error.code) from None


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, which headers and lines of a mail must not have."""
    kept = (" " if unicodedata.category(character) in _BREAKING_CATEGORIES else character for character in text)
    return re.sub(" +", " ", "".join(kept)).strip(" ")


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE_CATEGORIES and character not in _BLANKS
