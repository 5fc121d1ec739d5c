"""The what-if interface of the royalty engine over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from lrs_tracker.api.description import answer
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.schema import problems
from lrs_tracker.api.views import KnownParameters
from lrs_tracker.problem_details import FieldProblem
from royalties.api.schema import ANSWER, EXAMPLES, SCENARIO
from royalties.api.work import refuse_too_much_work
from royalties.engine.problems import ScenarioError
from royalties.engine.scenario import calculate_scenario


class CalculateView(KnownParameters):
    """Calculate the statements of a scenario, as `manage.py royalty_calc` does."""

    # Nothing is written, so a token of any scope may.
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="calculate_royalties",
        summary="Calculate a royalty scenario",
        description=(
            "Takes an agreement with its terms, fees, exchange rates, reports and days of issue, and answers the "
            "statements they lead to, each line with the trace that recomputes it. Nothing stored is read and nothing "
            "is stored, so a token of scope `read` suffices. Amounts, rates and quantities are strings."
        ),
        tags=["royalties"],
        request={"application/json": SCENARIO},
        responses={200: answer(ANSWER, "The statements."), **problems(400, 401, 406, 411, 413, 415, 429)},
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Answer the statements, or one problem for each field that is wrong."""
        refuse_too_much_work(request.data)
        try:
            return Response(calculate_scenario(request.data))
        except ScenarioError as error:
            raise Invalid(
                [
                    FieldProblem(field=problem.field or None, code="invalid", message=str(problem.message))
                    for problem in error.problems
                ]
            ) from error
