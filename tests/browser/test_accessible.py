"""Every page for people who listen to it, use keys, or see little: in both themes, on a desk and on a phone."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.accessible import controls, findings, headings, pale_texts
from tests.browser.doing import open_page, settled

pytestmark = pytest.mark.browser
PAGES = ["compare", "layers", "attention", "methods", "models"]
DESK, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
SHOWS = "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme"
OPENS_SIDEBAR = "[data-testid=stExpandSidebarButton]"


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(page: Page, served: str, path: str):
    open_page(page, served, path)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        settled(page)
        if size is PHONE and page.locator(OPENS_SIDEBAR).is_visible():
            assert findings(page) == []  # the page itself, which an open sidebar would cover
            page.locator(OPENS_SIDEBAR).click()
            page.get_by_role("link", name="Models").wait_for()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(
                "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme", arg=theme
            )
            assert findings(page) == [], (size, theme)
            assert pale_texts(page) == [], (size, theme)


@pytest.mark.parametrize("path", PAGES)
def test_headings_are_in_order_and_no_two_controls_have_the_same_name(page: Page, served: str, path: str):
    open_page(page, served, path)
    levels = [level for level, _ in headings(page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), headings(page)
    named = controls(page)
    assert all(name for _, name in named), named
    assert [control for control, times in named.items() if times > 1] == []
