"""Pages, links, the film and the keyboard, as people use them."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doing import (
    CHARTS,
    FILM,
    charts_are_drawn,
    film,
    film_showed,
    go_to,
    in_address,
    open_page,
    pick,
    record_film,
    settled,
    shows,
    slider,
    values,
    wait_for_change,
)
from tests.conftest import ROOT, serving

pytestmark = pytest.mark.browser
TITLES = {
    "compare": "What do two models", "layers": "How does what each model", "attention": "What does one patch look at",
    "methods": "How much does the choice",
    "trust": "Can this map be believed?",
    "known-truth": "Which methods find the truth",
    "models": "Models",
}  # fmt: skip
NAME = "Looking at models"


@pytest.fixture
def sent(page: Page) -> list[object]:
    """The messages that the browser sends to the server."""
    messages: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: messages.append(data)))
    return messages


def test_the_product_s_name_is_in_the_sidebar_and_in_the_tab_of_every_page(page: Page, served: str):
    for path in TITLES:
        page.goto(f"{served}/{path}")
        title = path.capitalize().replace("-", " ")
        expect(page).to_have_title(f"{title} · {NAME}")
        logo = page.get_by_test_id("stSidebar").get_by_test_id("stSidebarLogo")
        expect(logo).to_be_visible()
        drawn = page.evaluate("source => fetch(source).then(answer => answer.text())", logo.get_attribute("src"))
        assert NAME in drawn, "as text"
        marked = page.locator("[data-testid=stSidebarNavLink][aria-current=page]")
        expect(marked).to_contain_text(title)
        assert page.get_by_test_id("stSidebarNavLink").count() == len(TITLES)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["compare", "layers", "methods"])
def test_a_first_visitor_who_follows_a_link_gets_that_page(page: Page, path: str):
    """On a server that nobody has visited yet."""
    with serving(ROOT / "streamlit_app.py") as fresh:
        page.goto(f"{fresh}/{path}?photo=coffee")
        expect(page.get_by_role("heading", name=TITLES[path])).to_be_visible()
        charts_are_drawn(page, path)
        assert page.get_by_text("Page not found").count() == 0
        expect(page.get_by_role("radio", name="Cup of coffee")).to_be_checked()


MARKED = """depth => [".st-key-curves circle.here", ".st-key-depths figure.chosen"].every(query => {
    const [key, ...inner] = query.split(" ");
    const host = [...document.querySelectorAll(`${key} *`)].find(element => element.shadowRoot);
    const found = [...host.shadowRoot.querySelectorAll(inner.join(" "))];
    return found.length && found.every(({ dataset }) => (dataset.depth ?? dataset.value) === `${depth}`);
})"""  # the curves and the small maps mark this depth


def test_play_and_scrub_send_no_message_until_the_film_rests(page: Page, served: str, sent: list):
    open_page(page, served, "layers", "right_depth=1")
    page.wait_for_timeout(1000)
    before, first = len(sent), film(page, "_fullData[0].z.map(row => Array.from(row))")
    page.locator(".st-key-progression .updatemenu-button").first.click()
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 5")
    page.wait_for_function(MARKED, arg=6)
    assert film(page, "_fullData[0].z.map(row => Array.from(row))") != first
    assert len(sent) == before, "playing is the browser's work alone, and so are the marks"
    in_address(page, right_depth=None)  # it rests on the last layer, which is where the slider begins
    before = len(sent)
    rail = page.locator(".st-key-progression .slider-rail-touch-rect").bounding_box()
    page.mouse.move(rail["x"] + rail["width"] - 10, rail["y"] + 8)
    page.mouse.down()
    page.mouse.move(rail["x"] + 2, rail["y"] + 8, steps=12)
    page.mouse.up()
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 0")
    page.wait_for_function(MARKED, arg=1)
    assert film(page, "_fullData[0].z.map(row => Array.from(row))") == first
    assert len(sent) == before, "scrubbing too"
    in_address(page, right_depth="1")
    assert len(sent) > before, "the count itself works"
    expect(slider(page, "right_depth")).to_have_value("1")


def test_the_slider_moves_the_film_without_drawing_it_anew(page: Page, served: str):
    open_page(page, served, "layers", "right_depth=3")
    page.evaluate(f"{FILM}.kept = true")
    slider(page, "right_depth").press("ArrowRight")
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 3")
    page.wait_for_function(MARKED, arg=4)
    assert page.evaluate(f"{FILM}.kept")


# Two keys within one picture of the screen: play must not be lost to the step before it.
STEP_AND_PLAY = """for (const key of ["Home", " "])
    document.querySelector(".st-key-progression").dispatchEvent(new KeyboardEvent("keydown", { key }));
"""


def test_the_film_by_keyboard(page: Page, served: str):
    open_page(page, served, "layers", "right_depth=3")
    page.wait_for_timeout(1000)
    page.locator(".st-key-progression[role=group]").focus()
    for key, layer in (("ArrowRight", 3), ("ArrowRight", 4), ("ArrowLeft", 3), ("End", 5), ("ArrowRight", 5), ("Home", 0)):
        page.keyboard.press(key)
        page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === {layer}")
    page.keyboard.press("Space")
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 5")
    page.wait_for_timeout(200)  # the last layer still has its time
    record_film(page)
    page.evaluate(STEP_AND_PLAY)
    film_showed(page, 5, 0, 1, 2, 3, 4, 5)


def test_the_film_plays_again_after_its_end_and_after_a_scrub(page: Page, served: str):
    open_page(page, served, "layers", "right_depth=1")
    page.wait_for_timeout(1000)
    play, halt = page.locator(".st-key-progression .updatemenu-button").all()
    rail = page.locator(".st-key-progression .slider-rail-touch-rect").bounding_box()
    playing = f"{FILM}._transitionData._animationRaf"
    for _ in range(2):
        record_film(page)
        play.click()
        film_showed(page, 1, 2, 3, 4, 5)
        page.wait_for_function(f"!{playing}")
    page.mouse.click(rail["x"] + 12, rail["y"] + 8)
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 0")
    settled(page)  # the grip moves first, the maps with the screen's next picture, which ends what plays
    record_film(page)
    play.click()
    film_showed(page, 0, 1)
    page.mouse.click(rail["x"] + 12, rail["y"] + 8)
    page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === 0 && !{playing}")
    settled(page)
    record_film(page)
    play.click()
    film_showed(page, 0, 1, 2)
    halt.click()
    page.wait_for_function(f"!{playing}")
    assert film(page, "_fullLayout.sliders[0].active") < 5


@pytest.mark.parametrize(("chart", "place"), [("depths", "figure:nth-child(2) .map"), ("curves", "rect[data-layer='2']")])
def test_a_click_chooses_the_depth_everywhere(page: Page, served: str, chart: str, place: str):
    open_page(page, served, "layers")
    page.locator(f".st-key-{chart} {place}").first.click()
    page.wait_for_function(f"{FILM}?._fullLayout.sliders[0].active === 1")
    page.wait_for_function(MARKED, arg=2)
    in_address(page, right_depth="2")
    go_to(page, "Compare")
    expect(slider(page, "right_depth")).to_have_value("2")


def test_arrow_keys_on_a_curve_choose_the_depth(page: Page, served: str):
    open_page(page, served, "layers", "right_depth=2")
    curve = page.locator(".st-key-curves svg").nth(2)
    curve.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    in_address(page, right_depth="4")
    expect(curve).to_be_focused()
    expect(curve).to_have_attribute("aria-valuenow", "4")
    settled(page)
    page.keyboard.press("ArrowRight")  # after an answer too, one key is one layer
    in_address(page, right_depth="5")
    expect(curve).to_have_attribute("aria-valuenow", "5")


def test_a_click_on_a_choice_sets_fusion_and_discard(page: Page, served: str):
    open_page(page, served, "layers")
    page.locator(".st-key-choices figure[data-value='max 0.9'] .map").click()
    in_address(page, right_heads="max", right_discard="0.9")
    expect(slider(page, "right_discard")).to_have_value("0.9")
    expect(page.locator(".st-key-choices figure.chosen")).to_have_attribute("data-value", "max 0.9")


@pytest.mark.parametrize("width", [390, 1280, 1440, 1920, 2560])
def test_small_maps_are_never_too_small_and_fill_their_rows(page: Page, served: str, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, served, "layers")
    for key, group in (("depths", 6), ("choices", 6), ("by_stage", 3)):
        page.locator(f".st-key-{key} .grid").scroll_into_view_if_needed()
        boxes = page.locator(f".st-key-{key} figure").evaluate_all("all => all.map(e => e.getBoundingClientRect().toJSON())")
        assert min(box["width"] for box in boxes) >= 110
        rows = [sum(box["top"] == top for box in boxes) for top in sorted({box["top"] for box in boxes})]
        assert len(set(rows)) == 1, "no map is alone in a row of many"
        assert group % rows[0] == 0
    fits(page, width)


def test_settings_of_every_page_open_in_a_new_tab(page: Page, served: str):
    open_page(page, served, "layers")
    slider(page, "right_depth").press("ArrowLeft")
    in_address(page, right_depth="5")
    page.locator(".st-key-right_heads button", has_text="min").click()
    in_address(page, right_depth="5", right_heads="min")
    pick(page, "right_head", "3")
    in_address(page, right_depth="5", right_heads="min", right_head="3")
    tab = page.context.new_page()
    tab.goto(page.url)
    charts_are_drawn(tab, "layers")
    attention = "_fullData[1].z.map(row => Array.from(row))"
    page.wait_for_function(f"there => `${{{FILM}?.{attention}}}` === `${{there}}`", arg=film(tab, attention))
    assert film(tab, "_fullLayout.sliders[0].active") == 4


def test_settings_survive_changing_pages_and_back_behaves(page: Page, served: str):
    open_page(page, served, query="photo=rocket")
    before = values(page, "right_map")
    slider(page, "right_discard").press("ArrowLeft")
    compared = wait_for_change(page, "right_map", before)
    in_address(page, right_discard="0.49", photo="rocket")
    go_to(page, "Layers")
    in_address(page, right_discard="0.49", photo="rocket")
    slider(page, "right_depth").press("ArrowLeft")
    in_address(page, right_depth="5")
    go_to(page, "Models")
    in_address(page, right_discard="0.49", photo="rocket", right_depth="5")
    page.locator(".st-key-find input").fill("deit")
    page.keyboard.press("Enter")
    in_address(page, find="deit")
    page.locator(".st-key-load_torchvision-resnet50").wait_for(state="detached")  # Streamlit undoes a Back before the answer
    settled(page)

    page.go_back()
    charts_are_drawn(page, "layers")
    assert urlsplit(page.url).path == "/layers"
    in_address(page, right_discard="0.49", photo="rocket", right_depth="5")
    page.go_back()
    charts_are_drawn(page, "compare")
    assert urlsplit(page.url).path == "/"
    assert "right_depth" not in parse_qs(urlsplit(page.url).query)
    assert values(page, "right_map") == compared
    page.go_forward()
    charts_are_drawn(page, "layers")
    in_address(page, right_depth="5")
    go_to(page, "Compare")
    go_to(page, "Models")
    in_address(page, right_discard="0.49", photo="rocket", right_depth="5")
    assert "find" not in parse_qs(urlsplit(page.url).query), "Back went to before it: every setting is the address's"


@pytest.mark.parametrize("wait", [0, 20, 60])
def test_back_pressed_while_a_page_is_still_coming(page: Page, served: str, wait: int):
    """Whatever page the browser then goes to, the dashboard goes on, and without Streamlit's error box."""
    open_page(page, served, query="photo=rocket")
    go_to(page, "Layers")
    slider(page, "right_depth").press("ArrowLeft")
    in_address(page, right_depth="5")
    page.get_by_role("link", name="Models").first.click()
    page.wait_for_timeout(wait)
    page.go_back()
    page.wait_for_timeout(1000)
    assert page.get_by_role("dialog").count() == 0
    go_to(page, "Layers")
    in_address(page, photo="rocket")
    expect(page.get_by_role("heading", name=TITLES["layers"])).to_be_visible()
    assert page.get_by_role("dialog").count() == 0


def test_copy_link_copies_the_address(page: Page, served: str):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served)
    open_page(page, served, "layers", "right_depth=2")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_typed_model_that_can_not_be_had(page: Page, served: str):
    open_page(page, served, query="photo=coffee")
    before = values(page, "right_map")
    page.locator(".st-key-right input").fill("nowhere/<b>model</b>")
    page.keyboard.press("Enter")
    alert = page.locator("[data-testid=stAlert]")
    expect(alert).to_contain_text("No model is called “nowhere/<b>model</b>”")
    expect(alert).to_contain_text("Keeping the previous model.")
    assert values(page, "right_map") == before
    expect(page.locator(".st-key-right input")).to_have_value(shows("bundled/vit"))
    assert "nowhere" not in page.url, "a reload or a copied link opens what is shown"
    page.get_by_role("button", name="Dismiss").click()
    alert.wait_for(state="detached")


def test_a_first_visit_is_explained_once(page: Page, served: str):
    open_page(page, served)
    told = page.get_by_text("See for yourself")
    expect(told).to_be_visible()
    page.get_by_role("button", name="Got it").click()
    told.wait_for(state="detached")
    page.wait_for_function("document.cookie.includes('welcomed')")
    open_page(page, served, "layers")
    assert told.count() == 0


def test_a_link_made_after_a_change_of_method_opens_with_the_options_on_screen(page: Page, served: str):
    """Two methods have an option of one name and of another default: what was chosen for one is not the other's."""
    page.goto(f"{served}/?photo=coffee&left_method=Smooth Grad-CAM%2B%2B&left_copies=30")
    expect(slider(page, "left_copies")).to_have_value("30")
    for method, copies in (("SmoothGrad", "16"), ("Smooth Grad-CAM++", "8")):
        settled(page)
        pick(page, "left_method", method)
        in_address(page, left_method=method)
        expect(slider(page, "left_copies")).to_have_value(copies)
        page.wait_for_function("!new URLSearchParams(location.search).has('left_copies')")
        tab = page.context.new_page()
        tab.goto(page.url)
        expect(slider(tab, "left_copies")).to_have_value(copies)
        tab.close()


# What a key reaches on each page, by the widgets' keys.
SIDE = {"photos", "upload_0", "use_camera", "pair_1", "pair_2", "left", "right", "opacity", "colours", "scale", "smooth",
        "top", "copy_link", "got_it", "glossary", "tour_begin", "undo"}  # fmt: skip
REACHED = {
    "compare": {"right_heads", "right_discard", "right_depth", "show", "left_class", "left_top", "right_class", "right_top",
                "downloads"},
    "layers": {"right_heads", "right_discard", "right_depth", "right_head", "left_class", "downloads", "progression"},
    "attention": {"patch", "direction", "patch_layer", "patch_head", "patch_heads", "patch_picture", "hide_cls",
                  "left_class", "left_against", "downloads"},
    "methods": {"side", "left_class", "left_against", "sort", "reference", "own_scale", "run_all", "grid", "first", "second",
                "metric", "downloads"},
    "trust": {"right_heads", "right_discard", "left_class", "test", "baseline", "falls", "downloads"},
    "known-truth": {"section", "scenes", "scene", "objects", "trained", "tag", "order", "left_known", "right_known",
                    "run_left_all_known", "left_known_grid", "right_known_grid", "download_scene"},
    "models": {"find", "gives", "well_known", "list_page", "another", "load_another", "unload_bundled-cnn",
               "load_torchvision-resnet50"},
}  # fmt: skip
FOCUSED = """() => {
    const keyed = document.activeElement.closest('[class*=st-key-]');
    const link = document.activeElement.closest('[data-testid=stSidebarNavLink]');
    return link ? link.textContent : keyed ? keyed.className.match(/st-key-([\\w-]+)/)[1] : '';
}"""


@pytest.mark.parametrize("path", TITLES)
def test_the_keyboard_alone_reaches_everything(page: Page, served: str, path: str):
    open_page(page, served, path)
    icons = ("compare", "layers", "grid_on", "grid_view", "fact_check", "shapes", "deployed_code")
    titles = ("Compare", "Layers", "Attention", "Methods", "Trust", "Known truth", "Models")
    wanted = SIDE | REACHED[path] | {icon + title for icon, title in zip(icons, titles, strict=True)}
    reached: set[str] = set()
    for _ in range(330):  # three times round, as what is drawn late on a busy machine is passed by at first
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
        if wanted <= reached:
            break
    assert not wanted - reached


@pytest.mark.parametrize(
    ("path", "kinds", "last"),
    [
        (
            "compare",
            ("left_map", "right_map", "maps", "settings", "report"),
            "chelsea-the-cat_small-resnet-bundled_cam_small-vit-bundled_attention-rollout.html",
        ),
        ("layers", ("layers", "settings"), "chelsea-the-cat_small-resnet-bundled_cam_small-vit-bundled_attention-rollout.json"),
        ("attention", ("attention", "settings"), "chelsea-the-cat_small-vit-bundled.json"),
        ("trust", ("trust", "settings"), "chelsea-the-cat_small-resnet-bundled_cam_small-vit-bundled_attention-rollout.json"),
        ("methods", ("methods", "settings"), "chelsea-the-cat_small-resnet-bundled.json"),
    ],
)
def test_the_keyboard_downloads_a_file(page: Page, served: str, path: str, kinds: tuple[str, ...], last: str):
    open_page(page, served, path)
    page.locator(".st-key-downloads button").focus()
    page.keyboard.press("Enter")
    first = page.locator(f".st-key-download_{kinds[0]}").first
    expect(first).to_be_visible()
    wanted = {f"download_{kind}" for kind in kinds}
    reached: list[str] = []
    while len(reached) < 90 and not wanted <= set(reached):  # Streamlit lays the menu's body behind the page's last widget
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert wanted <= set(reached)
    with page.expect_download() as under_way:
        page.keyboard.press("Enter")
    assert under_way.value.suggested_filename == last
    page.keyboard.press("Escape")
    first.wait_for(state="hidden")


def test_a_class_is_chosen_by_keyboard(page: Page, served: str):
    open_page(page, served)
    before = values(page, "left_map")
    page.locator(".st-key-left_class input").focus()
    page.keyboard.type("ship")
    page.keyboard.press("Enter")
    wait_for_change(page, "left_map", before)
    in_address(page, left_class="ship")


LUMINANCE = """selector => {
    const [r, g, b] = getComputedStyle(document.querySelector(selector.query))[selector.property].match(/[\\d.]+/g).map(v => {
        v = Number(v) / 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""
TEXTS = {
    "compare": ".st-key-left_map .js-plotly-plot text", "layers": ".st-key-progression .js-plotly-plot text",
    "attention": ".st-key-head_grid .js-plotly-plot text", "methods": ".st-key-matrix .xtick text",
    "trust": ".st-key-left_map .js-plotly-plot text", "known-truth": ".st-key-left_known_map .js-plotly-plot text",
    "models": "h2",
}  # fmt: skip


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
@pytest.mark.parametrize("path", TITLES)
def test_every_page_can_be_read(page: Page, served: str, path: str, theme: str, width: int):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, served, path)
    has_contrast(page, path, theme)
    fits(page, width)
    names = page.evaluate("[...document.querySelectorAll('.stPlotlyChart')].map(e => e.getAttribute('aria-label'))")
    assert len(names) == len(CHARTS[path])
    assert all(name and len(name) > 15 for name in names), "every figure has an alternative"


def has_contrast(page: Page, path: str, theme: str) -> None:
    """Contrast of text against the page, of figures too: WCAG's 4.5 to 1, and its 3 to 1 for the figures' quiet ticks."""
    paper = page.evaluate(LUMINANCE, {"query": "[data-testid=stApp]", "property": "backgroundColor"})
    assert (paper > 0.5) == (theme == "light")
    for query, least in (("[data-testid=stMarkdownContainer] p", 4.5), (TEXTS[path], 3)):
        ink = page.evaluate(LUMINANCE, {"query": query, "property": "color" if least > 4 or path == "models" else "fill"})
        low, high = sorted((ink, paper))
        assert (high + 0.05) / (low + 0.05) >= least, query


def fits(page: Page, width: int) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] .stElementContainer')].filter("
        "e => e.offsetWidth && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"
    )
    assert wide == []
