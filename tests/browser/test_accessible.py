"""Every page for people who listen to it, use keys, or see little: in both themes, on a desk and on a phone."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import controls, findings, headings, pale_texts
from tests.browser.doing import charts_are_drawn, open_page, settled

pytestmark = pytest.mark.browser
PAGES = ["compare", "layers", "attention", "methods", "models"]
DESK, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
SHOWS = "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme"
COMPARED, BUILT_UP = (
    "What do two models look at in the same photo?",
    "How does what each model looks at build up, layer by layer?",
)
TOUR = [
    ("Same answer, different places", COMPARED), ("Another class", COMPARED), ("Layer by layer", BUILT_UP),
    ("When rollout fails", COMPARED),
]  # fmt: skip
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


def test_the_tour_leads_through_four_views(page: Page, served: str):
    open_page(page, served)
    page.get_by_role("link", name="Same answer, different places").click()
    for number, (title, heading) in enumerate(TOUR, 1):
        expect(page.get_by_text(f"Tour, {number} of 4: {title}.")).to_be_visible()
        expect(page.locator("h1")).to_have_text(heading)
        charts_are_drawn(page, "layers" if "layer" in title else "compare")
        if number < len(TOUR):
            page.get_by_role("link", name=f"Next: {TOUR[number][0]}").click()
    page.get_by_role("button", name="Close the tour").click()
    expect(page.get_by_text("Tour, 4 of 4")).to_have_count(0)
    expect(page.get_by_text("Got it")).to_have_count(0)  # who takes the tour needs no welcome
    page.get_by_role("link", name="Tour", exact=True).click()
    expect(page.get_by_text("Tour, 1 of 4")).to_be_visible()


def test_a_term_opens_the_glossary_by_mouse_and_by_keys(page: Page, served: str):
    open_page(page, served, "compare")
    dialog = page.get_by_role("dialog", name="Glossary")
    page.locator("[href='#term-token']").first.click()
    expect(dialog).to_be_visible()
    expect(dialog.locator(".asked dt")).to_have_text("Token")
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Glossary").focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("searchbox").fill("rank corr")
    expect(dialog.locator("dt:visible")).to_have_text(["Spearman"])
    assert "#" not in page.url
