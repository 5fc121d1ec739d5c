"""Handing out stored files: under their name, never opened by the browser, never kept on the way."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404


def stored_file_response(stored: FieldFile, *, file_name: str, content_type: str) -> FileResponse:
    """Return a stored file as a download. Raise Http404 when it is gone."""
    try:
        opened = stored.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(opened, as_attachment=True, filename=file_name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
