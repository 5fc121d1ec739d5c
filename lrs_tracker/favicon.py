"""The address that browsers try for an icon on pages that name none, such as those of the admin."""

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(public=True, max_age=86400)
def redirect_to_icon(_request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the mark."""
    return HttpResponseRedirect(static("img/mark.svg"))
