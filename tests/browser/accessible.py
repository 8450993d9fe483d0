"""What a person who listens to a page, or sees little of it, gets: axe-core's findings, headings, and names of controls."""

import re
from collections import Counter
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.conftest import ROOT

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"
CONTROLS = ("combobox", "slider", "radiogroup", "switch", "checkbox", "textbox", "searchbox", "spinbutton")
CHART_TEXTS = """[...document.querySelectorAll('.js-plotly-plot text')].filter(each => each.textContent.trim())
    .filter(each => !each.closest('.textpoint')) // numbers on coloured cells: tests/figures/test_methods.py
    .map(each => [getComputedStyle(each).fill, each.textContent])"""
CALM = """Promise.all(document.getAnimations().filter(each => each.effect.getComputedTiming().endTime < Infinity)
    .map(each => each.finished.catch(() => null)))"""
GROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
OUTLINE = """[...document.querySelectorAll('h1, h2, h3, h4, h5, h6, [role=heading]')]
    .map(each => [Number(each.ariaLevel ?? each.tagName[1]), each.textContent])"""


@cache
def _script() -> str:
    if not AXE.exists():
        raise FileNotFoundError(f"{AXE} is missing: `make test` installs it, by `npm ci --prefix tools`")
    return AXE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, one line for each element."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(_script())
    page.evaluate(CALM)  # a change of theme fades from one colour to the other
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:200]} ({' '.join((node['failureSummary'] or '').split())[:300]})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def pale_texts(page: Page) -> list[str]:
    """The texts of charts whose contrast with the page is below 4.5 to 1, which WCAG 2.2 asks for in 1.4.3."""
    ground = _luminance(page.evaluate(GROUND))
    return [text for colour, text in page.evaluate(CHART_TEXTS) if _contrast(_luminance(colour), ground) < 4.5]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: str) -> float:
    """The relative luminance of "rgb(r, g, b)", 0 to 1, as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def headings(page: Page) -> list[tuple[int, str]]:
    """Level and text of each heading, in order."""
    return [(level, text) for level, text in page.evaluate(OUTLINE)]


def controls(page: Page) -> Counter[tuple[str, str]]:
    """How often each pair of role and spoken name comes among the page's controls."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return Counter((role, _told(node, "name")) for node in nodes if (role := _told(node, "role")) in CONTROLS)


def _told(node: dict[str, Any], what: str) -> str:
    return "" if node.get("ignored") else node.get(what, {}).get("value", "")
