"""Every page for people who listen to it, use keys, or see little: in both themes, on a desk and on a phone."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import SPOKEN, controls, findings, headings, pale_texts
from tests.browser.doing import charts_are_drawn, open_page, settled

pytestmark = pytest.mark.browser
PAGES = ["compare", "layers", "attention", "methods", "trust", "known-truth", "models"]
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
        if size is PHONE:
            expect(page.locator(OPENS_SIDEBAR)).to_be_visible()
            assert findings(page) == []  # the page itself, which an open sidebar would cover
            page.locator(OPENS_SIDEBAR).click()
            page.get_by_role("link", name="Models").wait_for()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(SHOWS, arg=theme)
            assert findings(page) == [], (size, theme)
            assert pale_texts(page) == [], (size, theme)


@pytest.mark.parametrize("path", PAGES)
def test_headings_are_in_order_and_no_two_controls_have_the_same_name(page: Page, served: str, path: str):
    open_page(page, served, path)
    levels = [level for level, _ in headings(page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), headings(page)
    page.wait_for_function(SPOKEN)
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


def test_a_term_followed_before_the_glossary_is_there_opens_as_soon_as_it_is(page: Page, served: str):
    page.goto(f"{served}/#term-token")
    expect(page.get_by_role("dialog", name="Glossary").locator(".asked dt")).to_have_text("Token")
    settled(page)
    assert "#" not in page.url


STOPS = """() => {
    const stops = {};
    for (const link of document.querySelectorAll('a[href^="#term-"]'))
        if (link.checkVisibility()) stops[link.hash] = (stops[link.hash] ?? 0) + (link.tabIndex === 0);
    return stops;
}"""  # by term: at how many of its links the Tab key stops
TERMS = {  # of each page: where a term stands, and what the glossary then opens at
    "compare": [
        (".st-key-right_discard label", "Discard ratio"), (".st-key-right_depth label", "Layer depth"),
        (".st-key-right_heads label", "Head fusion"), (".st-key-maps p", "Class activation map"),
        ("p", "Top prediction"), ("[data-testid=stMetricLabel]", "Spearman"),
    ],
    "layers": [
        (".st-key-right_head label", "Attention head"), (".st-key-curves figcaption", "Gini index"),
        ("[data-testid=stCaptionContainer]", "Raw attention"), ("p", "Layer depth"),
    ],
    "attention": [
        (".st-key-patch label", "Patch"), (".st-key-patch_layer label", "Layer"), (".st-key-hide_cls label", "Class token"),
        ("[data-testid=stCaptionContainer]", "Entropy"),
    ],
    "methods": [("[data-testid=stCaptionContainer]", "Spearman"), (".st-key-top label", "Top cells")],
    "trust": [(".st-key-right_discard label", "Discard ratio"), ("li", "Spearman")],
    "known-truth": [(".st-key-left_known label", "CNN"), ("[data-testid=stCaptionContainer]", "Intersection over union")],
    "models": [("p", "Score-CAM"), ("p", "Attention rollout")],
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_terms_of_labels_titles_and_captions_open_the_glossary(page: Page, served: str, path: str):
    """The first of each page by its keys, the others by the mouse."""
    open_page(page, served, path)
    dialog = page.get_by_role("dialog", name="Glossary")
    for number, (place, term) in enumerate(TERMS[path]):
        link = page.locator(f"{place} a[href='#term-{term.lower().replace(' ', '-')}']").first
        if number:
            link.click()
        else:
            link.focus()
            page.keyboard.press("Enter")
        expect(dialog.locator(".asked dt")).to_have_text(term)
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    assert not [name for _, name in controls(page) if "#term" in name], "what is said is the words alone"
    stops = page.evaluate(STOPS)
    assert stops
    assert set(stops.values()) == {1}, "the Tab key stops once for each term"


@pytest.mark.parametrize(
    ("path", "chart", "text", "term"),
    [
        ("compare", "left_map", "CAM, evidence for cat", "Class activation map"),
        ("methods", "matrix", "Smooth Grad-CAM++", "Smooth Grad-CAM++"),
        ("attention", "head_summary", "mean entropy", "Entropy"),
    ],
)
def test_a_click_on_a_charts_text_opens_the_glossary(page: Page, served: str, path: str, chart: str, text: str, term: str):
    open_page(page, served, path)
    place = page.locator(f".st-key-{chart} text", has_text=text).last
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("dialog", name="Glossary").locator(".asked dt")).to_have_text(term)
