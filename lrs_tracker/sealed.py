"""Texts that only this application can read: credentials for other systems, as they lie in the database.

The key comes from SECRET_KEY, so that a copy of the database alone opens nothing.
"""

import base64
import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class BrokenSealError(DomainError):
    """Tell that a text was sealed with a secret key that is not known any more."""

    code = "broken-seal"


def seal(text: str) -> str:
    """Return a text as it may be stored."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text that was sealed. Raise BrokenSealError when the secret key is another one now."""
    from cryptography.fernet import InvalidToken

    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise BrokenSealError(_("The secret key has changed since: type the credentials again.")) from error


def _box() -> "Fernet":
    # Needed where credentials are written or used, which is hardly ever in a web process.
    from cryptography.fernet import Fernet

    digest = hashlib.sha256(f"lrs_tracker.sealed:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
