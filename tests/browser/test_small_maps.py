"""Small maps in rows, by the component alone: at every width, and for as many maps as there may be methods."""

import base64
import struct

import pytest
from playwright.sync_api import Page

from dashboard.ui.components import joined

pytestmark = pytest.mark.browser
WIDTHS = (288, 343, 358, 420, 500, 560, 640, 768, 900, 1040, 1300, 1520, 1900, 2200)  # pixels
# Draws these maps in boxes of all these widths, and gives for each width the left and upper edge and the width of each map.
DRAW = """async ([code, maps, least, ratio, widths]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    window.grid ??= (await import(url)).default;
    const box = document.querySelector("#box");
    const palettes = { grey: btoa(String.fromCharCode(...Array(3 * 256).fill(99))) };
    const data = { maps, alt: "maps", opacity: 0.6, photo: "data:,", ratio, palettes, least, opens: true, depthOf: "" };
    return widths.map((width) => {
        box.style.width = `${width}px`;
        window.grid({ data, parentElement: box, setTriggerValue: () => {} });
        return [...box.querySelectorAll("figure")].map((figure) => {
            const { left, top, width } = figure.getBoundingClientRect();
            return [left, Math.round(top), width];
        });
    });
}"""


@pytest.fixture
def paper(page: Page) -> Page:
    """A page with an empty grid."""
    page.set_viewport_size({"width": 2400, "height": 800})
    page.set_content(
        f"<style>body {{ margin: 0 }} {joined('map_grid', 'css')}</style>"
        '<div id="box"><div class="grid"></div><div class="waiting"></div></div>'
    )
    return page


def small(number: int, group: str = "") -> dict:
    painted = {
        "rows": 1, "columns": 1, "shades": base64.b64encode(b"\x05").decode(), "colours": "grey", "ring": "", "flat": False,
        "values": base64.b64encode(struct.pack("<f", 0.5)).decode(),
    }  # fmt: skip
    return {
        "name": f"Method {number}", "notes": ["1 pass"], "more": "", "place": "", "value": f"{group}{number}", "chosen": False,
        "group": group, "painted": painted, "laid": {"unseen": [], "box": [0, 0, 100, 100]},
    }  # fmt: skip


def rows(page: Page, maps: list[dict], least: int, ratio: float, *widths: int) -> list[list[list[float]]]:
    """For each width the widths of the maps in each row."""
    drawn = page.evaluate(DRAW, [joined("map_grid", "js"), maps, least, ratio, widths])
    found = []
    for width, places in zip(widths, drawn, strict=True):
        by_row: dict[int, list[float]] = {}
        for left, top, wide in places:
            assert 0 <= left <= left + wide <= width + 0.5
            by_row.setdefault(top, []).append(wide)
        found.append(list(by_row.values()))
    return found


@pytest.mark.parametrize(("least", "ratio"), [(140, 1.5), (110, 1.5), (140, 0.6), (140, 3.5)])
def test_no_map_is_alone_in_the_last_row(paper: Page, least: int, ratio: float):
    for count in range(2, 28):
        maps = [small(number) for number in range(count)]
        for width, found in zip(WIDTHS, rows(paper, maps, least, ratio, *WIDTHS), strict=True):
            assert sum(map(len, found)) == count
            below_each_other = max(map(len, found)) == 1
            assert below_each_other or len(found[-1]) > 1, (count, width, found)
            assert width < 2 * least + 12 or not below_each_other or ratio > 2, (count, width)
            assert min(map(min, found)) >= min(100, width), (count, width)
            assert len({len(row) for row in found[1:-1]}) <= 1, "even rows"


def test_groups_are_each_without_one_alone(paper: Page):
    """Where two fit beside each other, seven maps have one left over: the first of each group takes a row."""
    maps = [small(number, group) for group in ("mean", "max") for number in range(7)]
    (found,) = rows(paper, maps, 140, 1.5, 358)
    assert [len(row) for row in found] == [1, 2, 2, 2, 1, 2, 2, 2]
