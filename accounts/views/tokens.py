"""The page of a person's API tokens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.tokens import create_token, revoke_token
from accounts.forms.tokens import TokenForm
from accounts.models import ApiToken
from accounts.requests import UserRequest
from lrs_tracker.exports import Column, export_response, requested_format

# The key waits here from the redirect to the page that shows it, and no longer.
_KEY_IN_SESSION = "new_api_key"
# Nothing of the keys themselves: a file travels further than a page.
COLUMNS = [
    Column[ApiToken](gettext_lazy("Name"), lambda token: token.name),
    Column[ApiToken](gettext_lazy("May"), lambda token: token.get_scope_display()),
    Column[ApiToken](gettext_lazy("Created"), lambda token: token.created_at),
    Column[ApiToken](gettext_lazy("Expires"), lambda token: token.expires_at),
    Column[ApiToken](gettext_lazy("Last used"), lambda token: token.last_used_at),
    Column[ApiToken](gettext_lazy("Revoked"), lambda token: token.revoked_at),
]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_tokens(request: UserRequest) -> HttpResponseBase:
    """List the tokens (`?export=csv` as a file), and create one, whose key the next page shows once."""
    tokens = ApiToken.objects.visible_to(request.user).order_by("revoked_at", "-created_at", "-pk")
    if (file_format := requested_format(request)) is not None:
        return export_response(tokens, COLUMNS, name="tokens", file_format=file_format, today=request.today)
    form = TokenForm(request.POST or None)
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        _token, key = create_token(user=request.user, **form.token_facts(at=now), at=now)
        request.session[_KEY_IN_SESSION] = key
        return redirect("accounts:tokens")
    context = {
        "form": form,
        "tokens": tokens,
        "new_key": request.session.pop(_KEY_IN_SESSION, None) if request.method == "GET" else None,
        "now": now,
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: UserRequest, pk: int) -> HttpResponse:
    """Make a token useless."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    revoke_token(token=token, by=request.user, at=timezone.now())
    messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:tokens")
