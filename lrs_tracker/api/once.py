"""Answering a request with an `Idempotency-Key` once: its answer is kept, and given again to the same request."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from lrs_tracker.api.exceptions import Conflict, Invalid, KeyReused, handle_exception
from lrs_tracker.problem_details import FieldProblem
from sync.domain.idempotency import keep_answer, kept_answer, lock_key
from sync.models import IdempotentAnswer

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
# What a caller mends and sends again is not an answer to keep.
_NOT_KEPT = frozenset({401, 403, 429})


def _file_digest(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return f"{upload.name} {digest.hexdigest()}"


class Once:
    """Runs what a request asks for, once for its key; without a key, each time."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.user = cast(User, request.user)
        self.key = request.headers.get("Idempotency-Key")
        if self.key is not None and not _KEY.fullmatch(self.key):
            message = _("Give up to 200 printable characters without blanks.")
            raise Invalid([FieldProblem(field="Idempotency-Key", code="invalid", message=message)])

    def run(
        self, work: Callable[[], HttpResponse], *, may_see: Callable[[bytes], object] | None = None
    ) -> HttpResponse:
        """Return the answer: that of `work`, in the transaction of its effect, or the one that is kept.

        `may_see` gets what was answered with an object, and raises Http404 when the caller may not see that any more.
        Raise KeyReused for a key of another request, Conflict while the first one runs, ParseError for a body that is
        no JSON.
        """
        if self.key is None:
            with transaction.atomic():
                return work()
        # A body that came only in part is refused here: such an answer is none to keep for the whole one.
        digest = self._digest()
        with transaction.atomic():
            if not lock_key(user=self.user, key=self.key):
                raise Conflict(_("A request with this key is being worked on."), "in-progress")
            kept = kept_answer(user=self.user, key=self.key, at=timezone.now())
            if kept is not None:
                return self._again(kept, digest, may_see)
            try:
                with transaction.atomic():
                    response = work()
            except Exception as error:
                refused = handle_exception(error, {"request": self.request})
                if refused is None:
                    raise
                response = refused
            if response.status_code not in _NOT_KEPT:
                self._keep(response, digest)
            return response

    def _again(self, kept: IdempotentAnswer, digest: str, may_see: Callable[[bytes], object] | None) -> HttpResponse:
        if kept.request_digest != digest:
            raise KeyReused
        if may_see is not None and kept.status < 300:
            may_see(bytes(kept.body))
        headers = {**kept.headers, "Idempotency-Replayed": "true"}
        return HttpResponse(bytes(kept.body), status=kept.status, headers=headers)

    def _keep(self, response: HttpResponse, digest: str) -> None:
        keep_answer(
            user=self.user,
            key=str(self.key),
            request_digest=digest,
            status=response.status_code,
            headers={name: response[name] for name in _KEPT_HEADERS if name in response},
            body=response.content,
            at=timezone.now(),
        )

    def _digest(self) -> str:
        """Return what makes the request the same: method, address and the values of its body."""
        body = json.dumps(self.request.data, sort_keys=True, default=_file_digest).encode()
        head = f"{self.request.method} {self.request.get_full_path()}\n".encode()
        return hashlib.sha256(head + body).hexdigest()
