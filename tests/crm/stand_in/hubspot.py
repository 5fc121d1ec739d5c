"""HubSpot's objects, associations, pipelines and properties APIs, as they are documented."""

import datetime as dt
import uuid
from typing import Any

from tests.crm.stand_in.server import Call, Reply, StandIn

TOKEN = "pat-eu1-secret-token"
PROPERTIES = {
    "companies": {"name", "domain", "country", "description", "phone"},
    "contacts": {"firstname", "lastname", "email", "jobtitle", "phone"},
    "deals": {"dealname", "amount", "closedate", "dealstage", "pipeline", "description"},
}
READ_ONLY = {"hs_object_id", "createdate", "hs_lastmodifieddate", "lastmodifieddate"}
NUMBERS, INSTANTS = {"amount"}, {"closedate"}
STAGES = {"default": ["appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost"]}
PRIMARY = {"contacts": 1, "deals": 5}
PLAIN = {"contacts": 279, "deals": 341}
MOST_RESULTS = 10_000


class HubSpot(StandIn):
    """An account: records by type and id, each with `properties`, `companies` and when it was archived."""

    host = "api.hubapi.com"

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in PROPERTIES}
        self.merged: dict[str, str] = {}
        self.search_lag = dt.timedelta(0)
        self._next = 1000

    def add(self, kind: str, *, company: str = "", **properties: str) -> str:
        """Have somebody create a record there; return its id."""
        self._next += 1
        moment = self.now()
        self.records[kind][str(self._next)] = {
            "properties": properties,
            "companies": {company: {PRIMARY[kind], PLAIN[kind]}} if company else {},
            "created": moment,
            "updated": moment,
            "archived": None,
        }
        return str(self._next)

    def change(self, kind: str, record_id: str, **properties: str) -> None:
        """Have somebody change a record there."""
        self.records[kind][record_id]["properties"].update(properties)
        self.records[kind][record_id]["updated"] = self.now()

    def archive(self, kind: str, record_id: str) -> None:
        """Have somebody put a record into the recycle bin."""
        self.records[kind][record_id]["archived"] = self.records[kind][record_id]["updated"] = self.now()

    def merge(self, kind: str, first: str, second: str) -> str:
        """Have somebody merge two records there; return the id of what comes of them, which is a new one."""
        made = self.add(kind, **self.properties(kind, second) | self.properties(kind, first))
        for key in (first, second):
            del self.records[kind][key]
            self.merged[key] = made
        return made

    def properties(self, kind: str, record_id: str) -> dict[str, str]:
        """Return what a record holds."""
        return self.records[kind][record_id]["properties"]

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "Authentication credentials not found.", "INVALID_AUTHENTICATION")
        match call.path.strip("/").split("/"):
            case ["crm", "v3", "objects", kind, "search"]:
                return self._search(kind, call.body)
            case ["crm", "v3", "objects", kind, "batch", verb]:
                return getattr(self, f"_batch_{verb}")(kind, call.body["inputs"], call.body)
            case ["crm", "v3", "objects", kind]:
                return self._page(kind, call.query)
            case ["crm", "v4", "associations", kind, "companies", "batch", "read"]:
                return self._associations(kind, call.body["inputs"])
            case ["crm", "v4", "associations", kind, "companies", "batch", "create"]:
                return self._associate(kind, call.body["inputs"])
            case ["crm", "v3", "pipelines", "deals"]:
                return Reply(200, {"results": [_pipeline(name, stages) for name, stages in STAGES.items()]})
            case ["crm", "v3", "properties", kind]:
                names = [*sorted(PROPERTIES[kind]), "hs_object_id"]
                return Reply(200, {"results": [_property(name) for name in names]})
        return _error(404, f"No such endpoint: {call.path}")

    def _search(self, kind: str, body: dict[str, Any]) -> Reply:
        limit, after = body["limit"], int(body.get("after") or 0)
        if limit > 200 or after + limit > MOST_RESULTS or len(body["filterGroups"]) > 5:
            return _error(400, "There was a problem with the request.", "VALIDATION_ERROR")
        indexed = self.now() - self.search_lag
        found = [
            (record_id, record)
            for record_id, record in self.records[kind].items()
            if record["archived"] is None
            and record["updated"] <= indexed
            and any(
                all(_matches(self._value(kind, record_id, one["propertyName"]), one) for one in group["filters"])
                for group in body["filterGroups"] or [{"filters": []}]
            )
        ]
        for sort in reversed(body["sorts"]):
            found.sort(
                key=lambda one: _comparable(self._value(kind, one[0], sort["propertyName"])),
                reverse=sort["direction"] == "DESCENDING",
            )
        page = found[after : after + limit]
        answer: dict[str, Any] = {
            "total": len(found),
            "results": [self._shown(kind, record_id, body["properties"]) for record_id, _record in page],
        }
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit), "link": "?"}}
        return Reply(200, answer)

    def _page(self, kind: str, query: dict[str, str]) -> Reply:
        wants_archived = query.get("archived", "").lower() == "true"
        ids = [key for key, record in self.records[kind].items() if (record["archived"] is not None) == wants_archived]
        start, limit = int(query.get("after", 0)), int(query.get("limit", 10))
        answer: dict[str, Any] = {"results": [self._shown(kind, key, []) for key in ids[start : start + limit]]}
        if start + limit < len(ids):
            answer["paging"] = {"next": {"after": str(start + limit), "link": "?"}}
        return Reply(200, answer)

    def _batch_read(self, kind: str, inputs: list[dict[str, Any]], body: dict[str, Any]) -> Reply:
        if len(inputs) > 100:
            return _error(400, "The maximum number of items is 100.", "VALIDATION_ERROR")
        # What was merged is answered as what came of it, under its new id.
        wanted = [self.merged.get(one["id"], one["id"]) for one in inputs]
        there = list(dict.fromkeys(key for key in wanted if self._is_there(kind, key)))
        missing = [key for key in wanted if key not in there]
        results = [self._shown(kind, key, body["properties"]) for key in there]
        errors = [_failure("OBJECT_NOT_FOUND", "Could not get some objects, they may be deleted.", ids=missing)]
        return _batch(results, errors if missing else [])

    def _batch_create(self, kind: str, inputs: list[dict[str, Any]], body: dict[str, Any]) -> Reply:
        return self._write(kind, inputs, 201)

    def _batch_update(self, kind: str, inputs: list[dict[str, Any]], body: dict[str, Any]) -> Reply:
        return self._write(kind, inputs, 200)

    def _batch_archive(self, kind: str, inputs: list[dict[str, Any]], body: dict[str, Any]) -> Reply:
        for one in inputs:
            self.archive(kind, one["id"])
        return Reply(204)

    def _write(self, kind: str, inputs: list[dict[str, Any]], status: int) -> Reply:
        if len(inputs) > 100:
            return _error(400, "The maximum number of items is 100.", "VALIDATION_ERROR")
        refusals = [self._refusal(kind, one) for one in inputs]
        if any(refusals) and not all(one.get("objectWriteTraceId") for one in inputs):
            return _error(400, next(filter(None, refusals)), "VALIDATION_ERROR")
        results, errors = [], []
        for one, refusal in zip(inputs, refusals, strict=True):
            if refusal:
                errors.append(_failure("VALIDATION_ERROR", refusal, objectWriteTraceId=[one["objectWriteTraceId"]]))
                continue
            key = one.get("id") or self.add(kind)
            self.change(kind, key, **one["properties"])
            for association in one.get("associations", []):
                self._tie(kind, key, association["to"]["id"], association["types"])
            results.append(self._shown(kind, key, []) | {"objectWriteTraceId": one.get("objectWriteTraceId")})
        # The order of the results is not that of the inputs.
        return _batch(results[::-1], errors, status)

    def _refusal(self, kind: str, one: dict[str, Any]) -> str:
        if "id" in one and not self._is_there(kind, one["id"]):
            return "Object not found."
        for name, value in one["properties"].items():
            if name in READ_ONLY or name not in PROPERTIES[kind]:
                return f'Property values were not valid: Property "{name}" does not exist'
            if name in NUMBERS and value and not value.replace(".", "", 1).isdecimal():
                return f"Property values were not valid: {value} was not a valid number."
            if name in INSTANTS and value and not value.endswith("Z"):
                return f"Property values were not valid: {value} was not a valid long."
            if name == "dealstage" and value not in STAGES[one["properties"]["pipeline"]]:
                return f"Property values were not valid: {value} was not one of the allowed options"
        email = one["properties"].get("email")
        taken = [
            key
            for key, record in self.records[kind].items()
            if email and record["properties"].get("email") == email and key != one.get("id")
        ]
        return f"Contact already exists. Existing ID: {taken[0]}" if taken else ""

    def _associations(self, kind: str, inputs: list[dict[str, Any]]) -> Reply:
        results, missing = [], []
        for one in inputs:
            companies = self.records[kind][one["id"]]["companies"]
            if not companies:
                missing.append(one["id"])
                continue
            to = [
                {
                    "toObjectId": int(company),
                    "associationTypes": [
                        {
                            "category": "HUBSPOT_DEFINED",
                            "typeId": type_id,
                            "label": "Primary" if type_id == PRIMARY[kind] else None,
                        }
                        for type_id in sorted(types)
                    ],
                }
                for company, types in companies.items()
            ]
            results.append({"from": {"id": one["id"]}, "to": to})
        errors = [_failure("OBJECT_NOT_FOUND", "No company is associated.", fromObjectId=missing)] if missing else []
        return _batch(results, errors)

    def _associate(self, kind: str, inputs: list[dict[str, Any]]) -> Reply:
        if not all(self._is_there("companies", one["to"]["id"]) for one in inputs):
            return _error(400, "One or more of the objects does not exist.", "VALIDATION_ERROR")
        for one in inputs:
            self._tie(kind, one["from"]["id"], one["to"]["id"], one["types"])
        return _batch([], [], 201)

    def _tie(self, kind: str, key: str, company: str, types: list[dict[str, Any]]) -> None:
        companies = self.records[kind][key]["companies"]
        wanted = {one["associationTypeId"] for one in types}
        if PRIMARY[kind] in wanted:
            # A record has one primary company.
            for others in companies.values():
                others.discard(PRIMARY[kind])
        companies.setdefault(company, set()).update({*wanted, PLAIN[kind]})
        self.records[kind][key]["updated"] = self.now()

    def _is_there(self, kind: str, key: str) -> bool:
        return key in self.records[kind] and self.records[kind][key]["archived"] is None

    def _value(self, kind: str, key: str, name: str) -> str:
        record = self.records[kind][key]
        if name == "hs_object_id":
            return key
        if name in READ_ONLY:
            wanted = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
            return _stamp(record["updated"]) if name == wanted else _stamp(record["created"])
        return record["properties"].get(name, "")

    def _shown(self, kind: str, key: str, names: list[str]) -> dict[str, Any]:
        record = self.records[kind][key]
        shown = {name: self._value(kind, key, name) or None for name in [*names, "hs_object_id"]}
        return {
            "id": key,
            "properties": shown,
            "createdAt": _stamp(record["created"]),
            "updatedAt": _stamp(record["updated"]),
            "archived": record["archived"] is not None,
        }


def _matches(value: str, wanted: dict[str, Any]) -> bool:
    if wanted["operator"] == "IN":
        # “Values must be lowercase”, and none but whole values match.
        return len(wanted["values"]) <= 100 and value.lower() in wanted["values"]
    own = _comparable(value)
    other = _comparable(wanted["value"])
    return own >= other if wanted["operator"] == "GTE" else own > other


def _comparable(value: str) -> Any:
    """Return ids and instants as numbers: an instant is milliseconds, however it is written."""
    if value.isdecimal():
        return int(value)
    try:
        return round(dt.datetime.fromisoformat(value).timestamp() * 1000)
    except ValueError:
        return value


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _batch(results: list[Any], errors: list[Any], status: int = 200) -> Reply:
    body = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": "2026-11-24T09:00:00.000Z",
        "completedAt": "2026-11-24T09:00:00.100Z",
    }
    if errors:
        return Reply(207, body | {"numErrors": len(errors), "errors": errors})
    return Reply(status, body)


def _failure(category: str, message: str, **context: list[str]) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message, "context": context, "errors": [], "links": {}}


def _error(status: int, message: str, category: str = "OBJECT_NOT_FOUND") -> Reply:
    said = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), "category": category}
    return Reply(status, said)


def rate_limited(*, retry_after: str | None = None, policy: str = "TEN_SECONDLY_ROLLING") -> Reply:
    """Return the answer to one request too many."""
    body = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid.uuid4()),
        "policyName": policy,
    }
    return Reply(429, body, {"Retry-After": retry_after} if retry_after else {})


def _pipeline(name: str, stages: list[str]) -> dict[str, Any]:
    made = "2026-01-01T00:00:00.000Z"
    return {
        "id": name,
        "label": "Sales Pipeline",
        "displayOrder": 0,
        "createdAt": made,
        "updatedAt": made,
        "archived": False,
        "stages": [
            {
                "id": stage,
                "label": stage.capitalize(),
                "displayOrder": place,
                "metadata": {"isClosed": "false", "probability": "0.2"},
                "createdAt": made,
                "updatedAt": made,
                "archived": False,
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            }
            for place, stage in enumerate(stages)
        ],
    }


def _property(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "string",
        "fieldType": "text",
        "description": "",
        "groupName": "information",
        "options": [],
        "hidden": False,
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": True,
            "readOnlyValue": name in READ_ONLY,
        },
    }
