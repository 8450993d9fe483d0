"""A malformed variable for proxies is a sentence, wherever something would be downloaded."""

import pytest

from dashboard.models.classifier import ModelError
from dashboard.models.proxy import proxy_of
from dashboard.models.zoo import load

HUB = "https://hub.example"
MALFORMED = [
    "http://[::1", "http://proxy:port", "http://proxy:99999", "http://proxy:0", "http://proxy:-1", "ftp://proxy:21", "nonsense://x",
    "http://", "://", "::", "http:proxy:80", "/etc/passwd", "http://a b:1", "http://a\x01:1", "http://proxy:80/path", "[::1",
    "http://user:secret@[::1", "http://evil_\u202e:1", " ",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["https", "http", "all"])
@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_proxy_is_a_sentence(scheme: str, text: str):
    with pytest.raises(
        ModelError, match=rf"variable {scheme.upper()}_PROXY is malformed. Expected http://<host>:<port>.$"
    ) as told:
        proxy_of(HUB, {scheme: text})
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://proxy:3128", ("proxy", 3128)),
        ("http://proxy", ("proxy", 80)),
        ("https://proxy.example/", ("proxy.example", 443)),
        ("proxy:3128", ("proxy", 3128)),
        ("http://user:pass%40word@proxy:3128", ("proxy", 3128)),
        ("http://[::1]:3128", ("::1", 3128)),
        ("http://10.0.0.1:3128", ("10.0.0.1", 3128)),
        ("http://prøxy.example:1", ("prøxy.example", 1)),
    ],
)
def test_a_proxy(text: str, address: tuple[str, int]):
    assert proxy_of(HUB, {"https": text}) == address
    assert proxy_of(HUB, {"all": text}) == address
    assert proxy_of(HUB, {"http": text}) is None
    assert proxy_of(HUB, {"https": "other:1", "all": text}) == ("other", 1)


def test_no_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "hub.example")
    assert proxy_of(HUB, {"https": "proxy:1"}) is None
    assert proxy_of("https://other.example", {"https": "proxy:1"}) == ("proxy", 1)


@pytest.mark.parametrize("key", ["hf/google/vit-base-patch16-224", "torchvision/resnet18"])
@pytest.mark.usefixtures("models")
def test_a_model_behind_a_malformed_proxy(key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://[::1")
    with pytest.raises(ModelError, match="HTTPS_PROXY is malformed"):
        load(key)
