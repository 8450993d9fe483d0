"""Several pages open at once: one slow method for each visitor, and none for those who have left."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import PATIENCE

pytestmark = pytest.mark.browser
LONG = "photo={}&left_method=SS-CAM&left_copies=40"  # 10,240 passes
WAITS = "Waiting for the methods that another page of yours is running."


def started(context: BrowserContext, served: str, photo: str) -> Page:
    """A page of this visitor's on which a method of thousands of passes is asked for."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{served}/?{LONG.format(photo)}")
    button = page.locator(".st-key-run_left button")
    expect(button).to_contain_text("Run: 10,240 passes")
    page.locator("[data-test-script-state=notRunning]").first.wait_for(state="attached")
    button.click()
    return page


@pytest.mark.slow
def test_a_visitor_has_one_slow_method_under_way_and_what_they_leave_stops(browser: Browser, served: str):
    visitor, neighbour = browser.new_context(), browser.new_context()
    first = started(visitor, served, "coffee")
    expect(first.get_by_test_id("stProgress")).to_contain_text(" left")
    second = started(visitor, served, "rocket")
    expect(second.get_by_test_id("stProgress")).to_contain_text(WAITS)
    other = started(neighbour, served, "astronaut")
    expect(other.get_by_test_id("stProgress")).to_contain_text(" left")  # whose turn comes beside the first
    expect(second.get_by_test_id("stProgress")).to_contain_text(WAITS)
    first.close()
    expect(second.get_by_test_id("stProgress")).to_contain_text(" left")
    visitor.close()
    neighbour.close()
