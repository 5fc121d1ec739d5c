"""The pages of webhooks: those there are, one with its log, and their forms."""

from copy import copy

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from sync.domain.webhook_endpoints import change_endpoint, create_endpoint, replay_from
from sync.domain.webhook_resources import resource_choices, resource_labels
from sync.enums import DeliveryStatus
from sync.filters import DeliveryFilter
from sync.forms.webhooks import NewWebhookForm, ReplayForm, WebhookForm
from sync.models import WebhookDelivery, WebhookEndpoint

PAGE_SIZE = 50
_FORM = "sync/webhook_form"
# The secret waits here from the redirect to the page that shows it, and no longer.
SECRET_IN_SESSION = "new_webhook_secret"  # noqa: S105  # the name of its place


@login_required
@require_safe
def list_webhooks(request: UserRequest) -> HttpResponse:
    """List the own webhooks, and for administrators those of the organisation."""
    endpoints = WebhookEndpoint.objects.visible_to(request.user).order_by("name", "pk")
    own = [endpoint for endpoint in endpoints if endpoint.owner_id is not None]
    shared = [endpoint for endpoint in endpoints if endpoint.owner_id is None]
    return render(request, "sync/webhooks.html", {"own": own, "shared": shared})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Add a webhook, whose secret the next page shows once."""
    form = NewWebhookForm(request.POST or None, may_be_for_everyone=request.user.has_perm("sync.add_webhookendpoint"))
    if request.method == "POST":
        endpoint = submit(form, lambda: create_endpoint(by=request.user, **form.values))
        if endpoint is not None:
            keep_secret_for_next_page(request, endpoint)
            return leave_form(request, endpoint.get_absolute_url(), _("“%(name)s” is added.") % {"name": endpoint})
    return show_form(
        request,
        form,
        title=_("New webhook"),
        back=reverse("sync:webhooks"),
        submit_label=_("Add webhook"),
        template=_FORM,
    )


@login_required
@never_cache
@require_safe
def show(request: UserRequest, pk: int) -> HttpResponse:
    """Show a webhook with its log."""
    endpoint = get_webhook(request, pk)
    log = endpoint.deliveries.defer("body", "response_head")
    found = DeliveryFilter(request.GET, queryset=log.order_by("-pk"), request=request)
    waiting = Q(endpoint=endpoint, status=DeliveryStatus.PENDING)
    now = timezone.now()
    context = {
        "endpoint": endpoint,
        "new_secret": _take_kept_secret(request, endpoint),
        "is_rotating": endpoint.old_secret_until is not None and now < endpoint.old_secret_until,
        "now": now,
        "resources": resource_labels(endpoint.resources),
        "waiting": WebhookDelivery.objects.filter(waiting).count(),
        "page": Paginator(found.qs, PAGE_SIZE).get_page(request.GET.get("page")),
        "filter": found,
        "statuses": DeliveryStatus.choices,
        "resource_choices": resource_choices(),
    }
    return render(request, "sync/webhook.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a webhook."""
    endpoint = get_webhook(request, pk)
    back = endpoint.get_absolute_url()
    form = WebhookForm(request.POST or None, instance=copy(endpoint))
    if request.method == "POST":
        changed = submit(
            form,
            lambda: change_endpoint(
                endpoint=endpoint,
                by=request.user,
                at=timezone.now(),
                expected_version=form.stored_version,
                **form.values,
            ),
        )
        if changed is not None:
            return leave_form(request, back, _("“%(name)s” is saved.") % {"name": changed})
    return show_form(request, form, title=_("Edit %(name)s") % {"name": endpoint}, back=back, template=_FORM)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def replay(request: UserRequest, pk: int) -> HttpResponse:
    """Tell a webhook everything again from somewhere on."""
    endpoint = get_webhook(request, pk)
    back = endpoint.get_absolute_url()
    form = ReplayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        replayed = submit(
            form,
            lambda: replay_from(endpoint=endpoint, by=request.user, at=timezone.now(), **form.cleaned_data),
        )
        if replayed is not None:
            return leave_form(request, back, _("“%(name)s” is told again from there on.") % {"name": endpoint})
    title = _("Replay to %(name)s") % {"name": endpoint}
    return show_form(request, form, title=title, back=back, submit_label=_("Replay"))


def get_webhook(request: UserRequest, pk: int) -> WebhookEndpoint:
    """Return a webhook that exists for the user. Raise Http404 for any other."""
    return get_object_or_404(WebhookEndpoint.objects.visible_to(request.user).select_related("owner"), pk=pk)


def keep_secret_for_next_page(request: UserRequest, endpoint: WebhookEndpoint) -> None:
    """Let the page of a webhook show its new secret, once."""
    request.session[SECRET_IN_SESSION] = [endpoint.pk, endpoint.secret]


def _take_kept_secret(request: UserRequest, endpoint: WebhookEndpoint) -> str | None:
    of_endpoint, secret = request.session.get(SECRET_IN_SESSION, (None, None))
    if request.method != "GET" or of_endpoint != endpoint.pk:
        return None
    del request.session[SECRET_IN_SESSION]
    return secret
