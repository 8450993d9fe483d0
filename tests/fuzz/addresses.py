"""Addresses that no page has made: settings twice, empty, endless, of other pages, of the wrong kind, or of no kind at all."""

import dataclasses
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote

from streamlit.runtime.state.query_params import CLIENT_STATE_QUERY_STRING_MAX_FIELDS
from streamlit.testing.v1 import AppTest

from dashboard.methods import METHODS
from dashboard.ui.parts.links import DRAWN, LONGEST
from dashboard.ui.parts.model_picker import KEEPING
from dashboard.ui.parts.notices import ICON
from dashboard.ui.parts.photo_picker import LINK
from tests.browser.hostile import HOSTILE
from tests.conftest import ROOT

KIND = "addresses"
TITLES = {
    "Compare": "What do two models look at in the same photo?",
    "Layers": "How does what each model looks at build up, layer by layer?",
    "Attention": "What does one patch look at, and who looks at it?",
    "Methods": "How much does the choice of method matter?",
    "Trust": "Can this map be believed?",
    "Known truth": "Which methods find the truth where it is known?",
    "Models": "Models",
}
NUMBERS = (
    "0", "-0", "1", "-1", "2", "3", "7", "0.5", "0.61", ".5", "5.", "1e3", "1e999", "-1e999", "1e-400", "nan", "NaN", "-nan",
    "inf", "-inf", "Infinity", "9" * 30, "-" + "9" * 30, "9" * 5000, str(2**31), str(2**63 - 1), str(2**63), "0x10", "1_000",
    "１２", "٣", "1,5", "1/2", "½", "--1", "+1", " 1 ", "1;2", "12:30", "2020-01-01", "2020-01-01T12:30",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "\n", "true", "TRUE", "false", "yes", "on", "None", "null", "undefined", "[]", "{}", "[1]", '{"a": 1}',
    "all", "fused", "\0", "a\0b", "é", "e\u0301", "猫", "🐈", "\ufeff", "\u202e", "\u2028", "\uffff", "x" * 2000, "%s", "{0}",
    "../" * 20, "/etc/passwd", "C:\\con", "file:///etc/passwd", "hf/../x", "hf/a/b", "hf/" + "a" * 500, "bundled/",
    "bundled/vit", "bundled/cnn", "BUNDLED/CNN", "torchvision/resnet50", "torchvision/__init__", "embed", "__class__",
    "hf/google/vit-base-patch16-224", "'; --", "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "0" * 64,
)  # fmt: skip
RAW = (
    "%ED%A0%80",
    "%ED%BF%BF",
    "%00",
    "%",
    "%zz",
    "%u0041",
    "%C3",
    "%FF%FE",
    "%25%30%30",
    "+",
    "%0D%0ASet-Cookie:a=b",
    "%F4%90%80%80",
)
STRANGE_KEYS = (
    "", " ", "embed", "embed_options", "EMBED",
    "own_photos", "own_chosen", "tab_returned", "share_photo", "photo_step",
    "upload", "camera", "use_camera", "welcome", "\0",
    "猫", "__proto__", "constructor", "x" * 2000, "cnn ", "CNN", "cnn[]", "cnn.a", "pair_ImageNet", "place_of_notices", DRAWN,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One page's title and the address's query, as it is typed."""

    page: str
    query: str

    def __str__(self) -> str:
        return f"{self.page}?{self.query}"


def followed(page: str, query: str = "") -> AppTest:
    """A page after a visitor has followed a link to it, and has seen no other before."""
    app = _first_page()
    app._registered_pages = _pages()  # else Streamlit's test door takes a page's script for the whole dashboard
    app.query_params.update(parse_qs(query, keep_blank_values=True))
    return app.switch_page(f"pages/{page.title().replace(' ', '_')}.py").run()


def _first_page() -> AppTest:
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)


@cache
def _pages() -> dict[str, Any]:
    return _first_page().run()._registered_pages


@cache
def settings() -> dict[str, tuple[str, ...]]:
    """Every setting of every page, and the options that it has at first, if it has any."""
    found: dict[str, tuple[str, ...]] = {LINK: ()}
    for method in METHODS:
        for field in dataclasses.fields(method):
            found |= dict.fromkeys((field.name, f"cnn_{field.name}", f"left_{field.name}", f"right_{field.name}"), ())
    for page in TITLES:
        app = followed(page)
        found |= dict.fromkeys(app.session_state[DRAWN], ())
        for box in (*app.selectbox, *app.segmented_control):
            found[box.key] = tuple(box.options)
    return dict(sorted(found.items()))


def cases(seed: int, count: int) -> Iterator[Case]:
    """The pages in turn, each at an address that was put together from one to a dozen hostile settings, or from hundreds."""
    for index in range(count):
        dice = random.Random(f"{seed}-{index}")
        few = dice.choice([1, 1, 2, 3, 6, 12])
        pairs = [pair for _ in range(few) for pair in _setting(dice)]
        if dice.random() < 0.03:
            pairs += [pair for _ in range(dice.choice([200, 1200])) for pair in _setting(dice)]
        dice.shuffle(pairs)
        yield Case(list(TITLES)[index % len(TITLES)], "&".join(pairs))


def check(case: Case) -> None:
    """The page is there, with a sentence at most about a model that does not open, its boxes hold what they can hold, and
    what is left in the address says each setting once."""
    app = followed(case.page, case.query)
    assert not app.exception, [entry.value for entry in app.exception]
    assert [title.value for title in app.title][:1] == [TITLES[case.page]]
    assert [error.value for error in app.error if not error.value.endswith(KEEPING)] == []
    assert not app.warning
    assert sum(box.icon == ICON for box in app.info) <= 1
    for box in app.selectbox:
        assert box.format_func(box.value) in box.options, box.key
    for choice in app.segmented_control:
        assert choice.formatted_values[0] in choice.options, choice.key
    for slider in app.slider:
        assert slider.min <= slider.value <= slider.max, slider.key
    if case.query.count("&") >= CLIENT_STATE_QUERY_STRING_MAX_FIELDS:
        return  # Streamlit reads nothing of such an address, and leaves it as it is
    for key, value in app.query_params.items():
        if not key.lower().startswith("embed"):
            assert isinstance(value, str), key
            assert 0 < len(value) <= LONGEST, key


def _setting(dice: random.Random) -> list[str]:
    """One setting, once or several times, as in an address."""
    known = settings()
    key = dice.choice(list(known)) if dice.random() < 0.9 else dice.choice(STRANGE_KEYS)
    values = dice.choices(MAKERS, k=dice.choice([1, 1, 1, 2, 3]))
    return [f"{quote(key)}={make(dice, known.get(key, ()))}" if make else quote(key) for make in values]


def _option(dice: random.Random, own: tuple[str, ...]) -> str:
    """One of its own, or of another's."""
    others = [option for options in settings().values() for option in options]
    return quote(dice.choice(own if own and dice.random() < 0.7 else others))


MAKERS: tuple[Callable[[random.Random, tuple[str, ...]], str] | None, ...] = (
    _option, _option,
    lambda dice, _: quote(dice.choice(NUMBERS)), lambda dice, _: quote(dice.choice(NUMBERS)),
    lambda dice, _: quote(dice.choice(WORDS)), lambda dice, _: quote(dice.choice(WORDS)),
    lambda dice, _: quote(dice.choice(HOSTILE), errors="surrogatepass"),
    lambda dice, _: dice.choice(RAW),
    lambda *_: "", None,
)  # fmt: skip
