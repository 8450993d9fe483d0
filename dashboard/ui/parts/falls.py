"""A photo that loses what a map marks, under one slider, with what the models say of it and the curves of their scores."""

from typing import Any

from dashboard.ui.components import component

_falls = component("falls", html='<div class="falls"></div>', styled=True)


def show_falls(data: dict[str, Any], key: str) -> None:
    """Draws what `figures.trust.falls_data` made; everything then happens in the browser."""
    _falls(key=key, data=data)
