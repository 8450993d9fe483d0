"""What a person who listens to a page, or sees little of it, gets: axe-core's findings, headings, and names of controls."""

import re
from collections import Counter
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.conftest import ROOT

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"
CONTROLS = ("button", "combobox", "slider", "radiogroup", "switch", "checkbox", "textbox", "searchbox", "spinbutton")
# Colour, opacity with that of all around it, and words of each text in a drawing, those of components too. Numbers on coloured
# cells are left to tests/figures/test_methods.py.
CHART_TEXTS = """() => {
    const found = [];
    const opacity = each => {
        let whole = 1;
        for (; each; each = each.parentNode ?? each.host) if (each.nodeType === 1) whole *= getComputedStyle(each).opacity;
        return whole;
    };
    const look = root => {
        for (const each of root.querySelectorAll("*")) {
            if (each.shadowRoot) look(each.shadowRoot);
            if (each.localName !== "text" || !each.textContent.trim() || each.closest(".textpoint")) continue;
            if (each.checkVisibility()) found.push([getComputedStyle(each).fill, opacity(each), each.textContent]);
        }
    };
    look(document);
    return found;
}"""
SPOKEN = """() => !document.querySelector(
    '[aria-label*="](#term-"], [class*="st-key-row_"] button:not([aria-label]):not([aria-labelledby]), '
    + '[role=presentation][aria-label]')"""
# whether the script that says what Streamlit doesn't has been here since the page was drawn
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
    page.wait_for_function(SPOKEN)
    page.evaluate(CALM)  # a change of theme fades from one colour to the other
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:200]} ({' '.join((node['failureSummary'] or '').split())[:300]})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def pale_texts(page: Page) -> list[str]:
    """The texts of charts whose contrast with the page is below 4.5 to 1, which WCAG 2.2 asks for in 1.4.3."""
    ground = _parts(page.evaluate(GROUND))[:3]
    return [
        text
        for colour, opacity, text in page.evaluate(CHART_TEXTS)
        if _contrast(_luminance(_seen(_parts(colour), opacity, ground)), _luminance(ground)) < 4.5
    ]


def _parts(colour: str) -> list[float]:
    """Red, green and blue, 0 to 255, of "rgb(r, g, b)"; of "rgba(r, g, b, a)" the opacity too."""
    return [float(part) for part in re.findall(r"[\d.]+", colour)]


def _seen(colour: list[float], opacity: float, ground: list[float]) -> list[float]:
    """A colour as it is seen over the ground: the two mixed by its opacity."""
    opacity *= colour[3] if len(colour) > 3 else 1
    return [opacity * part + (1 - opacity) * under for part, under in zip(colour, ground, strict=False)]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: list[float]) -> float:
    """The relative luminance of red, green and blue, 0 to 1, as WCAG 2.2 defines it."""
    parts = [part / 255 for part in colour[:3]]
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
