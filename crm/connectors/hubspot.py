"""HubSpot, through its CRM API v3 and associations v4 (developers.hubspot.com/docs/api-reference).

Searches lag behind what was written and end after 10,000 results, so they only say which records changed, in the
order of ids; the records themselves are read by id. A batch says by trace id which of its records failed.
"""

import datetime as dt
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import urllib3
from django.utils.translation import gettext as _
from hubspot import Client
from hubspot.crm.associations.v4.exceptions import ApiException as AssociationsException
from hubspot.crm.objects.exceptions import ApiException as ObjectsException
from hubspot.crm.pipelines.exceptions import ApiException as PipelinesException
from hubspot.crm.properties.exceptions import ApiException as PropertiesException

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
    patiently,
    seconds_of,
)
from crm.enums import FieldKind, Resource

_OBJECTS = {Resource.COMPANY: "companies", Resource.CONTACT: "contacts", Resource.DEAL: "deals"}
# When a record changed; contacts have a name of their own for it.
_MODIFIED = {
    Resource.COMPANY: "hs_lastmodifieddate",
    Resource.CONTACT: "lastmodifieddate",
    Resource.DEAL: "hs_lastmodifieddate",
}
# The association types that make a company the primary one of a contact or a deal.
_PRIMARY = {Resource.CONTACT: 1, Resource.DEAL: 5}
_SEARCHED = {
    Resource.COMPANY: {"name": "name", "domain": "domain"},
    Resource.CONTACT: {"email": "email"},
    Resource.DEAL: {"dealname": "name"},
}
# The standard properties that hold an instant, where we have a day.
_INSTANTS = frozenset({"closedate"})
_PAGE = 100
# What a limit without Retry-After asks for, by its policy.
_WAITS = {"SECONDLY": 1.0, "DAILY": 3600.0}
_FAILURES = (ObjectsException, AssociationsException, PipelinesException, PropertiesException)


class HubSpotConnector:
    """An account of HubSpot, by the access token of a private app."""

    batch_size = 100
    # “It may take a few moments” until a search finds what was written.
    search_lag = dt.timedelta(minutes=1)

    def __init__(self, credentials: Credentials) -> None:
        # Waiting is ours to do: the library's own retries would sleep for as long as the other side says.
        never = urllib3.Retry(0, respect_retry_after_header=False)
        client = Client.create(access_token=credentials.secret, retry=never)
        # Each keeps its connections open.
        self._pages = client.crm.objects.basic_api
        self._batches = client.crm.objects.batch_api
        self._searches = client.crm.objects.search_api
        self._associations = client.crm.associations.v4.batch_api
        self._properties = client.crm.properties.core_api
        self._pipelines = client.crm.pipelines.pipelines_api

    def changed_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids of what changed, in order, page by page after the last id."""
        filters = []
        if since is not None:
            milliseconds = str(int(since.timestamp() * 1000))
            filters.append({"propertyName": _MODIFIED[resource], "operator": "GTE", "value": milliseconds})
        for found in self._search(resource, [filters], [_MODIFIED[resource]]):
            yield found.id, found.updated_at

    def archived_ids(self, resource: Resource, since: dt.datetime | None) -> Iterator[str]:
        """Yield the ids of everything in the recycle bin: it cannot be asked for by date."""
        after = None
        while True:
            options: dict[str, str] = {"after": after} if after else {}
            page = self._call(
                self._pages.get_page,
                object_type=_OBJECTS[resource],
                archived=True,
                limit=_PAGE,
                properties=["hs_object_id"],
                **options,
            )
            yield from (found.id for found in page.results)
            if page.paging is None or page.paging.next is None:
                return
            after = page.paging.next.after

    def read(self, resource: Resource, ids: Sequence[str], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return records by id, with their primary company."""
        wanted = [*fields, *(("dealstage", "pipeline") if resource == Resource.DEAL else ())]
        answer = self._call(
            self._batches.read,
            object_type=_OBJECTS[resource],
            batch_read_input_simple_public_object_id={
                "inputs": [{"id": external_id} for external_id in ids],
                "properties": wanted,
                "propertiesWithHistory": [],
            },
        )
        found = list(answer.results or [])
        companies = self._companies_of(resource, [record.id for record in found])
        return [_record(record, companies.get(record.id, "")) for record in found]

    def find(self, resource: Resource, keys: Sequence[SearchKeys], fields: Iterable[str]) -> list[RemoteRecord]:
        """Return what has one of the names, addresses or websites; they are compared in small letters."""
        groups = []
        for name, key in _SEARCHED[resource].items():
            values = sorted({getattr(wanted, key).lower() for wanted in keys} - {""})
            groups += [
                [{"propertyName": name, "operator": "IN", "values": values[start : start + _PAGE]}]
                for start in range(0, len(values), _PAGE)
            ]
        if not groups:
            return []
        ids = [found.id for found in self._search(resource, groups, ["hs_object_id"])]
        fields = list(fields)
        return [
            record
            for start in range(0, len(ids), self.batch_size)
            for record in self.read(resource, ids[start : start + self.batch_size], fields)
        ]

    def create(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Create records with their primary company."""
        inputs = [{**_input(draft), "associations": _associations(resource, draft)} for draft in drafts]
        return self._write(
            self._batches.create,
            resource,
            inputs,
            name="batch_input_simple_public_object_batch_input_for_create",
        )

    def update(self, resource: Resource, drafts: Sequence[Draft]) -> list[WriteResult]:
        """Change records, then what their primary company is."""
        inputs = [{**_input(draft), "id": draft.external_id} for draft in drafts]
        results = self._write(
            self._batches.update,
            resource,
            inputs,
            name="batch_input_simple_public_object_batch_input",
        )
        moved = [
            draft
            for draft, result in zip(drafts, results, strict=True)
            if draft.company_id and not result.problem and resource in _PRIMARY
        ]
        refused = self._move(resource, moved) if moved else {}
        return [refused.get(result.external_id, result) for result in results]

    def archive(self, resource: Resource, ids: Sequence[str]) -> list[WriteResult]:
        """Put records into the recycle bin, from which they can be restored for 90 days; all at once or none."""
        self._call(
            self._batches.archive,
            object_type=_OBJECTS[resource],
            batch_input_simple_public_object_id={"inputs": [{"id": external_id} for external_id in ids]},
        )
        return [WriteResult(external_id) for external_id in ids]

    def fields(self, resource: Resource) -> list[RemoteField]:
        """Return the properties that are not hidden."""
        answer = self._call(self._properties.get_all, object_type=_OBJECTS[resource])
        return [
            RemoteField(
                found.name,
                found.label,
                not (found.modification_metadata and found.modification_metadata.read_only_value),
            )
            for found in answer.results
            if not found.hidden
        ]

    def stages(self) -> list[RemoteStage]:
        """Return the stages of all pipelines of deals; their ids alone do not say the pipeline."""
        answer = self._call(self._pipelines.get_all, object_type="deals")
        return [
            RemoteStage(f"{pipeline.id}:{stage.id}", stage.label, pipeline.label)
            for pipeline in sorted(answer.results, key=lambda pipeline: pipeline.display_order)
            for stage in sorted(pipeline.stages, key=lambda stage: stage.display_order)
        ]

    def _move(self, resource: Resource, drafts: Sequence[Draft]) -> dict[str, WriteResult]:
        """Make the companies of drafts the primary ones; return the refusals by record."""
        inputs = [
            {"from": {"id": draft.external_id}, "to": {"id": draft.company_id}, "types": _primary(resource)}
            for draft in drafts
        ]
        try:
            self._call(
                self._associations.create,
                from_object_type=_OBJECTS[resource],
                to_object_type="companies",
                batch_input_public_association_multi_post={"inputs": inputs},
            )
        except _RefusedInputError as error:
            if len(drafts) == 1:
                return {drafts[0].external_id: WriteResult(problem=str(error))}
            # One by one, to find whose fault it is.
            return {key: refused for draft in drafts for key, refused in self._move(resource, [draft]).items()}
        return {}

    def _search(self, resource: Resource, groups: Sequence[Sequence[Mapping[str, Any]]], fields: list[str]) -> Any:
        """Yield what matches any of the groups, in the order of ids, which has no end after 10,000 as pages do."""
        last = "0"
        while True:
            beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
            page = self._call(
                self._searches.do_search,
                object_type=_OBJECTS[resource],
                public_object_search_request={
                    "filterGroups": [{"filters": [*filters, beyond]} for filters in groups],
                    "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                    "properties": fields,
                    "limit": _PAGE,
                },
            )
            yield from page.results
            if len(page.results) < _PAGE:
                return
            last = page.results[-1].id

    def _companies_of(self, resource: Resource, ids: Sequence[str]) -> dict[str, str]:
        """Return the primary company of each record, or the first where none is primary."""
        if resource not in _PRIMARY or not ids:
            return {}
        answer = self._call(
            self._associations.get_page,
            from_object_type=_OBJECTS[resource],
            to_object_type="companies",
            batch_input_public_fetch_associations_batch_request={"inputs": [{"id": one} for one in ids]},
        )
        companies = {}
        for found in answer.results or []:
            is_primary = {
                str(other.to_object_id): any(kind.type_id == _PRIMARY[resource] for kind in other.association_types)
                for other in found.to
            }
            if is_primary:
                companies[str(found._from.id)] = max(is_primary, key=lambda other: is_primary[other])
        return companies

    def _write(
        self, function: Callable[..., Any], resource: Resource, inputs: list[dict[str, Any]], *, name: str
    ) -> list[WriteResult]:
        """Write a batch; when it is refused as a whole, record by record, to find whose fault it is."""
        inputs = [{**one, "objectWriteTraceId": str(place)} for place, one in enumerate(inputs)]
        try:
            answer = self._call(function, object_type=_OBJECTS[resource], **{name: {"inputs": inputs}})
        except _RefusedInputError as error:
            if len(inputs) == 1:
                return [WriteResult(problem=str(error))]
            return self._write_singly(function, resource, inputs, name=name)
        results = {
            place: WriteResult(problem=_("HubSpot did not say what became of it.")) for place in range(len(inputs))
        }
        places = {one["id"]: place for place, one in enumerate(inputs) if "id" in one}
        for written in answer.results or []:
            trace = written.object_write_trace_id
            results[int(trace) if trace else places[written.id]] = WriteResult(written.id)
        for failure in getattr(answer, "errors", None) or []:
            context = failure.context or {}
            for place in [
                *(int(trace) for trace in context.get("objectWriteTraceId", [])),
                *(places[one] for one in context.get("ids", []) if one in places),
            ]:
                results[place] = WriteResult(problem=failure.message)
        return [results[place] for place in range(len(inputs))]

    def _write_singly(
        self, function: Callable[..., Any], resource: Resource, inputs: list[dict[str, Any]], *, name: str
    ) -> list[WriteResult]:
        results: list[WriteResult] = []
        for one in inputs:
            try:
                results += self._write(function, resource, [one], name=name)
            except RateLimitedError as error:
                error.some_was_done = bool(results)
                raise
        return results

    def _call(self, function: Callable[..., Any], **arguments: Any) -> Any:
        return patiently(lambda: _called(function, arguments))


class _RefusedInputError(CrmError):
    """Tell that what was sent is not what HubSpot takes."""


def _called(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    try:
        with warnings.catch_warnings():
            # The library still reads headers the old way of urllib3.
            warnings.simplefilter("ignore", DeprecationWarning)
            return function(**arguments, _request_timeout=TIMEOUT_SECONDS)
    except _FAILURES as error:
        raise _in_words(error) from None
    except (urllib3.exceptions.HTTPError, AttributeError, ValueError):
        # Their words may hold headers. The library trips over failures that have no body.
        raise CrmUnreachableError(_("HubSpot did not answer as it should.")) from None


def _in_words(error: Any) -> CrmError:
    try:
        answer = json.loads(error.body or "{}")
    except ValueError:
        answer = {}
    said = str(answer.get("message", ""))[:300]
    if error.status == 429:
        wait = _WAITS.get(answer.get("policyName", ""), 10.0)
        return RateLimitedError(seconds_of((error.headers or {}).get("Retry-After"), default=wait))
    if error.status == 401:
        return CrmRefusedError(_("HubSpot does not take the access token."))
    if error.status == 403:
        return CrmRefusedError(_("The private app in HubSpot lacks a scope: %(said)s") % {"said": said})
    if error.status in {400, 404, 409, 414}:
        return _RefusedInputError(said or _("HubSpot does not take this."))
    return CrmUnreachableError(_("HubSpot answered %(status)s.") % {"status": error.status})


def _record(found: Any, company_id: str) -> RemoteRecord:
    values = {name: value or "" for name, value in found.properties.items()}
    stage = f"{values['pipeline']}:{values['dealstage']}" if values.get("dealstage") else ""
    return RemoteRecord(found.id, values, company_id, stage, found.created_at, found.updated_at)


def _input(draft: Draft) -> dict[str, Any]:
    properties = {name: _encode(name, value, draft.kinds[name]) for name, value in draft.values.items()}
    if draft.stage:
        properties["pipeline"], properties["dealstage"] = draft.stage.split(":", 1)
    return {"properties": properties}


def _encode(name: str, value: str, kind: FieldKind) -> str:
    return f"{value}T00:00:00Z" if value and kind == FieldKind.DATE and name in _INSTANTS else value


def _associations(resource: Resource, draft: Draft) -> list[dict[str, Any]]:
    if not draft.company_id or resource not in _PRIMARY:
        return []
    return [{"to": {"id": draft.company_id}, "types": _primary(resource)}]


def _primary(resource: Resource) -> list[dict[str, Any]]:
    return [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _PRIMARY[resource]}]
