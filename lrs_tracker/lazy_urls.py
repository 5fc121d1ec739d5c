"""Addresses that are loaded when they are first asked for."""

from django.urls import URLResolver
from django.urls.resolvers import RoutePattern


class LazyNamespace(URLResolver):
    """All addresses below a route, in a namespace of their own, of a module that is not loaded before its first use.

    `include` loads its module at once. Django's resolver would load one that is given by name as soon as any address is
    made from its name, although one of a namespace takes no part in that before an address of it is asked for.

    There are no namespaces within it.
    """

    def __init__(self, route: str, module: str, *, namespace: str) -> None:
        super().__init__(RoutePattern(route), module, app_name=namespace, namespace=namespace)

    def _populate(self) -> None:
        if self._is_loaded:
            super()._populate()

    @property
    def _is_loaded(self) -> bool:
        return "urlconf_module" in self.__dict__
