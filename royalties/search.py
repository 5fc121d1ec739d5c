"""Agreements among what the search finds."""

from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.search import PER_KIND, Hit, HitGroup, register_source
from royalties.enums import AgreementStatus
from royalties.filters.agreements import matching_text
from royalties.models import Agreement


def register_search() -> None:
    """Add the agreements to the search."""
    register_source(_agreements)


def _agreements(text: str, user: User) -> HitGroup:
    """Find agreements by title, party or code; those in force come first."""
    rank = Case(When(status=AgreementStatus.IN_FORCE, then=Value(0)), default=Value(1), output_field=IntegerField())
    found = Agreement.objects.visible_to(user).filter(matching_text(text)).select_related("licensee")
    return HitGroup(
        _("Agreements"),
        "file-text",
        tuple(
            Hit(
                f"{agreement.licensee.name} · {agreement.title}",
                f"{agreement.code} · {agreement.get_status_display()}",
                f"royalties/agreements/{agreement.pk}/",
            )
            for agreement in found.order_by(rank, "-deal_id", "number", "pk")[:PER_KIND]
        ),
    )
