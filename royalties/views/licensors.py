"""Licensors, among the settings."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from royalties.domain.licensors import change_licensor, create_licensor
from royalties.forms.parties import LicensorForm
from royalties.models import Licensor
from royalties.views.agreement_pages import answer_form


@login_required
@permission_required("royalties.change_licensor", raise_exception=True)
@require_safe
def list_licensors(request: UserRequest) -> HttpResponse:
    """Show our own legal entities."""
    licensors = Licensor.objects.visible_to(request.user).order_by("name", "pk")
    return render(request, "royalties/licensors.html", {"licensors": licensors})


@login_required
@permission_required("royalties.add_licensor", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Create a licensor."""
    form = LicensorForm(request.POST or None)
    return answer_form(
        request,
        form,
        lambda: create_licensor(values=form.values, by=request.user),
        title=_("New licensor"),
        done=_("%(row)s is created."),
        back=reverse("royalties:licensors"),
        submit_label=_("Create licensor"),
    )


@login_required
@permission_required("royalties.change_licensor", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a licensor."""
    licensor = get_object_or_404(Licensor.objects.visible_to(request.user), pk=pk)
    form = LicensorForm(request.POST or None, instance=licensor)
    return answer_form(
        request,
        form,
        lambda: change_licensor(
            licensor=licensor, values=form.values, expected_version=form.stored_version, by=request.user
        ),
        title=_("Edit %(licensor)s") % {"licensor": licensor.name},
        done=_("%(row)s is saved."),
        back=reverse("royalties:licensors"),
    )
