"""What a click on a chart's point does."""

from types import SimpleNamespace

import pytest

from dashboard.ui.parts import charts


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        ([{"customdata": [3, 1]}], [(3, 1)]),
        ([{"customdata": ["CAM", "Grad-CAM"]}, {"customdata": ["a", "b"]}], [("CAM", "Grad-CAM")]),
        ([{"customdata": 4}], [(4,)]),
        ([{"customdata": [4]}], [(4,)]),
        ([], []),
    ],
    ids=["two values", "the first of several points", "a value alone", "a value in a list", "the same point again"],
)
def test_a_click_chooses_what_its_point_means(points: list, chosen: list, monkeypatch: pytest.MonkeyPatch):
    state = {"chart": SimpleNamespace(selection=SimpleNamespace(points=points))}
    monkeypatch.setattr(charts.st, "session_state", state)
    told = []
    charts._chosen("chart", lambda *meaning: told.append(meaning))
    assert told == chosen
