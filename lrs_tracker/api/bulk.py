"""Many operations in one request: all or nothing, or each with its own result, in order."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lrs_tracker.api.answers import json_answer
from lrs_tracker.api.changing import change, create, delete, read_ref, upsert
from lrs_tracker.api.description import JSON, WRITE, ResourceSchema, answer, etag, header
from lrs_tracker.api.exceptions import Invalid, handle_exception
from lrs_tracker.api.objects import ResourceView, read_id
from lrs_tracker.api.once import Once
from lrs_tracker.api.reading import ID, or_null
from lrs_tracker.api.refs import REF
from lrs_tracker.api.schema import PROBLEM
from lrs_tracker.api.writing import refuse_unknown
from lrs_tracker.problem_details import CONTENT_TYPE, FieldProblem, problem_response
from sync.domain.refs import Ref, is_ref

MOST_OPERATIONS = 1_000
# So few are not worth doing together.
_FEW = 4
_PLAIN = {"op", "ref", "data"}
_MEMBERS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    # The members that an operation needs, and those that it may have.
    "create": (frozenset({"op", "data"}), frozenset()),
    "update": (frozenset({"op", "id", "data"}), frozenset({"version"})),
    "upsert": (frozenset({"op", "ref", "data"}), frozenset({"version"})),
    "delete": (frozenset({"op", "id"}), frozenset({"version"})),
}


class _RefusedError(Exception):
    """Take everything back: one operation of an atomic request was refused."""


class BulkView(ResourceView):
    """Up to 1,000 operations on a resource."""

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return f"bulk_{self.resource.name}"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return f"Many operations at once: {self.resource.title}"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return (
            "Up to 1,000 operations, each with its own result, in order. With `atomic` all or nothing: then a refused "
            "one makes the answer a problem of the kind `bulk-refused`, whose `results` have its own problem, and 424 "
            "for all others."
        )

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        return [header("Idempotency-Key"), etag(200)]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        operation = {
            "type": "object",
            "properties": {
                "op": {"type": "string", "enum": self.resource.bulk_operations},
                "id": ID,
                "ref": REF,
                "version": {"type": "integer", "minimum": 1},
                "data": {"type": "object", "description": "As for creating or changing one."},
            },
            "required": ["op"],
        }
        operations = {"type": "array", "items": operation, "minItems": 1, "maxItems": MOST_OPERATIONS}
        properties = {"atomic": {"type": "boolean", "default": False}, "operations": operations}
        return {JSON: {"type": "object", "properties": properties, "required": ["operations"]}}

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        problem = schema.component("Problem", PROBLEM)
        result = {
            "type": "object",
            "properties": {
                "status": {"type": "integer"},
                "id": or_null(ID),
                "version": or_null({"type": "integer"}),
                "problem": problem,
            },
            "required": ["status", "id", "version"],
        }
        results = {"type": "array", "items": schema.component("BulkResult", result)}
        done = {"type": "object", "properties": {"results": results}, "required": ["results"]}
        refused = {"allOf": [problem, {"type": "object", "properties": {"results": results}}]}
        text = "The request was refused, or, of an atomic one, an operation: then there are `results`."
        return {
            (200, JSON): answer(done, "What became of each operation."),
            **schema.problems(WRITE),
            (400, CONTENT_TYPE): answer(schema.component("BulkProblem", refused), text),
        }

    def post(self, request: Request) -> HttpResponse:
        """Answer the result of each operation."""
        return Once(request).run(lambda: self._run(request))

    def _run(self, request: Request) -> HttpResponse:
        is_atomic, operations = self._read(request.data)
        results: list[dict[str, Any]] = []
        try:
            with transaction.atomic():
                for result in self._results(request, operations):
                    results.append(result)
                    if is_atomic and result["status"] >= 400:
                        raise _RefusedError
        except _RefusedError:
            number, refused = len(results), results[-1]
            skipped = {"status": 424, "id": None, "version": None}
            results = [skipped] * (number - 1) + [refused] + [skipped] * (len(operations) - number)
            return problem_response(
                request,
                status=400,
                code="bulk_refused",
                detail=_("Operation %(number)s of %(count)s was refused, and nothing was done; “results” says why.")
                % {"number": number, "count": len(operations)},
                results=results,
            )
        return json_answer(request, {"results": results})

    def _read(self, data: Any) -> tuple[bool, list[Any]]:
        if not isinstance(data, dict):
            raise _invalid(None, _("Give an object with “operations”."))
        refuse_unknown(data, {"atomic", "operations"})
        problems = []
        is_atomic, operations = data.get("atomic", False), data.get("operations")
        if not isinstance(is_atomic, bool):
            problems.append(FieldProblem(field="atomic", code="invalid", message=_("Give true or false.")))
        if not isinstance(operations, list) or not 1 <= len(operations) <= MOST_OPERATIONS:
            message = _("Give a list of 1 to %(most)s operations.") % {"most": MOST_OPERATIONS}
            problems.append(FieldProblem(field="operations", code="invalid", message=message))
        if problems:
            raise Invalid(problems)
        return is_atomic, list(operations or ())

    def _results(self, request: Request, operations: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Yield what became of each operation; plain upserts that stand together are done together."""
        for is_plain, some in groupby(operations, self._is_plain):
            if not is_plain:
                yield from (self._result(request, operation) for operation in some)
                continue
            together: dict[Ref, Any] = {}
            for operation in some:
                ref = Ref(**operation["ref"])
                if ref in together:
                    yield from self._together(request, list(together.values()))
                    together = {}
                together[ref] = operation
            yield from self._together(request, list(together.values()))

    def _is_plain(self, operation: Any) -> bool:
        """Whether an operation is an upsert that `upsert_many` knows to do."""
        if not (isinstance(operation, dict) and operation.get("op") == "upsert" and set(operation) == _PLAIN):
            return False
        ref, body = operation["ref"], operation["data"]
        if not (isinstance(body, dict) and isinstance(ref, dict) and set(ref) == {"system", "external_id"}):
            return False
        return is_ref(**ref) and self.resource.plain_members >= set(body)

    def _together(self, request: Request, operations: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Do plain upserts at once, or, when one of them is refused, each half by itself."""
        if len(operations) < _FEW:
            yield from (self._result(request, operation) for operation in operations)
            return
        try:
            with transaction.atomic():
                done = self.resource.upsert_many(request, [(Ref(**one["ref"]), one["data"]) for one in operations])
        except Exception as error:
            if handle_exception(error, {"request": request}) is None:
                raise
            middle = len(operations) // 2
            yield from self._together(request, operations[:middle])
            yield from self._together(request, operations[middle:])
        else:
            for one in done:
                yield {"status": 201 if one.is_new else 200, "id": str(one.pk), "version": one.version}

    def _result(self, request: Request, operation: Any) -> dict[str, Any]:
        """Return what became of one operation; what it did is taken back when it was refused."""
        try:
            with transaction.atomic():
                pk, status = self._do(request, operation)
                return {"status": status, "id": str(pk), "version": self._version(pk) if status != 204 else None}
        except Exception as error:
            refused = handle_exception(error, {"request": request})
            if refused is None:
                raise
            problem = orjson.loads(refused.content)
            return {"status": refused.status_code, "id": None, "version": None, "problem": problem}

    def _version(self, pk: int) -> int | None:
        return self.version_of(pk) if self.resource.is_versioned else None

    def _do(self, request: Request, operation: Any) -> tuple[int, int]:
        resource = self.resource
        kind = self._kind(operation)
        expected = _version_in(operation)
        if kind == "create":
            return int(create(resource, request, operation["data"]).pk), 201
        if kind == "upsert":
            pk, is_new = upsert(resource, request, _ref_in(operation), operation["data"], expected=expected)
            return pk, 201 if is_new else 200
        row = self._row(request, operation["id"])
        if kind == "update":
            change(resource, request, row, operation["data"], expected=expected)
            return row.pk, 200
        pk = row.pk
        delete(resource, request, row, expected=expected)
        return pk, 204

    def _kind(self, operation: Any) -> str:
        """Return what an operation does. Raise Invalid unless it has the members for it."""
        kinds = self.resource.bulk_operations
        kind = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise _invalid("op", _("Give one of: %(names)s.") % {"names": ", ".join(kinds)})
        needed, allowed = _MEMBERS[kind]
        if missing := sorted(needed - set(operation)):
            raise _invalid(missing[0], _("This is needed."), "required")
        refuse_unknown(operation, needed | allowed)
        return kind

    def _row(self, request: Request, pk: Any) -> Any:
        if not isinstance(pk, str):
            raise _invalid("id", _("Give an id as a string."))
        if read_id(pk) is None:
            raise Http404
        return self.find(request, pk)


def _version_in(operation: Mapping[str, Any]) -> int | None:
    version = operation.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or not 0 < version < 10**9):
        raise _invalid("version", _("Give the version of the object as it was read."))
    return version


def _ref_in(operation: Mapping[str, Any]) -> Ref:
    ref = operation["ref"]
    if not isinstance(ref, dict) or set(ref) != {"system", "external_id"}:
        raise _invalid("ref", _("Give “system” and “external_id”."))
    return read_ref(ref["system"], ref["external_id"])


def _invalid(field: str | None, message: str, code: str = "invalid") -> Invalid:
    return Invalid([FieldProblem(field=field, code=code, message=message)])
