"""The owners that a file names: found by e-mail address or name, or made as inactive users."""

import re
from collections import defaultdict

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from deals.domain.imports.mapping import ImportMap, value_key
from deals.domain.imports.problems import CellError, short

# A domain that can never receive mail (RFC 2606).
PLACEHOLDER_DOMAIN = "imported.invalid"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class OwnerBook:
    """The users that the values of a file stand for."""

    def __init__(self, *, import_map: ImportMap) -> None:
        self._may_create = "owner" in import_map.create
        self._by_email: dict[str, User] = {}
        self._by_name: dict[str, list[User]] = defaultdict(list)
        self._found: dict[str, User] = {}
        for user in User.objects.only("pk", "email", "name").order_by("pk"):
            self._by_email[user.email] = user
            self._by_name[value_key(user.name)].append(user)

    def find(self, text: str) -> User:
        """Return the user of this e-mail address or name, unsaved when new; raise CellError."""
        key = value_key(text)
        if key not in self._found:
            self._found[key] = self._look_up(text, key)
        return self._found[key]

    def _look_up(self, text: str, key: str) -> User:
        if user := self._by_email.get(key):
            return user
        named = self._by_name.get(key, [])
        if len(named) == 1:
            return named[0]
        if named:
            emails = ", ".join(user.email for user in named)
            raise CellError(
                _("Several people are called “%(name)s”: map the value to one of %(emails)s.")
                % {"name": short(text), "emails": short(emails, 300)}
            )
        if not self._may_create:
            raise CellError(
                _("Nobody here is called “%(name)s”. Map the value to a user, or allow owners to be made.")
                % {"name": short(text)}
            )
        return self._new_user(text, key)

    def _new_user(self, text: str, key: str) -> User:
        email = key if _EMAIL.fullmatch(key) and len(key) <= 254 else self._free_email(text)
        user = User(email=email, name=text, is_active=False, password=make_password(None))
        self._by_email[email] = user
        return user

    def _free_email(self, name: str) -> str:
        start = slugify(name)[:60] or "owner"
        email, number = f"{start}@{PLACEHOLDER_DOMAIN}", 1
        while email in self._by_email:
            number += 1
            email = f"{start}-{number}@{PLACEHOLDER_DOMAIN}"
        return email
