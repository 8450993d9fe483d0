"""What undo, redo and reset are told; what they do is the browser's, and tested in one."""

import pytest

from dashboard.ui.pages import PAGES
from dashboard.ui.parts import undo
from dashboard.ui.parts.parameters import owner
from tests.ui.pages import opened


def test_what_is_named_is_a_parameter():
    for name in (*undo.STAY, *undo.ASIDE, *undo.NAMES):
        assert owner(name), name


@pytest.mark.parametrize("page", [page.script.removesuffix(".py") for page in PAGES])
def test_every_page_has_the_row(page: str):
    row = next(element for element in opened(page).get("bidi_component") if element.proto.component_name == "undo")
    for name in ("Undo", "Redo", "Reset"):
        assert f"</svg>{name}</button>" in row.proto.html_content
    assert '"stay"' in row.proto.json
