"""Models of the money app."""

from money.models.rates import FxRate

__all__ = ["FxRate"]
