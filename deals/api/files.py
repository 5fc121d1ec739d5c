"""Files of documents over the API: taken in as a form, handed out as they are."""

from typing import Any

from django.http import FileResponse, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from lrs_tracker.api.description import READ, ResourceSchema, answer, path
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.negotiation import AnyType
from lrs_tracker.api.objects import ListView, ResourceView
from lrs_tracker.api.reading import ID_IN_PATH
from lrs_tracker.downloads import stored_file_response
from lrs_tracker.problem_details import FieldProblem

_FILE = {"type": "string", "format": "binary"}


class DocumentListView(ListView):
    """The list of documents; a new one comes as a form with its file."""

    parser_classes = (MultiPartParser,)

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        return {"multipart/form-data": self.resource.creator} if method == "POST" else None

    def post(self, request: Request) -> HttpResponse:
        """Create a document. Raise Invalid for a field that is there twice, of which one would be dropped."""
        # A request without a body is no form, and lacks what is needed.
        fields = request.data.lists() if isinstance(request.data, QueryDict) else []
        if repeated := sorted(name for name, values in fields if len(values) > 1):
            message = _("Give this once.")
            raise Invalid([FieldProblem(field=name, code="repeated", message=message) for name in repeated])
        return super().post(request)


class DocumentFileView(ResourceView):
    """The file of a document."""

    action_method = "get"
    content_negotiation_class = AnyType

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return "read_document_file"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return "Download the file of a document"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return "The file as it was uploaded, under its name, for who may open it now."

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        return [path("id", "The id of the document.", ID_IN_PATH)]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return none."""
        return None

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        return {(200, "*/*"): answer(_FILE, "The file."), **schema.problems(READ)}

    def get(self, request: Request, pk: str) -> FileResponse:
        """Hand out the file."""
        document = self.find(request, pk)
        return stored_file_response(document.file, file_name=document.file_name, content_type=document.content_type)
