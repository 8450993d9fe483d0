"""Every test here runs without a network, on the CPU."""

import pytest


@pytest.fixture(autouse=True)
def alone(offline: None, on_cpu: None) -> None:
    """See the fixtures that it asks for."""
