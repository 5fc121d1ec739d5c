"""What every test may use."""

import pytest
from django.conf import settings


def pytest_configure(config: pytest.Config) -> None:
    """Hold the embedded servers for the time of the run."""
    engines = settings.EMBEDDED_ENGINES.hold()
    engines.__enter__()
    config.add_cleanup(lambda: engines.__exit__(None, None, None))
