"""Text from outside is text, whatever Streamlit's renderer would make of it: in a real browser, in every kind of place."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.ui.parts.text import visible
from tests.browser.doing import open_page, settled
from tests.browser.hostile import HOSTILE
from tests.conftest import ROOT, serving
from tests.ui.pages import png

pytestmark = pytest.mark.browser
MORE_THAN_TEXT = (
    "a, h1, h2, h3, h4, h5, h6, img, ul, ol, li, table, blockquote, pre, em, del, hr, br, script, sup, .katex, [role=img], "
    "input[disabled], .stMarkdownColoredBackground, .stMarkdownBadge, .stMarkdownShimmer"
)
CASES = f"""Array.from({{length: {len(HOSTILE)}}}, (_, number) => {{
    const place = document.querySelector(`.st-key-case_${{number}}`);
    const parts = [...place.querySelectorAll('[data-testid=stMarkdownContainer]')];
    return {{
        texts: parts.map(part => part.textContent),
        more: parts.flatMap(part => [...part.querySelectorAll('{MORE_THAN_TEXT}')].map(one => one.outerHTML)),
    }};
}})"""


def test_text_from_outside_is_text_in_every_place(page: Page):
    with serving(ROOT / "tests" / "browser" / "every_place.py") as address:
        page.goto(address)
        page.locator(f".st-key-pills_{len(HOSTILE) - 1} button").wait_for()
        settled(page)
        for text, case in zip(HOSTILE, page.evaluate(CASES), strict=True):
            # The line break before a line's second time is the page's own.
            assert [markup for markup in case["more"] if markup != "<br>"] == [], text
            told = [each for each in case["texts"] if each != "Label"]  # the label above the pills
            assert len(told) == 9, text
            assert [each for each in told if visible(text) not in each] == []


@pytest.mark.parametrize("path", ["", "layers", "attention", "methods", "trust", "known-truth", "models"])
def test_a_hostile_link_and_a_hostile_name_add_nothing_to_a_page(page: Page, served: str, path: str):
    evil = "https%3A%2F%2Fevil.example%2Flogin"
    models = f"left=bundled/cnn&left=&right=hf/{evil}"
    query = f"{models}&right_class={evil}&left_class=%23%20x&left_method={evil}&photo={evil}&find=%3Ch1%3Ex"
    open_page(page, served, path, query)
    name = "www.evil.example ![x](https:evil.example) <h1>x.png"
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": png("red")}
    )
    expect(page.get_by_text("70 x 50 pixels")).to_be_visible()
    settled(page)
    expect(page.get_by_text("evil.example").first).to_be_visible()
    expect(page.locator("a[href*=evil], img[src*=evil], [data-testid=stException]")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)  # the page's own
