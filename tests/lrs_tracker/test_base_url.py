import pytest

from lrs_tracker.base_url import absolute_url, own_host


def test_absolute_url_begins_with_the_configured_address(settings):
    settings.BASE_URL = "https://lrs.example.com:8443"
    assert absolute_url("/deals/LRS-0001/?tab=tasks") == "https://lrs.example.com:8443/deals/LRS-0001/?tab=tasks"
    assert own_host() == "lrs.example.com"


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "deals/", ""])
def test_absolute_url_takes_nothing_but_own_paths(path):
    with pytest.raises(ValueError, match="one slash"):
        absolute_url(path)
