"""A statement as a file."""

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from accounts.requests import UserRequest
from lrs_tracker.exports import FileFormat, export_response
from royalties.domain.statement_files import file_name, statement_document
from royalties.exports.statements import LINE_COLUMNS, line_rows
from royalties.models import Statement
from royalties.views.statement_pages import statement_view


@statement_view("GET", "HEAD", permission="royalties.view_statementline")
def download_pdf(request: UserRequest, statement: Statement) -> HttpResponse:
    """Show the statement as PDF in the browser, under a name to keep it by."""
    # Typst is loaded by the processes that write a PDF only: it is large.
    from royalties.domain.statement_pdf import write_pdf

    response = HttpResponse(write_pdf(statement), content_type="application/pdf")
    return _named(response, f"{file_name(statement)}.pdf", as_attachment=False)


@statement_view("GET", "HEAD", permission="royalties.view_statementline")
def download_csv(request: UserRequest, statement: Statement) -> HttpResponseBase:
    """Return the statement as CSV: its lines and its total, each row with what statement it is of."""
    return export_response(
        line_rows(statement),
        LINE_COLUMNS,
        name=file_name(statement),
        file_format=FileFormat.CSV,
        today=request.today,
    )


@statement_view("GET", "HEAD", permission="royalties.view_statementline")
def download_json(request: UserRequest, statement: Statement) -> HttpResponse:
    """Return the statement with the traces of its lines as JSON."""
    response = JsonResponse(statement_document(statement), json_dumps_params={"ensure_ascii": False, "indent": 1})
    return _named(response, f"{file_name(statement)}.json", as_attachment=True)


def _named(response: HttpResponse, name: str, *, as_attachment: bool) -> HttpResponse:
    if header := content_disposition_header(as_attachment, name):
        response["Content-Disposition"] = header
    return response
