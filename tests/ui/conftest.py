"""Every test here runs without a network, on the CPU."""

import pytest

from dashboard.ui.parts import coming


@pytest.fixture(autouse=True)
def alone(offline: None, on_cpu: None) -> None:
    """See the fixtures that it asks for."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that a page waits for as long as they take: AppTest does not look again by itself, as a browser does."""
    monkeypatch.setattr(coming, "PATIENCE", 60)
