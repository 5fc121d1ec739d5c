"""Price indices that rates follow."""

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from royalties.domain.price_indices import change_index, create_index
from royalties.forms.parties import IndexForm
from royalties.models import PriceIndex, PriceIndexValue
from royalties.views.agreement_pages import answer_form


@login_required
@permission_required("royalties.view_priceindex", raise_exception=True)
@require_safe
def list_indices(request: UserRequest) -> HttpResponse:
    """Show the indices with their values."""
    values = Prefetch("values_by_year", PriceIndexValue.objects.order_by("-year"))
    indices = PriceIndex.objects.visible_to(request.user).annotate(term_count=Count("terms"))
    return render(
        request, "royalties/indices.html", {"indices": indices.prefetch_related(values).order_by("name", "pk")}
    )


@login_required
@permission_required("royalties.add_priceindex", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Create an index."""
    form = IndexForm(request.POST or None)
    return answer_form(
        request,
        form,
        lambda: create_index(values=form.facts, observed=form.cleaned_data["observed"], by=request.user),
        title=_("New price index"),
        done=_("%(row)s is created."),
        back=reverse("royalties:indices"),
        submit_label=_("Create index"),
    )


@login_required
@permission_required("royalties.change_priceindex", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change an index and its values."""
    index = get_object_or_404(PriceIndex.objects.visible_to(request.user), pk=pk)
    form = IndexForm(request.POST or None, instance=index)
    return answer_form(
        request,
        form,
        lambda: change_index(
            index=index,
            values=form.facts,
            observed=form.cleaned_data["observed"],
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Edit %(index)s") % {"index": index.name},
        done=_("%(row)s is saved."),
        back=reverse("royalties:indices"),
    )
