"""Users as a resource."""

import django_filters
from django.contrib.auth.models import Group
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import User
from lrs_tracker.api.reading import Member, flag, key, link, or_null, text
from lrs_tracker.api.resources import Include, Resource, register
from lrs_tracker.full_text import has_words

_ROLES = Group.objects.filter(user=OuterRef("pk"), name__in=Role.values).order_by("name").values("name")[:1]


class UsersFilter(django_filters.FilterSet):
    """Text, role, manager, and whether they are active."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices, method="filter_role")
    manager = django_filters.ModelChoiceFilter(label=_("Manager"), queryset=User.objects.order_by("pk"))
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = User
        fields: list[str] = []

    def filter_text(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Keep the users that have every word in their name or address."""
        return users.filter(has_words(value, "name", "email"))

    def filter_role(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Keep the users of a role."""
        return users.filter(pk__in=User.objects.filter(groups__name=value).order_by().values("pk"))


@register
class Users(Resource):
    """The people who use the application, and service accounts."""

    name = "users"
    singular = "user"
    title = "Users"
    description = "A person, or a service account that only holds tokens. One who left stays, inactive."
    model = User
    # No version and no instants: logging in raises them, and when somebody did is nobody's business.
    members = {
        "id": key(),
        "name": text("name"),
        "email": text("email"),
        "role": Member((Subquery(_ROLES),), or_null({"type": "string", "enum": list(Role.values)})),
        "is_active": flag("is_active"),
        "manager": link("manager_id"),
        "time_zone": text("time_zone"),
    }
    filters = UsersFilter
    orders = {"name": "name"}
    includes = {"manager": Include("manager", "users")}
