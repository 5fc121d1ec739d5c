"""The calculator: the what-if calculation on a scenario that is typed, pasted, or begun from an example."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker import strict_json
from lrs_tracker.api.exceptions import Invalid
from royalties.api.work import refuse_too_much_work
from royalties.domain.sandbox_examples import read_examples
from royalties.domain.sandbox_statements import ShownStatement, shown_statements
from royalties.engine.problems import Problem, ScenarioError, first_of_each_field
from royalties.engine.scenario import calculate_scenario
from royalties.forms.calculator import ScenarioForms
from royalties.forms.sandbox_document import MOST_TERMS

_FIRST = "1"
_MOST_ROWS = 60
_MODES = ("form", "json")


@dataclass
class Calculator:
    """What the page shows: the scenario as forms or as text, and what it comes to."""

    mode: str
    forms: ScenarioForms | None = None
    text: str = ""
    statements: list[ShownStatement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, document: Any, mode: str) -> "Calculator":
        """Show a document; one that is too long for rows, or no object, is shown as text."""
        if mode == "form" and isinstance(document, dict) and _fits(document):
            return cls(mode, forms=ScenarioForms(document=document))
        return cls("json", text=json.dumps(document, ensure_ascii=False, indent=2))

    def run(self, document: Any) -> None:
        """Calculate a document, or note what is wrong with it."""
        try:
            refuse_too_much_work(document)
            answer = calculate_scenario(document)
        except ScenarioError as error:
            self.problems += error.problems
        except Invalid as error:
            self.problems += [Problem(problem["field"] or "", problem["message"]) for problem in error.errors]
        else:
            self.statements = shown_statements(answer)


@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_calculator(request: UserRequest) -> HttpResponse:
    """Show a scenario and its statements; `?example=` begins with a worked example, `?by=json` shows its text."""
    examples = read_examples()
    number = request.GET.get("example", _FIRST)
    chosen = number if number in examples else _FIRST
    if request.method == "POST":
        calculator = _answer(request)
        chosen = ""
    else:
        document = examples[chosen].document
        calculator = Calculator.of(document, _mode(request.GET.get("by")))
        calculator.run(document)
    return show_scenario(request, calculator, chosen=chosen)


def show_scenario(request: UserRequest, calculator: Calculator, *, chosen: str = "") -> HttpResponse:
    """Render the page, or its part for htmx; a scenario with problems answers 422."""
    if calculator.forms is not None and calculator.problems and calculator.forms.data is not None:
        calculator.forms.show(calculator.problems)
    template = "royalties/calculator.html"
    return render(
        request,
        f"{template}#calculator" if request.htmx else template,
        {"calculator": calculator, "examples": read_examples().values(), "chosen": chosen, "most_terms": MOST_TERMS},
        status=422 if calculator.problems and request.method == "POST" else 200,
    )


def _answer(request: UserRequest) -> Calculator:
    by_json = request.POST.get("by") == "json"
    return _answer_text(request) if by_json else _answer_forms(request)


def _answer_text(request: UserRequest) -> Calculator:
    text = request.POST.get("scenario", "")
    calculator = Calculator("json", text=text)
    try:
        document = strict_json.parse(text.encode(errors="surrogatepass"))
    except strict_json.StrictJsonError as error:
        calculator.problems.append(Problem("", error.message))
        return calculator
    if request.POST.get("to") == "form":
        calculator = Calculator.of(document, "form")
    calculator.run(document)
    return calculator


def _answer_forms(request: UserRequest) -> Calculator:
    forms = ScenarioForms(request.POST)
    is_readable = forms.is_readable()
    document = forms.document()
    if request.POST.get("to") == "json":
        calculator = Calculator.of(document, "json")
        calculator.run(document)
        return calculator
    if "add" in request.POST or "remove" in request.POST:
        return Calculator.of(change_terms(document, request), "form")
    calculator = Calculator("form", forms=forms, problems=list(forms.misread))
    calculator.run(document)
    calculator.problems = first_of_each_field(calculator.problems)
    if not is_readable or forms.misread:
        calculator.statements = []
    return calculator


def change_terms(document: dict[str, Any], request: UserRequest) -> dict[str, Any]:
    """Return a document with one more term, or without the one that the request names."""
    terms = document["terms"]
    named = request.POST.get("remove", "")
    if named.isascii() and named.isdigit() and int(named[:4]) < len(terms):
        del terms[int(named[:4])]
    if "add" in request.POST and len(terms) < MOST_TERMS:
        terms.append({})
    return document


def _fits(document: dict[str, Any]) -> bool:
    return all(
        not isinstance(document.get(name), list) or len(document[name]) <= most
        for name, most in (("reports", _MOST_ROWS), ("fx", _MOST_ROWS), ("issues", _MOST_ROWS), ("terms", MOST_TERMS))
    )


def _mode(named: str | None) -> str:
    return named if named in _MODES else "form"
