"""Charts by depth, by the component alone: rows of the same length, and a scale that can be read, at every width."""

import pytest
from playwright.sync_api import Page

from dashboard.ui.components import joined

pytestmark = pytest.mark.browser
CURVES = [  # the second spans such numbers that a scale in steps of a half would have one of them
    ("Entropy", 0.55, 0.98), ("Gini index", 0.22, 0.84), ("Spearman", -0.1, 0.75), ("Top 20%", 0.1, 0.52),
    ("Distance", 2.2, 3.9), ("Attention entropy", 0.65, 0.86),
]  # fmt: skip
# Draws these charts in boxes of these widths, and gives for each width the charts' upper edges and the numbers at their left.
DRAW = """async ([code, curves, widths]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const draw = (await import(url)).default;
    const parentElement = document.querySelector("#box");
    return widths.map((width) => {
        parentElement.style.width = `${width}px`;
        draw({ data: { curves, alt: "curves", side: "left", depth: 2 }, parentElement, setTriggerValue: () => {} });
        return [...parentElement.querySelectorAll("figure")].map((figure) => [
            Math.round(figure.getBoundingClientRect().top),
            [...figure.querySelectorAll("text.beside")].map((tick) => tick.textContent),
        ]);
    });
}"""


def test_charts_stand_in_even_rows_and_each_scale_has_two_numbers(page: Page):
    page.set_viewport_size({"width": 2400, "height": 1400})
    styles = f"<style>body {{ margin: 0 }} {joined('curves', 'css')}</style>"
    page.set_content(f'{styles}<div id="box"><div class="curves"></div></div>')
    curves = [{"title": title, "values": [low, high, high], "chance": [None] * 3, "term": ""} for title, low, high in CURVES]
    widths = (358, 560, 904, 1040, 1900)
    lengths = []
    for charts in page.evaluate(DRAW, [joined("curves", "js"), curves, widths]):
        tops = [top for top, _ in charts]
        lengths.append([tops.count(top) for top in sorted(set(tops))])
        assert all(len(ticks) > 1 for _, ticks in charts), charts
    assert lengths == [[2, 2, 2], [3, 3], [3, 3], [6], [6]]
