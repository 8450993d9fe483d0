"""The worst addresses, followed in a real browser: the page comes, and what is left in the address is what it shows."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doing import open_page, shows

pytestmark = pytest.mark.browser
SAYS_ALONE = "left => JSON.stringify([...new URLSearchParams(location.search)]) === JSON.stringify(left)"


@pytest.mark.parametrize(
    ("path", "query", "left"),
    [
        ("", "left=bundled/cnn&left=", []),
        ("layers", "right_depth=3&right_depth=&right_depth=+&top=nan&opacity=1e999&left=%00", [["right_depth", "3"]]),
        ("attention", "patch=5&patch=7&patch=&patch_layer=-1e999&patch_head=%ED%A0%80&=&%00", [["patch", "row 1, column 7"]]),
        ("methods", f"side=&side=right&side=&sort=%F0%9F%90%88&right=hf/{'x' * 5000}&reference=", [["side", "right"]]),
        ("trust", "baseline=black&baseline=&test=nan&test=%00&baseline=+", [["baseline", "black"]]),
        ("known-truth", "scene=12&scene=&scene=+&objects=three&tag=2&trained=%00&order=nan", [["scene", "12"]]),
        ("models", "list_page=99999999999999999999&find=x&find=resnet&gives=NaN&well_known=2", [["find", "resnet"]]),
    ],
    ids=["compare", "layers", "attention", "methods", "trust", "known-truth", "models"],
)
def test_what_is_left_in_the_address(page: Page, served: str, path: str, query: str, left: list[list[str]]):
    open_page(page, served, path, query)
    page.wait_for_function(SAYS_ALONE, arg=left)
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    expect(page.locator(".st-key-left input").first).to_have_value(shows("bundled/cnn"))
