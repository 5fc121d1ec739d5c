"""Users for tests."""

import factory
from django.contrib.auth.models import Group

from accounts.enums import Role
from accounts.models import User


class UserFactory(factory.django.DjangoModelFactory):
    """A business-development user; `role` gives another role, False none."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Sequence(lambda n: f"User {n}")
    password = factory.django.Password("secret-phrase-1")

    @factory.post_generation
    def role(self, create: bool, extracted: Role | bool | None, **_options: object) -> None:
        """Put the user in the role's group."""
        role = Role.BUSINESS_DEVELOPMENT if extracted is None else extracted
        if create and role:
            self.groups.set(Group.objects.filter(name=role))
            if role == Role.ADMINISTRATOR:
                self.is_staff = True
                self.save(update_fields=["is_staff"])
