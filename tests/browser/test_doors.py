"""Other names, other origins and other sites' frames at a real server, and visitors who come as they should."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doing import open_page, settled
from tests.conftest import ROOT, serving
from tests.ui.pages import png

pytestmark = pytest.mark.browser
SOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
}
PATHS = ["/", "/compare", "/_stcore/health", "/_stcore/host-config", "/media/x.png", "/static/x.js", "/_stcore/upload_file/a/b"]


def answer(served: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of one raw request; a header's name is written with `_` for `-`."""
    parts = urlsplit(served)
    connection = HTTPConnection("127.0.0.1", parts.port, timeout=30)
    sent = {"Host": parts.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        connection.request(method, path, headers=sent)
        got = connection.getresponse()
        return got.status, {name.lower(): value for name, value in got.getheaders()}
    finally:
        connection.close()


def handshake(served: str, **headers: str) -> int:
    """What the server says to a browser's WebSocket: 101 where it may come in."""
    return answer(served, "/_stcore/stream", **SOCKET, **headers)[0]


@contextmanager
def neighbour(folder: Path) -> Iterator[str]:
    """Another port's site: a folder's files."""
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("localhost", 0), partial(quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1", "a@localhost", ""])
def test_another_name_is_turned_away(served: str, host: str):
    assert {answer(served, path, Host=host)[0] for path in PATHS} == {403}
    assert {answer(served, PATHS[-1], method, Host=host)[0] for method in ("PUT", "DELETE", "OPTIONS", "POST")} == {403}
    assert handshake(served, Host=host, Origin=f"http://{host}") == 403
    assert handshake(served, Host=host) == 403


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_own_names(served: str, name: str):
    host = f"{name}:{urlsplit(served).port}"
    assert answer(served, "/", Host=host)[0] == 200
    assert handshake(served, Host=host, Origin=f"http://{host}") == 101


@pytest.mark.parametrize("page", ["http://localhost:9999", "http://127.0.0.1", "http://evil.example", "null", "https://{host}"])
def test_pages_of_another_origin_are_turned_away(served: str, page: str):
    origin = page.format(host=urlsplit(served).netloc)
    assert handshake(served, Origin=origin) == 403
    assert {answer(served, path, Origin=origin)[0] for path in PATHS} == {403}
    assert {answer(served, PATHS[-1], method, Origin=origin)[0] for method in ("PUT", "DELETE", "OPTIONS", "POST")} == {403}
    assert "access-control-allow-origin" not in answer(served, "/_stcore/health", Origin=origin)[1]
    assert handshake(served, Origin=served) == 101


def test_every_answer_says_who_may_frame_it(served: str):
    for path in [*PATHS, "/layers?photo=cat"]:
        headers = answer(served, path)[1]
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_what_the_server_holds_is_told_to_nobody(served: str):
    assert answer(served, "/_stcore/metrics")[0] == 403


def framed(page: Page, site: str, address: str, folder: Path) -> None:
    """Opens a page of another site with the dashboard in a frame."""
    (folder / "index.html").write_text(f"<h1>Neighbour</h1><iframe src='{address}/models' width=900 height=700></iframe>")
    page.goto(site)


def test_another_site_sees_nothing(page: Page, served: str, tmp_path: Path):
    with neighbour(tmp_path) as site:
        refused = []
        page.on("console", lambda message: refused.append(message.text))
        framed(page, site, served, tmp_path)
        page.wait_for_load_state("networkidle")
        assert any("frame-ancestors" in text for text in refused)
        expect(page.frame_locator("iframe").locator(".stApp")).to_have_count(0)
        opened = page.evaluate(
            """address => new Promise(done => {
                const socket = new WebSocket(address.replace("http", "ws") + "/_stcore/stream", ["streamlit"]);
                socket.onopen = () => done("open");
                socket.onerror = () => done("refused");
            })""",
            served,
        )
        assert opened == "refused"
        assert page.evaluate("address => fetch(address).then(() => 'read', () => 'refused')", served) == "refused"


def test_what_the_owner_lets_in(page: Page, tmp_path: Path):
    with neighbour(tmp_path) as site:
        settings = {"DASHBOARD_HOSTS": "app.example.com,*.hf.space", "DASHBOARD_FRAMES": site}
        with serving(ROOT / "streamlit_app.py", "--server.address", "0.0.0.0", **settings) as address:
            for host in ("app.example.com", "my.hf.space", "10.0.0.1"):
                assert answer(address, "/", Host=host)[0] == 200
                assert handshake(address, Host=host, Origin=f"http://{host}") == 101
            assert handshake(address, Host="my.hf.space", Origin="https://my.hf.space") == 101  # by a proxy
            assert handshake(address, Host="my.hf.space", Origin="https://other.hf.space") == 403
            assert answer(address, "/", Host="evil.example")[0] == 403
            framed(page, site, address, tmp_path)
            expect(page.frame_locator("iframe").locator(".stApp")).to_be_visible()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_visitor_looks_uploads_and_downloads(page: Page, served: str, name: str):
    open_page(page, served.replace("localhost", name))
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": png("red")}
    )
    expect(page.get_by_text("red.png, 70 x 50 pixels")).to_be_visible()
    settled(page)  # files are made of what is drawn last
    page.locator(".st-key-downloads button").first.click()
    with page.expect_download() as under_way:
        page.get_by_role("button", name="Settings (JSON)", exact=False).click()
    assert "red.png" in Path(under_way.value.path()).read_text()
