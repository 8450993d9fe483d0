"""Opening pages through Streamlit's own test door."""

import io
import json
import re
from typing import Any

from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.models import fetching
from dashboard.ui.parts.notices import ICON
from dashboard.ui.parts.own_photos import CHOSEN, OWN
from tests.conftest import ROOT

TO_TERMS = re.compile(r"\[([^][]+)\]\(#term-[-\w]+\)")  # links to the glossary, which read as their words


def opened(page: str = "", **query: str | list[str]) -> AppTest:
    """The dashboard at an address, run once; without a page, the first one."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    if not page:
        return healthy(app.run())
    return healthy(app.run().switch_page(f"pages/{page}.py").run())


def downloaded(app: AppTest) -> AppTest:
    """The same after a click on the download that it offers, if it offers one, when that has ended."""
    offers = [button for button in app.button if (button.key or "").startswith("download_")]
    return settled(healthy(offers[0].click().run())) if offers else app


def settled(app: AppTest) -> AppTest:
    """The same when all downloads have ended."""
    for download in list(fetching._under_way.values()):
        assert download.ended.wait(60)
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    """The same, having shown no traceback."""
    assert not app.exception, [entry.value for entry in app.exception]
    return app


def words(app: AppTest) -> str:
    """Everything that the page says."""
    spoken = (*app.markdown, *app.caption, *app.title, *app.error, *app.info, *app.warning)
    return without_terms(" ".join(element.value for element in spoken)).replace("\\", "")


def without_terms(text: str) -> str:
    """A text without its links to the glossary, of which it keeps the words."""
    return TO_TERMS.sub(r"\1", text)


def notices(app: AppTest) -> list[str]:
    """What the page has to say of itself."""
    return [line for box in app.info if box.icon == ICON for line in box.value.replace("\\", "").split("\n\n")]


def uploaded(app: AppTest, name: str = "mine.png", data: bytes = b"") -> AppTest:
    """The same with a photo of one's own, which is chosen."""
    return healthy(app.file_uploader[0].set_value((name, data or png(), "image/png")).run())


def chosen(app: AppTest, photo: str) -> AppTest:
    """The same after a click on a thumbnail, which AppTest can't press: a sample's id, or the name of a photo of one's own."""
    own = {own.name: own.id for own in app.session_state[OWN]} if OWN in app.session_state else {}
    app.session_state[CHOSEN] = own.get(photo)
    if photo not in own:
        app.session_state["photo"] = photo
    if "own" in app.query_params:
        del app.query_params["own"]
    return healthy(app.run())


def png(colour: str = "") -> bytes:
    image = Image.new("RGB", (70, 50), colour) if colour else Image.radial_gradient("L")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def figures(app: AppTest) -> dict[str, dict]:
    """The page's Plotly figures as data, by their key."""
    return {_key(element): json.loads(element.proto.spec) for element in app.get("plotly_chart")}


def components(app: AppTest, name: str) -> dict[str, dict]:
    """What the browser gets for each component of this name, by its key."""
    found = (element for element in app.get("bidi_component") if element.proto.component_name == name)
    return {_key(element): json.loads(element.proto.json) for element in found}


def _key(element: Any) -> str:
    return element.proto.id.rpartition("-")[2]
