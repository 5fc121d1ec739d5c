"""What a connector does: the few things that keeping records in step needs from a CRM.

A connector speaks in the CRM's own names of fields, and in plain texts: numbers as `1200.5`, dates as
`2027-01-31`, nothing as an empty text.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from crm.enums import FieldKind, Resource
from lrs_tracker.problems import DomainError

TIMEOUT_SECONDS = 30
# A limit that ends sooner is waited for; one that lasts longer ends the run until then.
_PATIENCE_SECONDS = 30
_MOST_WAITS = 5


class CrmError(DomainError):
    """Tell that the CRM could not be used; the words hold no credentials."""

    code = "crm"


class CrmRefusedError(CrmError):
    """Tell that the CRM does not take our credentials, or does not let them do what is needed."""

    code = "crm-refused"


class CrmUnreachableError(CrmError):
    """Tell that the CRM did not answer as it should. What was sent may or may not have been done."""

    code = "crm-unreachable"


class RateLimitedError(CrmError):
    """Tell to come back after some seconds. What was sent has not been done, or `some_was_done` of it."""

    code = "crm-rate-limited"
    some_was_done = False

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(_("The CRM takes no more requests for now."))
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection signs in with. Its text never shows the secret."""

    secret: str = field(repr=False)
    domain: str = ""
    username: str = ""
    consumer_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemoteField:
    """A field that the CRM offers."""

    name: str
    label: str
    is_writable: bool = True


@dataclass(frozen=True, slots=True)
class RemoteStage:
    """A stage of the CRM's deals, with the pipeline that it is in."""

    key: str
    label: str
    pipeline: str = ""


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A record of the CRM: the fields that were asked for, its company, its stage, and when it last changed (UTC)."""

    external_id: str
    values: Mapping[str, str]
    company_id: str
    stage: str
    created_at: dt.datetime
    modified_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What to write: texts by the CRM's field, with how each is to be written; an empty company or stage stays."""

    values: Mapping[str, str]
    kinds: Mapping[str, FieldKind]
    external_id: str = ""
    company_id: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one draft: the id of its record, or the words of the refusal."""

    external_id: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """By what to look for records that could be one of ours; empty texts look for nothing."""

    name: str = ""
    email: str = ""
    domain: str = ""


class Connector(Protocol):
    """One CRM. Every method may raise CrmRefusedError, CrmUnreachableError and RateLimitedError."""

    # How many records one call reads or writes, and how long a new record may be missing from changes and searches.
    batch_size: int
    search_lag: dt.timedelta

    def changed_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids of the records changed since an instant, or of all, each with when it changed."""

    def archived_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[str]:
        """Yield the ids of the records archived or deleted since an instant; more than these is allowed."""

    def read(self, resource: Resource, ids: Sequence[str], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return records, without those that are gone, as they are stored now; at most `batch_size`."""

    def find(self, resource: Resource, keys: Sequence[SearchKeys], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return the records that have the name, e-mail address or website of any of the keys."""

    def create(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Create records, each by itself, and return what became of each in order; at most `batch_size`."""

    def update(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Change records, each by itself, and return what became of each in order; at most `batch_size`."""

    def archive(self, resource: Resource, ids: Sequence[str]) -> list[WriteResult]:
        """Archive records, each by itself and so that the CRM can take it back; at most `batch_size`.

        Return what became of each in order; one that is gone already is no problem.
        """

    def fields(self, resource: Resource) -> list[RemoteField]:
        """Return the fields that records of a resource have."""

    def stages(self) -> list[RemoteStage]:
        """Return the stages of deals, in order."""


def patiently[Result](call: Callable[[], Result]) -> Result:
    """Return what a call returns, waiting for as long as the CRM asks to.

    Raise RateLimitedError when it asks for too long, or again and again.
    """
    for _attempt in range(_MOST_WAITS):
        try:
            return call()
        except RateLimitedError as error:
            if error.retry_after_seconds > _PATIENCE_SECONDS:
                raise
            sleep(error.retry_after_seconds)
    return call()


def instant(text: str) -> dt.datetime:
    """Return the instant of a text in ISO 8601."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def seconds_of(retry_after: str | None, *, default: float) -> float:
    """Return the seconds of a Retry-After header; the default where it says none."""
    try:
        return max(float(retry_after or default), 0.0)
    except ValueError:
        return default
