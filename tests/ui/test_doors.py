"""Which names are the server's own, and whose pages may talk to it or frame it."""

import pytest

from dashboard.ui.doors import House, origin_of

HOME = House("localhost", (), (), ())
OPEN = House("0.0.0.0", ("app.example.com", "*.hf.space"), ("https://huggingface.co",), ("https://friend.example:8443",))


@pytest.mark.parametrize(
    ("house", "own", "others"),
    [
        (HOME, ["localhost", "127.0.0.2", "::1"], ["evil.example", "localhost.a.example", "10.0.0.1", "0.0.0.0"]),
        (OPEN, ["localhost", "10.0.0.1", "fe80::1", "app.example.com", "my.hf.space"], ["evil.example", "hf.space"]),
        (House("box.lan", (), (), ()), ["box.lan", "localhost", "127.0.0.1"], ["other.lan", "10.0.0.1"]),
        (House("10.0.0.1", (), (), ()), ["10.0.0.1", "localhost"], ["10.0.0.2", "evil.example"]),
        (House("unix:///run/x", ("app.example.com",), (), ()), ["app.example.com", "localhost"], ["evil.example"]),
        (House("localhost", ("*",), (), ()), ["anything.example", "10.0.0.1"], []),
    ],
)  # fmt: skip
def test_names(house: House, own: list[str], others: list[str]):
    assert [name for name in own if not house.answers_to(name)] == []
    assert [name for name in others if house.answers_to(name)] == []


@pytest.mark.parametrize(
    "host",
    ["", ":80", "a@localhost", "localhost/x", "localhost?x", "localhost#x", "localhost:port", "localhost:99999", "[::1", "a b",
     "\u0131ocalhost", "localhost\t", "localhost,evil.example", "localhost\\@evil.example"],
)  # fmt: skip
def test_a_malformed_host_is_no_name_of_ours(host: str):
    assert (origin := origin_of("http", host)) is None or not HOME.answers_to(origin.name)


@pytest.mark.parametrize("page", ["http://localhost:8501", "http://LOCALHOST:8501"])
def test_own_pages(page: str):
    assert HOME.knows(page, "http", "localhost:8501")


@pytest.mark.parametrize(
    "page",
    [
        "http://localhost:9999", "http://localhost", "https://localhost:8501", "http://127.0.0.1:8501", "http://evil.example",
        "http://localhost:8501.evil.example", "http://localhost:8501@evil.example", "http://evil.example/localhost:8501",
        "null", "", "file://", "localhost:8501", "//localhost:8501", "chrome-extension://x", "http://localhost:8501/",
    ],
)  # fmt: skip
def test_other_pages(page: str):
    assert not HOME.knows(page, "http", "localhost:8501")


def test_default_ports_are_those_of_the_scheme():
    assert HOME.knows("http://localhost", "http", "localhost:80")
    assert HOME.knows("https://localhost:443", "https", "localhost")
    assert not HOME.knows("http://localhost:443", "https", "localhost")


def test_a_listed_name_may_have_a_proxy_that_speaks_https():
    assert OPEN.knows("https://my.hf.space", "http", "my.hf.space")
    assert not OPEN.knows("https://other.hf.space", "http", "my.hf.space")
    assert not OPEN.knows("https://10.0.0.1", "http", "10.0.0.1")  # by its address, but not listed
    assert OPEN.knows("https://friend.example:8443", "http", "my.hf.space")
    assert not OPEN.knows("https://friend.example", "http", "my.hf.space")


def test_frames():
    assert HOME.headers()["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert HOME.headers()["X-Frame-Options"] == "SAMEORIGIN"
    assert OPEN.headers()["Content-Security-Policy"] == "frame-ancestors 'self' https://huggingface.co"
    assert "X-Frame-Options" not in OPEN.headers()  # it can name no other site, and older browsers would obey it
    free = House("localhost", (), ("*",), ()).headers()
    assert "Content-Security-Policy" not in free
    assert "X-Frame-Options" not in free
