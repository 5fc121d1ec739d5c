"""LRS Tracker's addresses and a few more, to try components and scripts in a browser."""

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from django.views.decorators.cache import never_cache

from lrs_tracker import styleguide
from lrs_tracker.urls import handler400, handler403, handler404, handler500
from lrs_tracker.urls import urlpatterns as project_urls

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

PAGE = """{% extends "base.html" %}{% block title %}Trial{% endblock %}{% block heading %}Trial{% endblock %}
{% block content %}<div class="stack">
<a class="btn" href="/trial/note/" data-dialog-open="load">Add a note</a>
<button class="btn" hx-post="/trial/answer/" hx-vals='{"status": 409}' hx-target="#answer">Stale</button>
<button class="btn" hx-post="/trial/answer/" hx-vals='{"status": 403}' hx-target="#answer">Forbidden</button>
<button class="btn" hx-post="/trial/answer/" hx-vals='{"status": 422}' hx-target="#answer">Wrong</button>
<button class="btn" hx-post="/trial/answer/" hx-vals='{"status": 200}' hx-target="#answer"
 hx-confirm="Delete it?" data-confirm-yes="Delete">Delete</button>
<p id="answer">nothing yet</p></div>{% endblock %}"""


class NoteForm(forms.Form):
    """One required field."""

    text = forms.CharField()


@never_cache
def show_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


def edit_note(request: HttpRequest) -> HttpResponse:
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        headers = {"HX-Trigger": '{"dialog:close": true, "toast": {"text": "Note saved.", "kind": "done"}}'}
        return HttpResponse(f'<p id="answer" hx-swap-oob="true">{form.cleaned_data["text"]}</p>', headers=headers)
    dialog = engines["django"].from_string(
        '{% extends "components/dialog.html" %}{% block title %}New note{% endblock %}'
    )
    return HttpResponse(dialog.render({"form": form}, request), status=422 if form.is_bound else 200)


def answer(request: HttpRequest) -> HttpResponse:
    status = int(request.POST["status"])
    if status == 409:
        problem = {"title": "Stale", "detail": "Wei Lin moved this deal to Term sheet."}
        return JsonResponse(problem, status=409, content_type="application/problem+json")
    return HttpResponse(f"answered {status}", status=status)


urlpatterns = [
    path("trial/", show_page),
    path("trial/note/", edit_note),
    path("trial/answer/", answer),
    path("styleguide/", styleguide.show_components),
    *project_urls,
]
