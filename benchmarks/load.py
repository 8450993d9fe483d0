"""Many people at once, in real browsers: each gets the maps they would get alone, memory levels off, and nobody waits long."""

import asyncio
import io
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, ViewportSize, async_playwright
from transformers import ViTImageProcessor

from benchmarks.models import models_folder, vit_b16
from benchmarks.timing import Row, report
from dashboard.evidence import AttentionMaps
from dashboard.explain import explain, read
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models.classifier import Classifier, Observation
from dashboard.models.zoo import load
from dashboard.numerics.rollout import Fusion
from dashboard.photo import SAMPLES, open_photo, sample_photo
from dashboard.studies.layers import HEADS
from tests import chromium
from tests.browser.doing import NUMBERS
from tests.conftest import ROOT, serving

SCRIPT = ROOT / "streamlit_app.py"
WIDE: ViewportSize = {"width": 1280, "height": 900}
MEGABYTE = 1024**2
PATIENCE = 60_000  # milliseconds that a browser waits for anything on a page
SLIDER = ".st-key-right_discard input[type=range], .st-key-right_discard [role=slider]"
SLOW_METHODS = {"left": {"left_method": "SS-CAM", "left_copies": 40}, "right": {"right_method": "RISE", "right_masks": 4000}}
# Milliseconds from the next key (or from now) until the map holds these numbers, as the visitor's own page counts them.
ANSWER = f"""([key, expected, pressed]) => new Promise((done, failed) => {{
    const numbers = {NUMBERS};
    const near = (a, b) => Math.abs(a - b) <= 1e-4 * Math.abs(b) + 1e-9;
    const same = shown => shown.length === expected.length &&
        shown.every((row, i) => row.length === expected[i].length && row.every((value, j) => near(value, expected[i][j])));
    function watch() {{
        const started = performance.now();
        (function look() {{
            const shown = numbers(key);
            if (shown && same(JSON.parse(shown))) done(performance.now() - started);
            else if (performance.now() - started > 30000) failed(new Error(`${{key}} is not what one visitor gets`));
            else setTimeout(look, 5);
        }})();
    }}
    pressed ? addEventListener("keydown", watch, {{ once: true, capture: true }}) : watch();
}})"""


CHANGED = f"([key, before]) => {{ const now = ({NUMBERS})(key); return now && now !== before; }}"
# Milliseconds from the next key until a map becomes any other.
NEXT = f"""([key, before]) => new Promise(done => addEventListener("keydown", () => {{
    const started = performance.now(), changed = {CHANGED};
    (function look() {{
        changed([key, before]) ? done(performance.now() - started) : setTimeout(look, 5);
    }})();
}}, {{ once: true, capture: true }}))"""


@dataclass
class Found:
    """What all visitors saw: milliseconds per answer, and every trouble."""

    answers: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def jpeg(index: int) -> bytes:
    """A photo that no other index gives: a part of a sample, turned and tinted."""
    chance = random.Random(index)
    image = sample_photo(list(SAMPLES)[index % len(SAMPLES)]).image
    left, top = chance.randrange(image.width // 3), chance.randrange(image.height // 3)
    part = image.crop((left, top, left + image.width // 2, top + image.height // 2)).rotate(chance.choice([0, 90, 180, 270]))
    stream = io.BytesIO()
    Image.blend(part, Image.new("RGB", part.size, tuple(chance.randrange(256) for _ in range(3))), 0.15).save(stream, "JPEG")
    return stream.getvalue()


async def upload(page: Page, index: int) -> None:
    """Hands in the photo with this number, from the side bar."""
    file: FilePayload = {"name": f"{index}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(index)}
    await page.locator(".st-key-upload input[type=file]").set_input_files(file)


async def opened(browser: Browser, url: str, found: Found, maps: Sequence[str] = ("left_map", "right_map")) -> Page:
    """Opens the compare page for a visitor with their own cookies, and waits for these maps; errors are noted in `found`."""
    context = await browser.new_context(viewport=WIDE)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: found.troubles.append(str(error)))
    await page.goto(url)
    for key in maps:
        await page.locator(f".st-key-{key} .heatmaplayer").first.wait_for(state="attached")
    return page


@dataclass
class Visitor:
    """A visitor with their own photo and settings; `percent` is their discard ratio."""

    index: int
    page: Page
    seen: Observation[AttentionMaps]
    heads: Fusion
    depth: int
    percent: int

    def expects(self) -> list[list[float]]:
        """What they would see if they were alone."""
        return read(self.seen, "bundled/vit", AttentionRollout(self.heads, self.percent / 100, self.depth)).heatmap.tolist()


async def arrive(browser: Browser, address: str, index: int, found: Found) -> Visitor:
    """Opens the page by a link with settings, hands in a photo, and waits for both maps of it."""
    chance = random.Random(index)
    heads, depth, percent = chance.choice(HEADS), chance.randint(1, 6), chance.randint(1, 97)
    page = await opened(browser, f"{address}/?{urlencode({'heads': heads, 'depth': depth, 'discard': percent / 100})}", found)
    photo = open_photo(jpeg(index), "")
    visitor = Visitor(index, page, model("bundled/vit").observe(photo, AttentionMaps), heads, depth, percent)
    await upload(page, index)
    cam = explain(photo, model("bundled/cnn"), ClassActivationMap()).heatmap.tolist()
    await page.evaluate(ANSWER, ["left_map", cam, False])
    await page.evaluate(ANSWER, ["right_map", visitor.expects(), False])
    return visitor


async def drag(visitor: Visitor, until: float, found: Found, think: float) -> None:
    """A key on the discard slider every `think` seconds or so; every map has to be the one that is expected."""
    chance, page, step = random.Random(visitor.index), visitor.page, 1
    while time.monotonic() < until:
        await asyncio.sleep(think * chance.uniform(0.5, 1.5))
        step = 1 if visitor.percent < 2 else -1 if visitor.percent > 97 else step
        before = visitor.expects()
        visitor.percent += step
        taken = await pressed(page, "ArrowRight" if step > 0 else "ArrowLeft", ANSWER, ["right_map", visitor.expects(), True])
        if visitor.expects() != before:  # else there was nothing to wait for
            found.answers.append(taken)
    if await page.locator("[data-testid=stException], [data-testid=stAlert]").count():
        found.troubles.append(f"visitor {visitor.index} was shown an error")


@cache
def model(key: str) -> Classifier:
    """A model loaded in this process, apart from the server's."""
    return load(key)


async def pressed(page: Page, key: str, watch: str, arguments: list[object]) -> float:
    """Presses a key on the discard slider; gives the milliseconds that `watch` counts."""
    await page.locator(SLIDER).first.focus()
    await page.evaluate(f"arguments => {{ window.answer = ({watch})(arguments); }}", arguments)
    await page.keyboard.press(key)
    return await page.evaluate("window.answer")


async def many(address: str, visitors: int, seconds: float, think: float) -> Found:
    """Visitors at once, for so long; every map is compared with what one visitor alone gets.

    Raises:
        playwright.Error: a visitor got a wrong map.
    """
    found = Found()
    async with browsing() as browser:
        here = await asyncio.gather(*(arrive(browser, address, index, found) for index in range(visitors)))
        until = time.monotonic() + seconds
        await asyncio.gather(*(drag(visitor, until, found, think) for visitor in here))
    return found


async def one_after_another(address: str, key: str, photos: int, memory: Callable[[], int]) -> list[int]:
    """The server's memory after each of so many different photos, in bytes."""
    found, used = Found(), []
    async with browsing() as browser:
        page = await opened(browser, f"{address}/?{urlencode({'right': key})}", found)
        for index in range(photos):
            before = await page.evaluate(NUMBERS, "right_map")
            await upload(page, index)
            await page.wait_for_function(CHANGED, arg=["right_map", before])
            used.append(memory())
        await page.goto(f"{address}/models")
        await page.get_by_text("Evidence kept").wait_for()
        print(await page.get_by_text("Evidence kept").inner_text())
    assert not found.troubles, found.troubles
    return used


async def beside_a_slow_load(address: str, key: str) -> tuple[list[float], list[float]]:
    """Milliseconds per answer of one visitor's slider: undisturbed, and while another opens a large model."""
    found = Found()
    async with browsing() as browser:
        page, other = [await opened(browser, address, found) for _ in range(2)]
        quiet, before = await answers_until(page, asyncio.sleep(6)), await other.evaluate(NUMBERS, "right_map")
        await other.locator(".st-key-right input").fill(key)
        await other.keyboard.press("Enter")
        opening = other.wait_for_function(CHANGED, arg=["right_map", before], timeout=5 * PATIENCE)
        return quiet, await answers_until(page, opening)


async def answers_until(page: Page, event: Awaitable[object]) -> list[float]:
    """Presses the slider's keys again and again until an event has happened; an error of the event is raised here."""
    happened, taken, turn = asyncio.ensure_future(event), [], 0
    while not happened.done():
        before = await page.evaluate(NUMBERS, "right_map")
        taken.append(await pressed(page, "ArrowLeft" if turn % 2 else "ArrowRight", NEXT, ["right_map", before]))
        turn += 1
    await happened
    return taken


async def start() -> tuple[float, float]:
    """Seconds from the command to the page's shell, and to both maps."""
    async with browsing() as browser:
        page = await browser.new_page(viewport=WIDE)
        begun = time.monotonic()
        with serving(SCRIPT) as address:
            await page.goto(address)
            await page.locator("[data-testid=stApp]").wait_for()
            shell = time.monotonic() - begun
            for key in ("left_map", "right_map"):
                await page.locator(f".st-key-{key} .heatmaplayer").first.wait_for(state="attached", timeout=PATIENCE)
            return shell, time.monotonic() - begun


async def asks_slowly(browser: Browser, address: str, index: int, found: Found) -> Page:
    """Opens a visitor's page with their own photo and starts a method of thousands of passes.

    The page then draws nothing more: real visitors' browsers run on their own machines, and twenty here would slow the server.
    """
    side, other = ("left", "right") if index % 2 else ("right", "left")
    page = await opened(browser, f"{address}/?{urlencode(SLOW_METHODS[side])}", found, [f"{other}_map"])
    before = await page.evaluate(NUMBERS, f"{other}_map")
    await upload(page, index)
    await page.wait_for_function(CHANGED, arg=[f"{other}_map", before])
    await page.locator(f".st-key-run_{side} button").click()
    await page.get_by_test_id("stProgress").wait_for()
    await page.add_style_tag(content="body { display: none }")
    return page


@dataclass
class Beside:
    """Milliseconds that a visitor waits beside others' slow methods: `photos` to a new photo's maps, `slider` to a new map.

    `alone` is the slider's time before any slow method started, `under_way` the number of slow methods that ran to the end of
    the measurement, `after_leaving` the time until the server was idle after their visitors had left.
    """

    photos: list[float]
    alone: list[float]
    slider: list[float]
    under_way: int
    after_leaving: float


async def beside_slow_methods(address: str, visitors: int, photos: int, work: Callable[[], float]) -> Beside:
    """One visitor among so many who run slow methods; `work` gives the seconds that the server has worked so far."""
    found = Found()
    async with browsing() as browser:
        page = await opened(browser, address, found)
        alone = await answers_until(page, asyncio.sleep(6))
        slow = [await asks_slowly(browser, address, index, found) for index in range(visitors)]
        news = [await new_photo(page, visitors + index) for index in range(photos)]
        slider = await answers_until(page, asyncio.sleep(12))
        under_way = sum([await other.get_by_test_id("stProgress").count() for other in slow])
        for other in slow:
            await other.context.close()
        left = time.monotonic()
        await idle(work)
        after = 1000 * (time.monotonic() - left)
    assert not found.troubles, found.troubles
    return Beside(news, alone, slider, under_way, after)


async def new_photo(page: Page, index: int) -> float:
    """Milliseconds from handing in a photo to both of its maps."""
    before = {key: await page.evaluate(NUMBERS, key) for key in ("left_map", "right_map")}
    started = time.monotonic()
    await upload(page, index)
    for key, shown in before.items():
        await page.wait_for_function(CHANGED, arg=[key, shown])
    return 1000 * (time.monotonic() - started)


async def with_large_files(address: str, files: Sequence[bytes], memory: Callable[[], int]) -> tuple[int, int]:
    """Bytes by which the server grows when visitors upload these files at once: at most, and when all have their maps."""
    found, used = Found(), []
    async with browsing() as browser:
        pages = [await opened(browser, address, found) for _ in files]
        before = memory()

        async def hand_in(page: Page, data: bytes) -> None:
            shown = await page.evaluate(NUMBERS, "right_map")
            file: FilePayload = {"name": "large.png", "mimeType": "image/png", "buffer": data}
            await page.locator(".st-key-upload input[type=file]").set_input_files(file)
            await page.wait_for_function(CHANGED, arg=["right_map", shown], timeout=10 * PATIENCE)

        async def watched() -> None:
            while True:
                used.append(memory())
                await asyncio.sleep(0.05)

        watching = asyncio.ensure_future(watched())
        await asyncio.gather(*(hand_in(page, data) for page, data in zip(pages, files, strict=True)))
        watching.cancel()
        await asyncio.sleep(2)
        after = memory()
    assert not found.troubles, found.troubles
    return max(used) - before, after - before


def large_png(index: int, side: int = 7000) -> bytes:
    """A file of about 150 kB with 49 megapixels: a few rectangles, others for each index."""
    chance = random.Random(index)
    image = Image.new("RGB", (side, side), tuple(chance.randrange(256) for _ in range(3)))
    for _ in range(12):
        left, top = chance.randrange(side), chance.randrange(side)
        corners = (left, top, left + chance.randrange(1, side // 2), top + chance.randrange(1, side // 2))
        image.paste(tuple(chance.randrange(256) for _ in range(3)), corners)
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


async def idle(work: Callable[[], float], window: float = 0.3, share: float = 0.1) -> None:
    """Waits until the server works for less than `share` of a window of time, in seconds; that window counts too."""
    while True:
        before = work()
        await asyncio.sleep(window)
        if work() - before < share * window:
            return


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser for as long as the block lasts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@contextmanager
def large_model() -> Iterator[str]:
    """The key of a ViT-B/16 with random weights, below a folder that DASHBOARD_MODELS names."""
    with models_folder() as folder:
        vit_b16().save_pretrained(folder / "vit-b16")
        ViTImageProcessor().save_pretrained(folder / "vit-b16")
        yield "hf/vit-b16"


def resident(process: int) -> int:
    """Bytes that a process holds in memory."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def worked(process: int) -> float:
    """Seconds that a process has worked, in all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd_rows(visitors: int = 16, seconds: float = 120, think: float = 2) -> list[Row]:
    """Sixteen at once for two minutes."""
    with serving(SCRIPT) as address:
        found = asyncio.run(many(address, visitors, seconds, think))
    middle, late = statistics.median(found.answers), statistics.quantiles(found.answers, n=20)[-1]
    count = len(found.answers)
    return [
        Row(
            f"{visitors} browsers at once for {seconds:.0f} s, each a key every {think:g} s or so: slider to map",
            f"{middle:.0f} ms median, {late:.0f} ms for 95% ({count} answers)",
            "median at most 1000 ms",
            middle <= 1000,
        ),
        Row(
            "the same: maps unlike one visitor's alone, or errors",
            f"{len(found.troubles)} of {count}",
            "none",
            not found.troubles,
        ),
    ]


def memory_row(photos: int = 300) -> Row:
    """Evidence of a ViT-B/16 takes 22 MB a photo: 300 photos are 6.7 GB."""
    with large_model() as key:
        server = serving(SCRIPT)
        with server as address:
            used = asyncio.run(one_after_another(address, key, photos, lambda: resident(server.process.pid)))
    first, second, last = (max(used[start : start + photos // 3]) / MEGABYTE for start in range(0, photos, photos // 3))
    return Row(
        f"{photos} photos through a ViT-B/16: the server's memory at most, in thirds",
        f"{first:.0f}, {second:.0f}, {last:.0f} MB",
        "last third at most 1.05 x the second",
        last <= 1.05 * second,
    )


def neighbour_rows(visitors: int = 20, photos: int = 10) -> list[Row]:
    """Somebody brings new photos while twenty others run slow methods, who then leave."""
    server = serving(SCRIPT)
    with server as address:
        beside = asyncio.run(beside_slow_methods(address, visitors, photos, lambda: worked(server.process.pid)))
    assert beside.under_way == visitors, f"{visitors - beside.under_way} slow methods ended too soon to be beside anything"
    most, middle = max(beside.photos), statistics.median(beside.photos)
    alone, slider, late = statistics.median(beside.alone), statistics.median(beside.slider), max(beside.slider)
    return [
        Row(
            f"a new photo to both maps beside {visitors} visitors' slow methods (their pages draw nothing), bundled pair",
            f"{most:.0f} ms at most, {middle:.0f} ms median ({len(beside.photos)} photos)",
            "at most 3000 ms",
            most <= 3000,
        ),
        Row(
            "slider to map beside the same",
            f"{slider:.0f} ms median, {late:.0f} ms at most ({len(beside.slider)} answers); {slider / alone:.1f} x the "
            f"{alone:.0f} ms before any had started",
            "median at most 300 ms",
            slider <= 300,
        ),
        Row(
            "until the server is idle when all of those have left",
            f"{beside.after_leaving:.0f} ms",
            "at most 2000 ms",
            beside.after_leaving <= 2000,
        ),
    ]


def file_rows(visitors: int = 24) -> list[Row]:
    """Small files of many pixels: the server keeps files, and the pixels that the next pass needs."""
    server, files = serving(SCRIPT), [large_png(index) for index in range(visitors)]
    with server as address:
        most, after = asyncio.run(with_large_files(address, files, lambda: resident(server.process.pid)))
    return [
        Row(
            f"{visitors} visitors hand in PNGs of 49 megapixels at once: the server grows by",
            f"{after / MEGABYTE:.0f} MB when all have their maps, {most / MEGABYTE:.0f} MB at most on the way",
            "less than 1000 MB when all have their maps",
            after < 1000 * MEGABYTE,
        )
    ]


def slow_load_row() -> Row:
    """Somebody opens a ViT-B/16 while another drags."""
    with large_model() as key, serving(SCRIPT) as address:
        quiet, beside = asyncio.run(beside_a_slow_load(address, key))
    usual, middle, most = statistics.median(quiet), statistics.median(beside), max(beside)
    return Row(
        "slider to map while another visitor opens a ViT-B/16",
        f"{most:.0f} ms at most, {middle:.0f} ms median, {usual:.0f} ms undisturbed ({len(beside)} answers)",
        "at most 500 ms longer",
        most - usual <= 500,
    )


def start_rows(rounds: int = 5) -> list[Row]:
    """From the command that `make run` gives to the first visitor's maps."""
    times = [asyncio.run(start()) for _ in range(rounds)]
    shell, maps = (statistics.median(column) for column in zip(*times, strict=True))
    return [
        Row("`make run` on an installed machine to the page's shell", f"{shell:.1f} s", "at most 3 s", shell <= 3),
        Row("the same to both maps", f"{maps:.1f} s", "at most 12 s", maps <= 12),
    ]


ROWS: dict[str, Callable[[], list[Row]]] = {
    "start": start_rows,
    "crowd": crowd_rows,
    "neighbours": neighbour_rows,
    "files": file_rows,
    "load": lambda: [slow_load_row()],
    "memory": lambda: [memory_row()],
}


def main() -> int:
    """All rows, or those that the command line names, which then leave the README as it is."""
    unknown = set(sys.argv[1:]) - set(ROWS)
    if unknown:
        sys.exit(f"expected some of {', '.join(ROWS)}, got {', '.join(sorted(unknown))}")
    if not sys.argv[1:]:
        report("Load", "make load", [row for make in ROWS.values() for row in make()])
    for name in sys.argv[1:]:
        print(*ROWS[name](), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
