"""Salesforce, through its REST API (developer.salesforce.com, REST API Developer Guide).

Changes are found by SystemModstamp, which moves with every change; what is in the recycle bin by queryAll. Records
are written in collections of up to 200, each by itself (`allOrNone` false).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
from simple_salesforce.format import format_soql

from crm.connectors.base import (
    TIMEOUT_SECONDS,
    Credentials,
    CrmError,
    CrmRefusedError,
    CrmUnreachableError,
    Draft,
    RateLimitedError,
    RemoteField,
    RemoteRecord,
    RemoteStage,
    SearchKeys,
    WriteResult,
    instant,
    patiently,
    seconds_of,
)
from crm.enums import FieldKind, Resource

_OBJECTS = {Resource.COMPANY: "Account", Resource.CONTACT: "Contact", Resource.DEAL: "Opportunity"}
_SEARCHED = {
    Resource.COMPANY: {"Name": "name"},
    Resource.CONTACT: {"Email": "email"},
    Resource.DEAL: {"Name": "name"},
}
# What a daily limit asks for: the window of 24 hours rolls.
_DAILY_WAIT_SECONDS = 3600.0


class SalesforceConnector:
    """An org of Salesforce: client credentials of a connected app, or a user's JWT where a user name is given."""

    batch_size = 200
    # Queries read the database itself.
    search_lag = dt.timedelta(0)

    def __init__(self, credentials: Credentials) -> None:
        self._retry_after: str | None = None
        session = requests.Session()
        session.mount("https://", _TimedAdapter())
        session.hooks["response"].append(self._note_retry_after)
        secret: dict[str, Any] = (
            {"privatekey": credentials.secret} if credentials.username else {"consumer_secret": credentials.secret}
        )
        self._salesforce: Salesforce = self._call(
            lambda: Salesforce(
                domain=credentials.domain,
                username=credentials.username or None,
                consumer_key=credentials.consumer_key,
                session=session,
                parse_float=Decimal,
                **secret,
            )
        )

    def changed_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids of what changed, oldest first."""
        after = format_soql("WHERE SystemModstamp >= {}", since) if since else ""
        query = f"SELECT Id, SystemModstamp FROM {_OBJECTS[resource]} {after} ORDER BY SystemModstamp, Id"  # noqa: S608  # our own words
        for found in self._query(query):
            yield found["Id"], instant(found["SystemModstamp"])

    def archived_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[str]:
        """Yield the ids of what was deleted, or merged into another."""
        after = format_soql("AND SystemModstamp >= {}", since) if since else ""
        query = f"SELECT Id FROM {_OBJECTS[resource]} WHERE IsDeleted = true {after}"  # noqa: S608  # our own words
        for found in self._query(query, include_deleted=True):
            yield found["Id"]

    def read(self, resource: Resource, ids: Sequence[str], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return records by id."""
        return self._records(resource, fields, format_soql("Id IN {}", list(ids))) if ids else []

    def find(self, resource: Resource, keys: Sequence[SearchKeys], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return what has one of the names or addresses, or whose website holds one of the domains."""
        conditions = []
        for name, key in _SEARCHED[resource].items():
            values = sorted({getattr(wanted, key) for wanted in keys} - {""})
            if values:
                conditions.append(format_soql(f"{name} IN {{}}", values))
        if resource == Resource.COMPANY:
            domains = sorted({wanted.domain for wanted in keys} - {""})
            conditions += [format_soql("Website LIKE '%{:like}%'", domain) for domain in domains]
        return self._records(resource, fields, " OR ".join(conditions)) if conditions else []

    def create(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Create records."""
        return self._write(resource, drafts, "POST")

    def update(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Change records."""
        return self._write(resource, drafts, "PATCH")

    def archive(self, resource: Resource, ids: Sequence[str]) -> list[WriteResult]:
        """Put records into the recycle bin, from which they can be restored for 15 days."""
        given = {"ids": ",".join(ids), "allOrNone": "false"}
        answers = self._restful("composite/sobjects", method="DELETE", params=given)
        return [
            WriteResult(external_id)
            if answer["success"] or any(error.get("statusCode") == "ENTITY_IS_DELETED" for error in answer["errors"])
            else WriteResult(problem=_said(answer["errors"]))
            for answer, external_id in zip(answers, ids, strict=True)
        ]

    def fields(self, resource: Resource) -> list[RemoteField]:
        """Return the fields of an object."""
        found = self._restful(f"sobjects/{_OBJECTS[resource]}/describe")["fields"]
        return [RemoteField(field["name"], field["label"], bool(field["updateable"])) for field in found]

    def stages(self) -> list[RemoteStage]:
        """Return the stages of opportunities; all pipelines share them."""
        query = "SELECT ApiName, MasterLabel FROM OpportunityStage WHERE IsActive = true ORDER BY SortOrder"
        return [RemoteStage(found["ApiName"], found["MasterLabel"]) for found in self._query(query)]

    def _records(self, resource: Resource, fields: Iterable[str], condition: str) -> list[RemoteRecord]:
        fields = list(fields)
        own = {
            "Id",
            "CreatedDate",
            "SystemModstamp",
            *(("AccountId",) if resource != Resource.COMPANY else ()),
            *(("StageName",) if resource == Resource.DEAL else ()),
        }
        names = ", ".join(sorted({*fields, *own}))
        query = f"SELECT {names} FROM {_OBJECTS[resource]} WHERE {condition} ORDER BY Id"  # noqa: S608  # checked names
        return [_record(found, fields) for found in self._query(query)]

    def _query(self, query: str, *, include_deleted: bool = False) -> Iterator[Any]:
        """Yield the rows of all pages."""
        page = self._call(lambda: self._salesforce.query(query, include_deleted=include_deleted))
        while True:
            yield from page["records"]
            if page["done"]:
                return
            following = page["nextRecordsUrl"]
            page = self._call(lambda: self._salesforce.query_more(following, identifier_is_url=True))  # noqa: B023

    def _write(self, resource: Resource, drafts: Sequence[Draft], method: str) -> list[WriteResult]:
        records = [_row(resource, draft) for draft in drafts]
        answers = self._restful("composite/sobjects", method=method, json={"allOrNone": False, "records": records})
        return [
            WriteResult(answer.get("id") or draft.external_id)
            if answer["success"]
            else WriteResult(problem=_said(answer["errors"]))
            for answer, draft in zip(answers, drafts, strict=True)
        ]

    def _restful(self, path: str, **options: Any) -> Any:
        return self._call(lambda: self._salesforce.restful(path, **options))

    def _call[Result](self, call: Callable[[], Result]) -> Result:
        return patiently(lambda: self._called(call))

    def _called[Result](self, call: Callable[[], Result]) -> Result:
        self._retry_after = None
        try:
            return call()
        except SalesforceAuthenticationFailed as error:
            raise CrmRefusedError(
                _("Salesforce does not let the connected app in: %(said)s") % {"said": _as_text(error.content)}
            ) from None
        except SalesforceError as error:
            raise self._in_words(error) from None
        except (requests.RequestException, KeyError, TypeError, ValueError):
            # Their words may hold addresses with what was sent.
            raise CrmUnreachableError(_("Salesforce did not answer as it should.")) from None

    def _in_words(self, error: SalesforceError) -> CrmError:
        details: list[Any] = error.content if isinstance(error.content, list) else []
        codes = {detail.get("errorCode") for detail in details if isinstance(detail, dict)}
        if "REQUEST_LIMIT_EXCEEDED" in codes:
            return RateLimitedError(seconds_of(self._retry_after, default=_DAILY_WAIT_SECONDS))
        if error.status in {429, 503} and self._retry_after:
            return RateLimitedError(seconds_of(self._retry_after, default=10.0))
        if error.status in {401, 403}:
            return CrmRefusedError(_("Salesforce refuses this: %(said)s") % {"said": _said(details)})
        if error.status in {400, 404}:
            return CrmError(_("Salesforce does not take this: %(said)s") % {"said": _said(details)})
        return CrmUnreachableError(_("Salesforce answered %(status)s.") % {"status": error.status})

    def _note_retry_after(self, response: requests.Response, *_args: Any, **_options: Any) -> None:
        # The library's errors do not carry headers.
        self._retry_after = response.headers.get("Retry-After")


class _TimedAdapter(HTTPAdapter):
    """A transport whose requests end, as those of the library do not by themselves."""

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        return super().send(request, *args, **{**options, "timeout": TIMEOUT_SECONDS})


def _as_text(content: Any) -> str:
    return (content.decode(errors="replace") if isinstance(content, bytes) else str(content))[:300]


def _said(errors: Sequence[Any]) -> str:
    return "; ".join(str(error.get("message", "")) for error in errors if isinstance(error, dict))[:300]


def _record(found: Any, fields: Iterable[str]) -> RemoteRecord:
    values = {name: _text(value) for name, value in found.items() if name != "attributes"}
    # Asked for in any case of letters, fields are answered in their own.
    by_name = {name.lower(): value for name, value in values.items()}
    values |= {name: by_name[name.lower()] for name in fields}
    return RemoteRecord(
        external_id=found["Id"],
        values=values,
        company_id=values.get("AccountId", ""),
        stage=values.get("StageName", ""),
        created_at=instant(found["CreatedDate"]),
        modified_at=instant(found["SystemModstamp"]),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _row(resource: Resource, draft: Draft) -> dict[str, Any]:
    row: dict[str, Any] = {"attributes": {"type": _OBJECTS[resource]}}
    row |= {name: _encode(value, draft.kinds[name]) for name, value in draft.values.items()}
    if draft.external_id:
        row["id"] = draft.external_id
    if draft.company_id:
        row["AccountId"] = draft.company_id
    if draft.stage:
        row["StageName"] = draft.stage
    return row


def _encode(value: str, kind: FieldKind) -> str | int | float | None:
    if not value:
        return None
    if kind != FieldKind.NUMBER:
        return value
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)
