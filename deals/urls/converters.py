"""How a deal's code stands in addresses."""

from django.urls import register_converter

from deals.models.deals import deal_code


class DealCodeConverter:
    """Turn `LRS-0042` into the key 42; `reverse` takes the code or the key."""

    regex = "LRS-[0-9]{4,18}"

    def to_python(self, value: str) -> int:
        """Return the key of the deal; raise ValueError for a code that is not written as we write it."""
        pk = int(value.removeprefix("LRS-"))
        if deal_code(pk) != value:
            raise ValueError(value)
        return pk

    def to_url(self, value: str | int) -> str:
        """Return the code."""
        return value if isinstance(value, str) else deal_code(value)


register_converter(DealCodeConverter, "deal")
