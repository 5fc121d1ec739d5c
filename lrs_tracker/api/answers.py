"""Answers of the API: JSON with an entity tag, and the conditions that a caller may set against it."""

import re
import zlib
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lrs_tracker.api.exceptions import Invalid, Stale
from lrs_tracker.problem_details import FieldProblem

_TAG = re.compile(r'"(\d{1,9})(?:-[0-9a-f]{8})?"')


def json_answer(request: Request, value: Any, *, status: int = 200, version: int | None = None) -> HttpResponse:
    """Return a value as JSON with its entity tag, or 304 when the caller has it already.

    The tag of an object begins with its version, so that a write can be made against it.
    """
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    mark = f"{zlib.crc32(body):08x}"
    tag = f'"{version}-{mark}"' if version is not None else f'"{mark}"'
    had = _tags(request.headers.get("If-None-Match", ""))
    if status == 200 and request.method in ("GET", "HEAD") and had & {tag, "*"}:
        return HttpResponse(status=304, headers={"ETag": tag})
    return HttpResponse(body, status=status, content_type="application/json", headers={"ETag": tag})


def expected_version(request: Request) -> int | None:
    """Return the version that a write is made against, or None for any. Raise Invalid for a tag that is none of ours.

    A tag that compression has made a weak one counts as it was. Of several, only the latest version can be the stored
    one: versions only rise, and the caller has read them all.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    found = [_TAG.fullmatch(tag) for tag in _tags(given)]
    if not all(found):
        message = _('Give the ETag of the object as it was read, such as "3-1a2b3c4d".')
        raise Invalid([FieldProblem(field="If-Match", code="invalid", message=message)])
    return max(int(tag[1]) for tag in found if tag)


def must_exist(request: Request) -> bool:
    """Tell whether a write is only for an object that is there."""
    return "If-Match" in request.headers


def must_be_new(request: Request) -> bool:
    """Tell whether a write is only for what is not there yet. Raise Invalid for another condition than that."""
    given = request.headers.get("If-None-Match")
    if given is not None and given.strip() != "*":
        message = _("Give “*”, to create what is not there yet.")
        raise Invalid([FieldProblem(field="If-None-Match", code="invalid", message=message)])
    return given is not None


def refuse_stale(stored: int, expected: int | None) -> None:
    """Raise Stale unless the stored version is the expected one."""
    if expected is not None and stored != expected:
        raise Stale(_("Somebody changed this in the meantime; its version is %(version)s now.") % {"version": stored})


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
