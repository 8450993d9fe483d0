"""From a pointer that moves over one map to the mark drawn on all three charts, in a real browser."""

from playwright.sync_api import sync_playwright

from benchmarks.timing import Row
from tests import chromium
from tests.conftest import ROOT, serving

FRAME = 1000 / 60  # ms
CELLS = 24
CHARTS = ("left_map", "right_map", "difference")
# Gives each chart of the page as many rows and columns of cells over the same part of the photo.
FINER = """([charts, cells]) => {
    for (const key of charts) {
        const heatmap = document.querySelector(`.st-key-${key} .js-plotly-plot`)._fullData[0];
        const finer = rows => Array.from({ length: cells }, (_, i) => Array.from({ length: cells }, (_, j) =>
            rows[Math.floor(i * rows.length / cells)][Math.floor(j * rows[0].length / cells)]));
        const { z, dx, dy, x0, y0, customdata } = heatmap;
        const [wide, high] = [dx * z[0].length / cells, dy * z.length / cells];
        Object.assign(heatmap, {
            z: finer(z), customdata: finer(customdata), x0: x0 + (wide - dx) / 2, y0: y0 + (high - dy) / 2, dx: wide, dy: high,
        });
    }
}"""
# For each of many places the milliseconds from the event until all marks have their place in the layout, and until the
# browser has painted them, which may wait for up to a frame.
TIMES = """async places => {
    const lens = document.querySelector(".st-key-left_map .linked-lens");
    const { x, y, width, height } = lens.getBoundingClientRect();
    const painted = () => new Promise(done => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(null);
    }));
    const times = [];
    for (let i = 0; i < places; i++) {
        const [right, down] = [(i * 0.37) % 1, (i * 0.61) % 1];
        await painted();
        const begun = performance.now();
        lens.dispatchEvent(new PointerEvent("pointermove", {
            bubbles: true, pointerType: "mouse", clientX: x + width * right, clientY: y + height * down,
        }));
        for (const mark of document.querySelectorAll(".linked-across, .linked-told")) mark.getBoundingClientRect();
        const drawn = performance.now() - begun;
        await painted();
        times.push([drawn, performance.now() - begun]);
    }
    return times;
}"""


def crosshair_row() -> Row:
    """The time until the marks are drawn: the median and what 99 of 100 moves keep within."""
    with (
        serving(ROOT / "streamlit_app.py") as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(url)
        for key in CHARTS:
            page.locator(f".st-key-{key} .linked-lens").wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        page.evaluate(FINER, [CHARTS, CELLS])
        drawn, painted = ([time[i] for time in page.evaluate(TIMES, 300)] for i in (0, 1))
    median, most, shown = (sorted(times)[round(share * 299)] for times, share in ((drawn, 0.5), (drawn, 0.99), (painted, 0.5)))
    return Row(
        f"pointer over a map to its mark drawn on all three, {CELLS} x {CELLS} cells",
        f"{median:.1f} ms median, {most:.1f} ms for 99%; painted {shown:.0f} ms after the event",
        "99% within a frame, 16.7 ms",
        most <= FRAME,
    )
