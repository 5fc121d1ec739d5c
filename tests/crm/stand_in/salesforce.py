"""Salesforce's REST API: OAuth, SOQL queries in pages, collections of records, as they are documented."""

import base64
import datetime as dt
import re
import uuid
from typing import Any

import jwt

from tests.crm.stand_in.server import Call, Reply, StandIn

LOGIN_HOST = "acme.my.salesforce.com"
KEY, SECRET = "3MVG9-consumer-key", "very-secret-consumer-secret"
FIELDS = {
    "Account": {"Name", "Website", "BillingCountry", "Description"},
    "Contact": {"FirstName", "LastName", "Email", "Title", "Phone", "Description", "AccountId"},
    "Opportunity": {"Name", "Amount", "CloseDate", "StageName", "AccountId"},
}
REQUIRED = {"Account": {"Name"}, "Contact": {"LastName"}, "Opportunity": {"Name", "StageName", "CloseDate"}}
PREFIXES = {"Account": "001", "Contact": "003", "Opportunity": "006"}
STAGES = ["Prospecting", "Proposal", "Closed Won", "Closed Lost"]
SYSTEM = {"Id", "CreatedDate", "SystemModstamp", "IsDeleted"}


class Salesforce(StandIn):
    """An org: rows by object and id. `page_size` is how many rows a page of a query has."""

    host = "acme-instance.my.salesforce.com"

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in FIELDS}
        self.page_size = 2000
        self.sessions: set[str] = set()
        self.public_key = ""
        self.undeletable: set[str] = set()
        self._pages: dict[str, tuple[list[Any], int]] = {}
        self._next = 0

    def add(self, kind: str, **fields: Any) -> str:
        """Have somebody create a row there; return its id."""
        self._next += 1
        key = f"{PREFIXES[kind]}{self._next:012d}AAA"
        moment = self.now()
        self.rows[kind][key] = fields | {
            "Id": key,
            "CreatedDate": moment,
            "SystemModstamp": moment,
            "IsDeleted": False,
        }
        return key

    def change(self, kind: str, key: str, **fields: Any) -> None:
        """Have somebody change a row there."""
        self.rows[kind][key] |= fields | {"SystemModstamp": self.now()}

    def answer(self, call: Call) -> Reply:
        if call.path == "/services/oauth2/token":
            return self._sign_in(call)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.sessions:
            return _errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
        path = re.sub(r"^/services/data/v[0-9.]+/", "", call.path)
        if path.rstrip("/") in {"query", "queryAll"}:
            return self._query(call.query["q"], with_deleted=path.startswith("queryAll"))
        if path.startswith("query/"):
            return self._page(path.removeprefix("query/"))
        if path == "composite/sobjects":
            return self._collection(call)
        if found := re.fullmatch(r"sobjects/(\w+)/describe", path):
            names = sorted({*FIELDS[found[1]], *SYSTEM})
            return Reply(
                200, {"fields": [{"name": name, "label": name, "updateable": name not in SYSTEM} for name in names]}
            )
        return _errors(404, "NOT_FOUND", "The requested resource does not exist")

    def _sign_in(self, call: Call) -> Reply:
        if call.body["grant_type"] == "client_credentials":
            wanted = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
            is_right = call.headers.get("authorization") == f"Basic {wanted}"
        else:
            claims = jwt.decode(
                call.body["assertion"], self.public_key, algorithms=["RS256"], options={"verify_aud": False}
            )
            is_right = (claims["iss"], claims["sub"]) == (KEY, "integration@acme.example")
        if not is_right:
            return Reply(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        session = f"00D!{uuid.uuid4().hex}"
        self.sessions.add(session)
        return Reply(200, {"access_token": session, "instance_url": f"https://{self.host}", "token_type": "Bearer"})

    def _query(self, soql: str, *, with_deleted: bool) -> Reply:
        found = re.fullmatch(
            r"SELECT (?P<names>.+?) FROM (?P<kind>\w+)( +WHERE (?P<where>.+?))?\s*( ORDER BY (?P<order>.+))?\s*", soql
        )
        if not found:
            return _errors(400, "MALFORMED_QUERY", "unexpected token")
        if found["kind"] == "OpportunityStage":
            return self._answer_rows([{"ApiName": name, "MasterLabel": name} for name in STAGES])
        kind, names = found["kind"], [_canonical(found["kind"], name) for name in found["names"].split(", ")]
        unknown = {*names} - FIELDS[kind] - SYSTEM
        if unknown:
            return _errors(400, "INVALID_FIELD", f"No such column '{unknown.pop()}' on entity '{kind}'")
        rows = [
            row
            for row in self.rows[kind].values()
            if (with_deleted or not row["IsDeleted"]) and _is_true(found["where"] or "", row)
        ]
        order = [name.strip() for name in (found["order"] or "Id").split(",")]
        rows.sort(key=lambda row: [row[name] for name in order])
        return self._answer_rows(
            [
                {"attributes": {"type": kind, "url": f"/services/data/v59.0/sobjects/{kind}/{row['Id']}"}}
                | {name: _shown(row.get(name)) for name in names}
                for row in rows
            ]
        )

    def _answer_rows(self, rows: list[Any]) -> Reply:
        locator = uuid.uuid4().hex[:15]
        self._pages[locator] = (rows, 0)
        return self._page(f"{locator}-0")

    def _page(self, place: str) -> Reply:
        locator, start = place.split("-")
        rows, _start = self._pages[locator]
        end = int(start) + self.page_size
        answer: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows), "records": rows[int(start) : end]}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"/services/data/v59.0/query/{locator}-{end}"
        return Reply(200, answer)

    def _collection(self, call: Call) -> Reply:
        if call.method == "DELETE":
            ids = call.query["ids"].split(",")
            return Reply(200, [self._delete(_kind_of(key), key) for key in ids])
        records = call.body["records"]
        if len(records) > 200:
            return _errors(400, "LIMIT_EXCEEDED", "record limit reached")
        return Reply(200, [self._save(record, is_new=call.method == "POST") for record in records])

    def _delete(self, kind: str, key: str) -> dict[str, Any]:
        if self.rows[kind][key]["IsDeleted"]:
            return _refused("ENTITY_IS_DELETED", "entity is deleted")
        if key in self.undeletable:
            return _refused("DELETE_FAILED", "Your attempt to delete it could not be completed: it has cases.")
        self.change(kind, key, IsDeleted=True)
        return {"id": key, "success": True, "errors": []}

    def _save(self, record: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
        kind = record["attributes"]["type"]
        given = {name: value for name, value in record.items() if name not in {"attributes", "id"}}
        fields = {_canonical(kind, name): value for name, value in given.items()}
        key = record.get("id", "")
        if not is_new and (key not in self.rows[kind] or self.rows[kind][key]["IsDeleted"]):
            return _refused("ENTITY_IS_DELETED", "entity is deleted")
        if unknown := {*fields} - FIELDS[kind]:
            return _refused("INVALID_FIELD", f"No such column '{unknown.pop()}'")
        missing = [name for name in sorted(REQUIRED[kind]) if fields.get(name, "" if is_new else "kept") in ("", None)]
        if missing:
            return _refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
        if "Amount" in fields and not isinstance(fields["Amount"], int | float | None):
            return _refused("JSON_PARSER_ERROR", "Cannot deserialize instance of currency")
        if "@" not in (fields.get("Email") or "@"):
            return _refused("INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {fields['Email']}", ["Email"])
        if is_new:
            key = self.add(kind)
        self.change(kind, key, **fields)
        return {"id": key, "success": True, "errors": []}


def _canonical(kind: str, name: str) -> str:
    """Return the name of a field, which may be asked for in any case of letters, as it is answered."""
    return next((known for known in FIELDS[kind] | SYSTEM if known.lower() == name.lower()), name)


def _kind_of(key: str) -> str:
    return next(kind for kind, prefix in PREFIXES.items() if key.startswith(prefix))


def _is_true(where: str, row: dict[str, Any]) -> bool:
    """Evaluate the few kinds of condition that are asked for."""
    if not where:
        return True
    if " OR " in where:
        return any(_is_true(part, row) for part in where.split(" OR "))
    if " AND " in where:
        return all(_is_true(part, row) for part in where.split(" AND "))
    name, operator, value = where.strip().split(" ", 2)
    own = row.get(name)
    if operator == "IN":
        return str(own).lower() in [_unquoted(one).lower() for one in re.findall(r"'(?:[^'\\]|\\.)*'", value)]
    if operator == "LIKE":
        return _unquoted(value).strip("%").lower() in str(own or "").lower()
    if operator == ">=":
        return own >= dt.datetime.fromisoformat(value)
    return own is (value == "true")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text.strip()[1:-1])


def _shown(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    return value


def _refused(code: str, message: str, fields: list[str] | None = None) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": fields or []}]}


def _errors(status: int, code: str, message: str) -> Reply:
    return Reply(status, [{"message": message, "errorCode": code}])


def limit_exceeded() -> Reply:
    """Return the answer to one request too many in 24 hours."""
    return _errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
