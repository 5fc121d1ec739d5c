"""The people of the demonstration desk: one of every role, and a second BD manager."""

from accounts.domain.roles import set_role
from accounts.enums import Role
from accounts.models import User

PASSWORD = "demo"  # noqa: S105  # public on purpose: `load_demo` refuses to run in production

_PEOPLE = {
    "admin": ("Robin Ferrer", Role.ADMINISTRATOR, "Europe/Madrid", "EUR"),
    "manager": ("Wei Lin", Role.MANAGER, "Asia/Shanghai", "USD"),
    "bd": ("Maria Falk", Role.BUSINESS_DEVELOPMENT, "Europe/Berlin", "USD"),
    "bd2": ("Ade Balogun", Role.BUSINESS_DEVELOPMENT, "America/Detroit", "USD"),
    "finance": ("Ingrid Sollie", Role.FINANCE, "Europe/Oslo", "EUR"),
    "viewer": ("Tomás Vidal", Role.READ_ONLY, "Europe/Lisbon", "EUR"),
}
_REPORTS_TO_MANAGER = ("bd", "bd2")


def create_people() -> dict[str, User]:
    """Create the demonstration users and return them by the first part of their address."""
    people = {}
    for key, (name, role, time_zone, currency) in _PEOPLE.items():
        user = User.objects.create_user(
            f"{key}@example.com", PASSWORD, name=name, time_zone=time_zone, currency=currency
        )
        people[key] = set_role(user=user, role=role, by=None)
    for key in _REPORTS_TO_MANAGER:
        people[key].manager = people["manager"]
        people[key].save(update_fields=["manager"])
    return people
