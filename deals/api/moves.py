"""Moving a deal over the API: the same move as on the board."""

from collections.abc import Mapping
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from deals.domain.gates import gates_before
from deals.domain.moves import GateUnmetError, move_deal, move_needs
from deals.enums import StageType
from deals.models import Deal, Stage
from lrs_tracker.api.answers import expected_version
from lrs_tracker.api.description import JSON, WRITE, ResourceSchema, answer, etag, header, path
from lrs_tracker.api.exceptions import Conflict, refuse_idle
from lrs_tracker.api.objects import ResourceView
from lrs_tracker.api.once import Once
from lrs_tracker.api.reading import ID_IN_PATH
from lrs_tracker.api.writing import Day, DistinctList, Link, StrictSerializer, Text
from lrs_tracker.problems import DomainError


class MoveBody(StrictSerializer):
    """Where a deal goes, and what such a move asks for."""

    stage = Link(Stage)
    note = Text(max_length=1000, required=False, allow_blank=True, help_text="Why: on hold, lost, ended or back.")
    resume_on = Day(required=False, allow_null=True, help_text="When work resumes, on hold.")
    waive = DistinctList(
        child=Text(max_length=40), required=False, max_length=50, help_text="Keys of unmet gates that are let pass."
    )
    waiver_reason = Text(max_length=1000, required=False, allow_blank=True, help_text="Why they are.")
    after = Link(Deal, required=False, allow_null=True, help_text="The card above the new place; none: on top.")


class MoveView(ResourceView):
    """A move to another stage, or to another place in its column."""

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return "move_deal"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return "Move a deal to a stage"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return "409 `gate-unmet` lists in `missing` what the gates of the stage ask for; 412 when the deal was changed."

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        return [path("id", "The id of the deal.", ID_IN_PATH), header("If-Match"), header("Idempotency-Key"), etag(200)]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        return MoveBody

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        moved = answer(schema.object_of(self.resource), "The deal as it is now.")
        return {(200, JSON): moved, **schema.problems(WRITE)}

    def post(self, request: Request, pk: str) -> HttpResponse:
        """Move the deal and answer it."""
        return Once(request).run(
            lambda: self._move(request, self.find(request, pk)), may_see=lambda _body: self.find(request, pk)
        )

    def _move(self, request: Request, deal: Deal) -> HttpResponse:
        body = MoveBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        values = body.validated_data
        _refuse_idle(deal, values)
        http = request._request
        try:
            with transaction.atomic():
                move_deal(
                    deal=deal,
                    target=values["stage"],
                    by=cast(User, request.user),
                    at=timezone.now(),
                    today=http.today,  # type: ignore[attr-defined]  # set by our middleware
                    expected_version=expected_version(request),
                    after=values.get("after"),
                    reason=values.get("note", ""),
                    resume_on=values.get("resume_on"),
                    waive=values.get("waive", ()),
                    waiver_reason=values.get("waiver_reason", ""),
                )
        except GateUnmetError as error:
            raise gate_conflict(error) from error
        except DomainError as error:
            if error.field == "reason":
                error.field = "note"
            raise
        return self.answer(request, deal.pk, whole=True)


def gate_conflict(error: GateUnmetError) -> Conflict:
    """Return the answer that lists what gates ask for."""
    missing = [
        {
            "key": state.key,
            "label": str(state.gate.label),
            "why": _("Asked for before leaving %(stage)s.") % {"stage": state.gate.stage},
            "link": state.href,
        }
        for state in error.missing
    ]
    return Conflict(error.message, error.code, missing)


def _refuse_idle(deal: Deal, values: Mapping[str, Any]) -> None:
    """Raise Invalid for what this move would drop, such as the key of a gate that is not on its way.

    On the board that is no mistake: somebody else may have moved the card above in the meantime.
    """
    stage, after = values["stage"], values.get("after")
    idle = {}
    if after is not None and (after.pk == deal.pk or after.stage_id != stage.pk):
        idle["after"] = _("This is no other deal of the stage.")
    if values.get("resume_on"):
        if stage.type != StageType.HOLD:
            idle["resume_on"] = _("Only a deal on hold is resumed.")
        elif stage.pk == deal.stage_id:
            idle["resume_on"] = _("A deal that stays in its stage takes no other day.")
    if values.get("note") and stage.pk == deal.stage_id:
        idle["note"] = _("A deal that stays in its stage takes no note.")
    if values.get("waiver_reason") and not values.get("waive"):
        idle["waiver_reason"] = _("No gate is waived.")
    if values.get("waive"):
        source = None if stage.pk == deal.stage_id else move_needs(deal=deal, target=stage).gates_from
        keys = {str(gate.pk) for gate in gates_before(source=source, target=stage)} if source else set()
        if unknown := sorted(set(values["waive"]) - keys):
            idle["waive"] = _("These gates are not on the way: %(keys)s.") % {"keys": ", ".join(unknown)}
    refuse_idle(idle)
