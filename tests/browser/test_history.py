"""Undo, redo and reset, and what Back does: as people use them, by buttons and keys."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.doing import charts_are_drawn, go_to, in_address, open_page, settled, slider, values, wait_for_change
from tests.ui.pages import png

pytestmark = pytest.mark.browser
SAYS = "wanted => [...new URLSearchParams(location.search)].map(pair => pair.join('=')).sort().join('&') === wanted"


def button(page: Page, name: str) -> Locator:
    return page.locator(".st-key-undo").get_by_role("button", name=name, exact=True)


def address_is(page: Page, settings: str) -> None:
    """Waits until the address holds these settings and no others, sorted, and the page shows them."""
    page.wait_for_function(SAYS, arg=settings)
    settled(page)


def type_model(page: Page, slot: str, name: str) -> None:
    page.locator(f".st-key-{slot} input").click()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def step(page: Page, key: str, discard: str) -> None:
    """Moves the slider of the discard ratio by one step."""
    slider(page, "right_discard").press(key)
    in_address(page, right_discard=discard)


def test_undo_and_redo_by_buttons(page: Page, served: str):
    open_page(page, served, query="photo=rocket")
    for name in ("Undo", "Redo", "Reset"):
        expect(button(page, name)).to_be_disabled()
    first = values(page, "right_map")
    page.locator(".st-key-right_heads button", has_text="min").click()
    second = wait_for_change(page, "right_map", first)
    page.locator(".st-key-left_top button").nth(1).click()  # the server puts a clicked class into the address
    page.wait_for_function("location.search.includes('left_class')")
    settled(page)
    with_class = page.evaluate("location.search.slice(1).split('&').sort().join('&')")

    button(page, "Undo").click()
    address_is(page, "photo=rocket&right_heads=min")
    expect(button(page, "Undo")).to_have_attribute("title", "Undo: right heads (Ctrl+Z)")
    button(page, "Undo").click()
    address_is(page, "photo=rocket")
    assert wait_for_change(page, "right_map", second) == first
    expect(page.locator(".st-key-undo [role=status]")).to_have_text("Undone: right heads")
    expect(button(page, "Undo")).to_be_disabled()
    for _ in range(2):
        button(page, "Redo").click()
    address_is(page, with_class)
    assert wait_for_change(page, "right_map", first) == second
    expect(button(page, "Redo")).to_be_disabled()


SLOW_CLOCK = "const now = performance.now.bind(performance); performance.now = () => now() / 50"


def test_quick_steps_of_one_slider_are_one_change(page: Page, served: str):
    page.add_init_script(SLOW_CLOCK)  # steps are quick to the page, however slow the machine is
    open_page(page, served)
    page.locator(".st-key-right_heads button", has_text="min").click()
    in_address(page, right_heads="min")
    thumb = slider(page, "right_discard")
    for _ in range(5):
        thumb.press("ArrowRight")
    in_address(page, right_discard="0.55")
    page.keyboard.press("Control+z")  # while the slider has the focus
    address_is(page, "right_heads=min")
    expect(thumb).to_have_value("0.5")
    page.keyboard.press("Control+z")
    address_is(page, "")
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    address_is(page, "right_discard=0.55&right_heads=min")
    expect(thumb).to_have_value("0.55")


def test_quick_changes_of_two_settings_are_two(page: Page, served: str):
    open_page(page, served)
    slider(page, "right_discard").press("ArrowRight")
    page.locator(".st-key-right_heads button", has_text="max").click()
    address_is(page, "right_discard=0.51&right_heads=max")
    button(page, "Undo").click()
    address_is(page, "right_discard=0.51")
    button(page, "Undo").click()
    address_is(page, "")


def test_back_leaves_the_page_and_brings_it_back_as_it_was_left(page: Page, served: str):
    open_page(page, served)
    for discard in ("0.51", "0.52", "0.53"):
        step(page, "ArrowRight", discard)
    go_to(page, "Layers")
    slider(page, "right_depth").press("ArrowLeft")
    in_address(page, right_depth="5")
    button(page, "Undo").click()
    address_is(page, "right_discard=0.53")

    page.go_back()  # no setting is gone through, nor what was undone
    charts_are_drawn(page, "compare")
    assert urlsplit(page.url).path == "/"
    address_is(page, "right_discard=0.53")
    tab = page.context.new_page()
    open_page(tab, served, query="right_discard=0.53")
    assert values(page, "right_map") == values(tab, "right_map")
    tab.close()
    page.go_forward()
    charts_are_drawn(page, "layers")
    address_is(page, "right_discard=0.53")
    button(page, "Redo").click()  # coming and going changed no setting, so what was undone can still be redone
    address_is(page, "right_depth=5&right_discard=0.53")


def test_what_back_took_can_be_undone(page: Page, served: str):
    """Back shows a page with the settings of then; those chosen since are not lost by it."""
    open_page(page, served)
    go_to(page, "Layers")
    slider(page, "right_depth").press("ArrowLeft")
    in_address(page, right_depth="5")
    page.go_back()
    charts_are_drawn(page, "compare")
    address_is(page, "")
    page.keyboard.press("Control+z")
    address_is(page, "right_depth=5")
    assert urlsplit(page.url).path == "/", "undo changes settings, never the page"
    expect(slider(page, "right_depth")).to_have_value("5")


def test_undo_after_a_change_of_page_stays_on_the_page(page: Page, served: str):
    open_page(page, served, "attention")
    page.locator(".st-key-hide_cls label").click()
    in_address(page, hide_cls="true")
    go_to(page, "Compare")
    expect(button(page, "Undo")).to_have_attribute("title", "Undo: hide cls (Ctrl+Z)")
    button(page, "Undo").click()
    address_is(page, "")
    assert urlsplit(page.url).path == "/"
    go_to(page, "Attention")
    expect(page.locator(".st-key-hide_cls input")).not_to_be_checked()


def test_reset_leaves_photo_and_models_and_can_be_undone(page: Page, served: str):
    open_page(page, served, query="photo=rocket&left=bundled/vit&opacity=0.3&right_discard=0.7&right_heads=min&patch=3")
    before = values(page, "right_map")
    button(page, "Reset").click()
    address_is(page, "left=bundled/vit&photo=rocket")
    first = wait_for_change(page, "right_map", before)
    expect(slider(page, "opacity")).to_have_value("0.6")
    expect(button(page, "Reset")).to_be_disabled()
    button(page, "Undo").click()
    address_is(page, "left=bundled/vit&opacity=0.3&patch=3&photo=rocket&right_discard=0.7&right_heads=min")
    assert wait_for_change(page, "right_map", first) == before


def test_a_model_that_does_not_open_is_no_step_and_one_that_does_is_one(page: Page, served: str):
    open_page(page, served, query="left_method=Grad-CAM%2B%2B")
    type_model(page, "left", "torchvision/nowhere")
    expect(page.get_by_role("alert").filter(has_text="Keeping the previous model")).to_be_visible()
    address_is(page, "left_method=Grad-CAM++")
    expect(button(page, "Undo")).to_be_disabled()
    type_model(page, "left", "bundled/vit")
    address_is(page, "left=bundled/vit")  # with its own first method
    expect(button(page, "Undo")).to_have_attribute("title", "Undo: left method and left model (Ctrl+Z)")
    page.keyboard.press("Control+z")  # the box has the focus, but its list is closed
    address_is(page, "left_method=Grad-CAM++")
    expect(page.locator(".st-key-left_method input")).to_have_value("Grad-CAM++")


def test_the_keys_are_left_to_a_field_that_is_typed_in(page: Page, served: str):
    open_page(page, served, "models", "opacity=0.3")
    slider(page, "opacity").press("ArrowRight")
    in_address(page, opacity="0.35")
    page.locator(".st-key-another input").click()
    page.keyboard.type("hf/mine")
    page.keyboard.press("Control+z")
    expect(page.locator(".st-key-another input")).to_have_value("")
    address_is(page, "opacity=0.35")


def test_a_photo_of_ones_own_stays(page: Page, served: str):
    open_page(page, served)
    page.locator("input[type=file]").first.set_input_files({"name": "ours.png", "mimeType": "image/png", "buffer": png()})
    expect(page.get_by_text("256 x 256 pixels")).to_be_visible()
    settled(page)
    own = values(page, "right_map")
    slider(page, "right_discard").press("ArrowRight")
    changed = wait_for_change(page, "right_map", own)
    button(page, "Undo").click()
    assert wait_for_change(page, "right_map", changed) == own
    button(page, "Redo").click()
    in_address(page, right_discard="0.51")
    button(page, "Reset").click()
    address_is(page, "")
    assert wait_for_change(page, "right_map", changed) == own


def test_a_reload_keeps_the_steps_and_another_tab_has_its_own(page: Page, served: str):
    open_page(page, served)
    step(page, "ArrowRight", "0.51")
    tab = page.context.new_page()
    open_page(tab, served, query=urlsplit(page.url).query)
    expect(button(tab, "Undo")).to_be_disabled()
    page.reload()
    charts_are_drawn(page, "compare")
    button(page, "Undo").click()
    address_is(page, "")
    expect(slider(page, "right_discard")).to_have_value("0.5")
    assert urlsplit(tab.url).query == "right_discard=0.51"
    open_page(page, served, query="right_discard=0.7")  # another link in this tab starts anew
    expect(button(page, "Undo")).to_be_disabled()
    expect(button(page, "Redo")).to_be_disabled()
