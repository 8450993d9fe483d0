"""Addresses that nobody would write: settings of every page with values of every wrong kind, twice, empty, by the hundred."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.browser.hostile import HOSTILE
from tests.conftest import ROOT

KIND = "addresses"
PAGES = ("Compare", "Layers", "Attention", "Methods", "Models")
KEYS = (
    "photo", "own", "cnn", "vit", "cnn_method", "vit_method", "cnn_class", "cnn_against", "vit_class", "vit_against",
    "heads", "discard", "depth", "first_layer", "head", "layer", "patch", "hide_cls", "direction", "opacity", "colours",
    "scale", "smooth", "top", "show", "cnn_stage", "cnn_layer", "stage", "side", "reference", "first", "second", "sort",
    "own_scale", "find", "gives", "well_known", "list_page", "cnn_top", "vit_top", "upload", "camera", "use_camera",
    "embed", "embed_options", "nothing", "", "__class__", "0", "pair_Bundled", "got_it", "own_photo",
    "linked_widgets_drawn", "asked_by_the_link", "last_good_models", "photo_origin",
)  # fmt: skip
VALUES = (
    "", " ", "0", "1", "3", "-1", "2.5", "0.51", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "1e-400", "9" *400, "0x10",
    "1_000", "\u0663", "true", "false", "None", "null", "[]", "[1,2]", "{}", '{"a": 1}', "a,b", "max", "min", "mean", "cat",
    "dog", "chelsea", "bundled/cnn", "bundled/vit", "bundled/", "torchvision/", "torchvision/nothing", "hf/", "hf/..",
    "hf/../..", "hf//etc/passwd", "hf/https://evil.example/login", "hf/\x00", "nothing/x", "/", "Attention rollout",
    "Grad-CAM", "CAM", "RISE", "Grad-CAM on tokens", "Red-blue", "rank", "linear", "\ud7ff", "\U0010ffff", "x" *5_000,
    "../../etc/passwd", "'; DROP TABLE x; --", "%00", "%s", "\r\nSet-Cookie: a",
    *(text for text in HOSTILE if text.isprintable() or "\n" in text),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A page, and what its address says: each setting's values in their order."""

    page: str
    query: dict[str, list[str]]

    def __str__(self) -> str:
        return f"/{self.page.lower()}?{urlencode(self.query, doseq=True)}"


def cases(seed: int, count: int) -> Iterator[Case]:
    """The pages take turns."""
    for index in range(count):
        dice = random.Random(f"{seed}-{index}")
        keys = dice.sample(KEYS, dice.choice((1, 1, 2, 3, 8, len(KEYS))))
        query = {key: dice.choices(VALUES, k=dice.choice((1, 1, 1, 2, 3, 40))) for key in keys}
        if dice.random() < 0.05:
            query |= {f"x{number}": [dice.choice(VALUES)] for number in range(500)}
        yield Case(PAGES[index % len(PAGES)], query)


def check(case: Case) -> None:
    """The page comes, with its heading, its photo and its models, and shows no traceback."""
    PagesManager.uses_pages_directory = False  # as serve.py does
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    for key, values in case.query.items():
        app.query_params[key] = values
    if case.page != PAGES[0]:
        app._page_hash = calc_hash(case.page.lower())  # st.navigation's; switch_page knows the older kind of menu alone
    app.run()
    assert not app.exception, [entry.value for entry in app.exception]
    assert len(app.subheader) == 1
    assert {box.key for box in app.selectbox} >= {"photo", "cnn", "vit"}
    assert app.selectbox(key="cnn").value == "bundled/cnn" or "cnn" in case.query
