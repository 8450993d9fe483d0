"""Downloads: from a hub on this machine, whole, cut off, and with nobody there. Half a file is never used."""

import io
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants, file_download
from torchvision.models import squeezenet1_1

from dashboard.models import downloads
from dashboard.models.classifier import ModelError
from dashboard.models.downloads import is_whole, require_network
from dashboard.models.zoo import load
from tests.models.hub import serving_hub
from tests.models.tiny import FAMILIES, save

ID = "hf/lab/model"


@pytest.fixture
def offline() -> None:
    """Here the network is this machine's own."""


@pytest.fixture
def on_hub(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    return save(FAMILIES["vit"].build(), folder)


@pytest.fixture
def to_hub(models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setattr(file_download.time, "sleep", lambda seconds: None)
    return lambda address: monkeypatch.setattr(constants, "ENDPOINT", address) or _no_env_endpoint(monkeypatch, address)


def _no_env_endpoint(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")


def test_a_hub_model_is_downloaded_once(on_hub: Path, to_hub):
    said = []
    with serving_hub(on_hub) as address:
        to_hub(address)
        model = load(ID, said.append)
    assert model.source == "Hugging Face hub"
    assert any("Downloading lab/model" in line for line in said)
    again = load(ID)  # the hub is gone now
    assert again.labels == model.labels


def test_a_download_cut_off_is_said_and_not_used(on_hub: Path, to_hub):
    with serving_hub(on_hub, cut_off=".safetensors") as address:
        to_hub(address)
        with pytest.raises(ModelError, match="can't be had"):
            load(ID)
    with pytest.raises(ModelError, match="not on this machine"):
        load(ID)
    with serving_hub(on_hub) as address:
        to_hub(address)
        assert load(ID).labels


def test_an_unknown_id(on_hub: Path, to_hub):
    with serving_hub(on_hub) as address:
        to_hub(address)
        with pytest.raises(ModelError, match="nobody/none is not on the Hugging Face hub"):
            load("hf/nobody/none")


def test_a_repository_of_pickles(on_hub: Path, to_hub):
    (on_hub / "model.safetensors").rename(on_hub / "pytorch_model.bin")
    with serving_hub(on_hub) as address:
        to_hub(address)
        with pytest.raises(ModelError, match="no safetensors"):
            load(ID)


@pytest.mark.parametrize("missing", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_what_lacks_a_file_is_not_whole(missing: str, on_hub: Path):
    assert is_whole(on_hub)
    (on_hub / missing).unlink()
    assert not is_whole(on_hub)


def test_every_shard_counts(tmp_path: Path):
    model = FAMILIES["vit"].build()
    save(model, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    model.save_pretrained(tmp_path, max_shard_size="10KB")
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 2
    assert is_whole(tmp_path)
    shards[1].unlink()
    assert not is_whole(tmp_path)


class Served(io.BytesIO):
    """What urllib's open gives."""

    headers = {"Content-Length": "5000000"}  # noqa: RUF012

    def info(self):
        return type("Info", (), {"get_all": lambda self, name: None, "getheaders": lambda self, name: []})()


def test_a_torchvision_file_cut_off_is_not_kept(models: Path, monkeypatch: pytest.MonkeyPatch):
    whole = io.BytesIO()
    torch.save(squeezenet1_1().state_dict(), whole)
    monkeypatch.setattr(downloads, "require_network", lambda url, title: None)
    monkeypatch.setattr(torch.hub, "urlopen", lambda *_, **__: Served(whole.getvalue()[:100_000]))
    with pytest.raises(ModelError, match="could not be downloaded whole, and no part of it is kept"):
        load("torchvision/squeezenet1_1")
    assert not [file for file in Path(torch.hub.get_dir()).rglob("*") if file.is_file()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE", 0.05)


def test_a_name_server_that_never_answers(impatient: None, monkeypatch: pytest.MonkeyPatch):
    enough = threading.Event()

    def silent(*_: object, **__: object) -> None:
        enough.wait(30)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(ModelError, match=r"example\.org can't be reached"):
        require_network("https://example.org", "It")
    enough.set()


def test_a_host_that_never_answers(impatient: None):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(ModelError, match="can't be reached"):
            require_network(f"http://127.0.0.1:{full.getsockname()[1]}", "It")
        for one in waiting:
            one.close()


def test_a_proxy_that_is_gone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 can't be reached"):
        require_network("https://example.org", "It")


def test_somebody_is_there(on_hub: Path):
    with serving_hub(on_hub) as address:
        require_network(address, "It")
