"""How django-allauth behaves here: administrators make the accounts, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """The login of an application without open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let nobody in who was not invited."""
        return False
