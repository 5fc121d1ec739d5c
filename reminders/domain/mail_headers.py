"""Mails as they go out: headers that programs read stay in one piece, and what each mail has is worked out once.

Python writes what is longer than a line and has no space as an encoded word (RFC 2047), which is meant for people's
words alone: in `List-Unsubscribe` no mail program would find the address. It also parses and folds each header of
each mail anew, a third of the work of sending one.
"""

import binascii
import email.policy
from email.contentmanager import ContentManager
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, MIMEPart
from functools import cache, lru_cache
from typing import Any

from django.core.mail import EmailMultiAlternatives

# In quoted-printable an equals sign is followed by a digit, a letter or the end of a line: no text has this in it.
_BOUNDARY = "=_reminder"
# Those that are the same in many mails.
_COMMON = frozenset(
    {
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "from",
        "list-unsubscribe-post",
        "mime-version",
        "to",
        "x-auto-response-suppress",
    }
)


class _FoldedOnce(BaseHeader):
    """A header that remembers how a policy writes it."""

    def fold(self, *, policy: Any) -> str:
        """Return the header as it is sent."""
        known = self.__dict__.setdefault("_folded", {})
        if policy not in known:
            known[policy] = super().fold(policy=policy)
        folded: str = known[policy]
        return folded


class _UnbrokenHeader(UnstructuredHeader):
    """A header on one line, however long: RFC 5322 allows 998 characters."""

    name: str

    def fold(self, *, policy: Any) -> str:
        """Return the header as it is sent."""
        return f"{self.name}: {self}{policy.linesep}"


class _Registry(HeaderRegistry):
    """A registry that makes the class of each header once, and each common header once."""

    @cache  # noqa: B019  # the only registry lives as long as the process
    def __getitem__(self, name: str) -> type[Any]:
        made: type[Any] = super().__getitem__(name)
        return made

    def __call__(self, name: str, value: Any) -> Any:
        """Return a header of a name; as `HeaderRegistry` does, the value may be more than a text."""
        if name.lower() in _COMMON and isinstance(value, str):
            return self._common(name, str(value))
        return super().__call__(name, value)

    @lru_cache(maxsize=2_000)  # noqa: B019  # as above
    def _common(self, name: str, value: str) -> Any:
        return super().__call__(name, value)


def _set_text(part: MIMEPart, text: str, subtype: str = "plain", **_charset: Any) -> None:
    """Write text in quoted-printable, which every server carries and a reader of the source can still read."""
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = "\n".join(text.splitlines()) + "\n"
    part.set_payload(binascii.b2a_qp(lines.encode()).decode("ascii"))


_REGISTRY = _Registry(base_class=_FoldedOnce)
_REGISTRY.map_to_type("list-unsubscribe", _UnbrokenHeader)  # type: ignore[arg-type]  # the registry adds the base
_CONTENT = ContentManager()
_CONTENT.add_set_handler(str, _set_text)


@cache
def _ours(policy: Any) -> Any:
    return policy.clone(header_factory=_REGISTRY, content_manager=_CONTENT)


class ReminderMail(EmailMultiAlternatives):
    """A mail of a text and its HTML, whose address to unsubscribe is sent as it is."""

    def message(self, *, policy: Any = email.policy.default) -> EmailMessage:
        """Return the message, to be written by a policy."""
        message = super().message(policy=_ours(policy))
        message.set_boundary(_BOUNDARY)
        return message
