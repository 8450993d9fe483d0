"""Figures by the page's own menu: the format and the size that a person chooses are those of the file."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.doing import open_page, pick, settled

pytestmark = pytest.mark.browser
BEGINS = {"PDF": b"%PDF-", "SVG": b"<?xml", "PNG": b"\x89PNG\r\n\x1a\n"}


def words_of(form: str, data: bytes) -> str:
    """What a figure says where a search finds it."""
    if form == "PDF":
        (page,) = PdfReader(io.BytesIO(data)).pages
        return " ".join(page.extract_text().split())
    return data.decode() if form == "SVG" else Image.open(io.BytesIO(data)).text["settings"]


@pytest.mark.parametrize("path", ["compare", "layers", "attention", "methods"])
def test_a_figure_comes_in_the_format_that_was_chosen(page: Page, served: str, path: str):
    open_page(page, served, path, "photo=coffee")
    for form in ("SVG", "PNG", "PDF") if path == "compare" else ("PDF",):
        page.locator(".st-key-downloads button").first.click()
        if form != "PDF" or path == "compare":
            pick(page, "figure_format", form)
        button = page.get_by_role("button", name=f"Figure ({form})")
        expect(button).to_be_visible()
        settled(page)
        with page.expect_download() as under_way:
            button.click()
        data = Path(under_way.value.path()).read_bytes()
        assert under_way.value.suggested_filename.endswith(f".{form.lower()}")
        assert under_way.value.suggested_filename.startswith("cup-of-coffee_")
        assert data.startswith(BEGINS[form])
        words = words_of(form, data)
        assert "Small ViT (bundled)" in words or path == "methods"
        assert "Cup of coffee" in words
        assert "Rachel Michetti, CC0" in words, "who the photo is by"
        page.keyboard.press("Escape")
        button.wait_for(state="hidden")


def test_a_png_has_the_width_and_the_dots_that_were_chosen(page: Page, served: str):
    open_page(page, served, "compare", "photo=coffee")
    page.locator(".st-key-downloads button").first.click()
    pick(page, "figure_format", "PNG")
    pick(page, "figure_width", "One column (89 mm)")
    pick(page, "figure_dpi", "600")
    settled(page)
    with page.expect_download() as under_way:
        page.get_by_role("button", name="Figure (PNG)").click()
    with Image.open(under_way.value.path()) as image:
        assert image.width == pytest.approx(89 / 25.4 * 600, abs=1)
        assert image.info["dpi"][0] == pytest.approx(600, abs=0.1)
