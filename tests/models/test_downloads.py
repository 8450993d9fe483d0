"""Downloads: from a host on this machine, whole, cut off, left, too large, and with nobody there. Half a file is never used."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

from dashboard.models import downloads, fetching
from dashboard.models.classifier import ModelError
from dashboard.models.downloads import is_whole, require_network
from dashboard.models.families import torchvision
from dashboard.models.families.bundled import BUNDLED
from dashboard.models.fetching import PART, Download, start
from dashboard.models.zoo import load, on_this_machine, start_download, title_of
from dashboard.numbers import in_megabytes
from tests.models.hub import Hub, serving_hub
from tests.models.tiny import FAMILIES, save

ID, SQUEEZENET = "hf/lab/model", "torchvision/squeezenet1_1"


@pytest.fixture
def offline() -> None:
    """Here the network is this machine's own."""


@pytest.fixture
def on_hub(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    return save(FAMILIES["vit"].build(), folder)


@pytest.fixture
def to_hub(models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Hub], None]:
    def point(hub: Hub) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)

    return point


@pytest.fixture(scope="module")
def squeezenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights as torchvision's host has them, its hash in its name."""
    folder = tmp_path_factory.mktemp("torchvision")
    file = folder / "whole"
    torch.save(squeezenet1_1().state_dict(), file)
    return file.rename(folder / f"squeezenet1_1-{sha256(file.read_bytes()).hexdigest()[:8]}.pth")


@pytest.fixture
def to_torchvision(models: Path, squeezenet: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Hub], None]:
    weights = SqueezeNet1_1_Weights.DEFAULT.value
    return lambda hub: monkeypatch.setattr(
        torchvision, "_weights", lambda name: replace(weights, url=f"{hub.address}/{squeezenet.name}")
    )


def parts(models: Path) -> list[Path]:
    return list(models.parent.rglob(f"*{PART}"))


def test_a_hub_model_is_downloaded_once(on_hub: Path, to_hub):
    said = []
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        assert not on_this_machine(ID)
        model = load(ID, said.append)
    assert model.source == "Hugging Face hub"
    assert any("Downloading lab/model" in line for line in said)
    assert on_this_machine(ID)
    again = load(ID)  # the hub is gone now
    assert again.labels == model.labels


def test_a_download_cut_off_is_said_not_used_and_gone_on_with(on_hub: Path, to_hub, models: Path):
    weights = on_hub / "model.safetensors"
    with serving_hub(on_hub, cut_off=".safetensors") as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="could not be downloaded whole") as told:
            load(ID)
    assert str(models.parent) not in str(told.value)
    assert not on_this_machine(ID)
    with pytest.raises(ModelError, match="can't be reached"):
        load(ID)
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        assert load(ID).labels
        assert (f"bytes={weights.stat().st_size // 2}-") in [range_ for _, range_ in hub.asked]
        assert hub.count("config.json") == 0, "what came whole is not asked for again"
    assert not parts(models)


def test_a_hub_that_tells_no_sizes(on_hub: Path, to_hub):
    with serving_hub(on_hub, sizes=False) as hub:
        to_hub(hub)
        assert load(ID).labels


def test_two_who_ask_at_once_share_one_download_and_keep_nobody_waiting(on_hub: Path, to_hub):
    said = {1: threading.Event(), 2: threading.Event()}
    with serving_hub(on_hub, slow=".safetensors") as hub, ThreadPoolExecutor() as people:
        to_hub(hub)
        loads = [people.submit(load, ID, lambda line, who=who: said[who].set()) for who in said]
        assert all(one.wait(30) for one in said.values())
        assert load("bundled/cnn").labels, "meanwhile another model loads"
        assert not any(each.done() for each in loads)
        hub.more(10_000)
        assert {each.result(60).key for each in loads} == {ID}
    assert hub.count(".safetensors") == 1


def test_both_are_told_why_it_did_not_come(on_hub: Path, to_hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "STALLED", 0.5)
    with serving_hub(on_hub, slow=".safetensors") as hub, ThreadPoolExecutor() as people:
        to_hub(hub)
        for each in [people.submit(load, ID) for _ in range(2)]:
            with pytest.raises(ModelError, match="no byte came"):
                each.result(30)
        assert hub.count(".safetensors") == 1


def test_a_download_ends_when_nobody_waits_and_goes_on_later(on_hub: Path, to_hub, models: Path, monkeypatch):
    monkeypatch.setattr(fetching, "GRACE", 0)
    monkeypatch.setattr(fetching, "ASKED_EVERY", 0)
    here = True
    with serving_hub(on_hub, slow=".safetensors") as hub:
        to_hub(hub)
        download = start_download(ID, lambda: here)
        while download.done <= sum(file.stat().st_size for file in on_hub.glob("*.json")):  # until weights come
            assert not download.ended.wait(0.01)
        here = False
        while not download.ended.wait(0.01):
            hub.more()
        assert "nobody waited" in download.error
        assert parts(models), "kept for a day"
    assert not on_this_machine(ID)
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        assert load(ID).labels
        assert any(range_ for _, range_ in hub.asked)


def test_whoever_leaves_while_waiting_ends_it(on_hub: Path, to_hub, monkeypatch):
    monkeypatch.setattr(fetching, "GRACE", 0)

    class Left(Exception):
        pass

    def leave(line: str) -> None:
        raise Left

    with serving_hub(on_hub, slow=".safetensors") as hub:
        to_hub(hub)
        with pytest.raises(Left):
            load(ID, leave)
        under_way = fetching._under_way.get(ID)
        while under_way is not None and not under_way.ended.wait(0.01):
            hub.more()
    assert not on_this_machine(ID)


class Line:
    """Downloads that run until they are told to end; `here` says, by key and visitor, who still waits. Of those that are
    `silent` no byte comes.
    """

    def __init__(self) -> None:
        self.ends: dict[str, threading.Event] = {}
        self.here: dict[str, bool] = {}
        self.silent: set[str] = set()

    def add(self, key: str, visitor: str) -> Download:
        ends = self.ends.setdefault(key, threading.Event())
        self.here[key + visitor] = True

        def work(download: Download) -> None:
            while not ends.wait(0.01):
                if key not in self.silent:
                    download.arrived(1)

        return start(key, key, 10**9, work, lambda: self.here[key + visitor], visitor)

    def end(self, download: Download) -> None:
        self.ends[download.key].set()
        assert download.ended.wait(30)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(fetching, "ASKED_EVERY", 0.01)
    monkeypatch.setattr(fetching, "GRACE", 0)
    made = Line()
    yield made
    for ends in made.ends.values():
        ends.set()
    for download in list(fetching._under_way.values()):
        assert download.ended.wait(30)


def test_a_few_run_at_once_and_the_others_wait_in_the_order_in_which_they_came(line: Line):
    here = [line.add(f"model {index}", f"visitor {index}") for index in range(fetching.AT_ONCE + 2)]
    *running, next_one, last = here
    assert all(each.begun.wait(30) for each in running)
    assert not next_one.begun.is_set()
    assert str(next_one) == f"{next_one.key} waits until other downloads have ended"
    line.end(running[1])
    assert next_one.begun.wait(30)
    assert str(next_one).startswith(f"Downloading {next_one.key}: ")
    assert not last.begun.is_set()


def test_a_visitors_many_run_one_after_the_other_and_keep_nobody_else_waiting(line: Line):
    first, second, third = (line.add(f"model {index}", "one") for index in range(3))
    other = line.add("model of another", "another")
    assert first.begun.is_set()
    assert other.begun.is_set()
    assert not second.begun.is_set()
    assert line.add("model 2", "somebody else") is third
    assert third.begun.is_set(), "others wait for it too, and for nothing else"
    line.end(first)
    line.end(third)
    assert second.begun.wait(30)


def test_who_leaves_the_line_makes_room_and_downloads_nothing(line: Line):
    first, second, third = (line.add(f"model {index}", "one") for index in range(3))
    line.here["model 1one"] = False
    assert second.ended.wait(30)
    assert "nobody waited" in second.error
    assert (second.begun.is_set(), second.done) == (False, 0)
    line.here["model 0one"] = False
    assert first.ended.wait(30)
    assert third.begun.wait(30)


def test_a_silent_host_that_nobody_waits_for_takes_nobodys_place(line: Line):
    line.silent = {f"model {index}" for index in range(fetching.AT_ONCE)}
    *silent, waiting = [line.add(f"model {index}", f"visitor {index}") for index in range(fetching.AT_ONCE + 1)]
    assert all(each.begun.wait(30) for each in silent)
    assert not waiting.begun.is_set()
    line.here["model 0visitor 0"] = False
    assert waiting.begun.wait(30)
    assert not silent[0].ended.is_set()


@pytest.mark.parametrize("sizes", [True, False], ids=["told before", "told by the file's host alone"])
def test_what_is_too_large_is_not_downloaded(sizes: bool, on_hub: Path, to_hub, models: Path, monkeypatch: pytest.MonkeyPatch):
    with (on_hub / "model.safetensors").open("r+b") as file:
        file.truncate(2_000_000)
    monkeypatch.setenv("DASHBOARD_DOWNLOAD_MB", "1")
    with serving_hub(on_hub, sizes=sizes) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="takes 2 MB: more than the 1 MB that may be downloaded"):
            load(ID)
        assert hub.count(".safetensors") == (0 if sizes else 1)
    assert not parts(models)


def test_what_is_larger_than_announced_is_not_kept(on_hub: Path, to_hub, models: Path):
    with serving_hub(on_hub, told={"model.safetensors": 100}) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="more came than was announced"):
            load(ID)
    assert not parts(models)


def test_a_server_that_downloads_nothing(on_hub: Path, to_hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DASHBOARD_DOWNLOAD_MB", "0")
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="lab/model is not on this machine, and this server downloads nothing"):
            load(ID)
        assert not hub.asked


def test_a_host_that_falls_silent(on_hub: Path, to_hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "STALLED", 0.2)
    with serving_hub(on_hub, slow=".safetensors") as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="no byte came"):
            load(ID)


def test_a_full_disk(on_hub: Path, to_hub, models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "SPARE", 2**60)
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="The server's disk has no room for lab/model"):
            load(ID)
    assert not parts(models)


def test_old_parts_are_removed(on_hub: Path, to_hub, models: Path):
    folder = Path(constants.HF_HUB_CACHE, "models--some--other", "snapshots", "1" * 40)
    folder.mkdir(parents=True)
    old, young = folder / f"old{PART}", folder / f"young{PART}"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        load(ID)
    assert parts(models) == [young]


def test_an_unknown_id(on_hub: Path, to_hub):
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="nobody/none is not on the Hugging Face hub"):
            load("hf/nobody/none")


def test_a_repository_of_pickles(on_hub: Path, to_hub):
    (on_hub / "model.safetensors").rename(on_hub / "pytorch_model.bin")
    with serving_hub(on_hub) as hub:
        to_hub(hub)
        with pytest.raises(ModelError, match="no safetensors"):
            load(ID)
        assert len(hub.asked) == 1, "it is seen from the list of its files"


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


def test_a_torchvision_file_is_downloaded_once(squeezenet: Path, to_torchvision):
    with serving_hub(squeezenet.parent) as hub:
        to_torchvision(hub)
        assert not on_this_machine(SQUEEZENET)
        assert load(SQUEEZENET).source == "torchvision"
    assert on_this_machine(SQUEEZENET)
    assert load(SQUEEZENET).labels


def test_a_torchvision_model_tells_its_bytes_as_they_come_and_as_they_are_read(squeezenet: Path, to_torchvision):
    said: list[str] = []
    with serving_hub(squeezenet.parent, slow=".pth", piece=100_000) as hub:
        to_torchvision(hub)
        hub.more(10)  # of a half of 2.5 MB
        load(SQUEEZENET, lambda line: said.append(line) or hub.more(1))
    whole = in_megabytes(squeezenet.stat().st_size)
    assert f"Downloading {title_of(SQUEEZENET)}: 4 MB of {whole} …" in said
    assert f"Reading its weights: {whole} of {whole}" in said


@pytest.mark.parametrize("new_format", [True, False])
def test_a_file_of_either_format_tells_the_bytes_that_are_read(
    new_format: bool, squeezenet: Path, to_torchvision, models: Path
):
    """torch has two formats, and torchvision's files are of both. Who leaves ends it by their own error."""
    there = torch.load(squeezenet)
    file = Path(torch.hub.get_dir(), "checkpoints", squeezenet.name)
    file.parent.mkdir(parents=True)
    torch.save(there, file, _use_new_zipfile_serialization=new_format)
    weights = SqueezeNet1_1_Weights.DEFAULT.value
    weights, said = replace(weights, url=f"https://nowhere/{squeezenet.name}"), []
    read = downloads.torchvision_state("squeezenet1_1", weights, said.append)
    assert all(torch.equal(read[name], tensor) for name, tensor in there.items())
    assert len(said) > 5
    assert said[-1] == "Reading its weights: 5 MB of 5 MB"

    def leave(line: str) -> None:
        raise ModelError(f"left at {line}")

    with pytest.raises(ModelError, match="left at Reading"):
        downloads.torchvision_state("squeezenet1_1", weights, leave)
    file.write_bytes(file.read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match="the file of its weights can't be read"):
        downloads.torchvision_state("squeezenet1_1", weights)


@pytest.mark.parametrize("key", ["bundled/cnn", "bundled/vit", SQUEEZENET, "hf/mine"])
def test_what_is_read_from_this_machine_tells_its_bytes(key: str, models: Path):
    save_file(squeezenet1_1().state_dict(), models / "squeezenet1_1.safetensors")
    save(FAMILIES["vit"].build(), models / "mine")
    said: list[str] = []
    load(key, said.append)
    name = key.partition("/")[2]
    files = (BUNDLED / name / "model.safetensors", models / name / "model.safetensors", models / f"{name}.safetensors")
    [size] = [file.stat().st_size for file in files if file.exists()]
    whole = in_megabytes(size)
    assert f"Reading its weights: {whole} of {whole}" in said


def test_a_torchvision_file_cut_off_is_gone_on_with(squeezenet: Path, to_torchvision):
    with serving_hub(squeezenet.parent, cut_off=".pth") as hub:
        to_torchvision(hub)
        with pytest.raises(ModelError, match="2 MB of 5 MB came"):
            load(SQUEEZENET)
    assert not on_this_machine(SQUEEZENET)
    with serving_hub(squeezenet.parent) as hub:
        to_torchvision(hub)
        assert load(SQUEEZENET).labels
        assert hub.asked == [(f"/{squeezenet.name}", f"bytes={squeezenet.stat().st_size // 2}-")]


def test_another_file_than_the_name_says_is_not_kept(squeezenet: Path, to_torchvision, tmp_path: Path, models: Path):
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / squeezenet.name).write_bytes(squeezenet.read_bytes()[:-1] + b"!")
    with serving_hub(tmp_path / "wrong") as hub:
        to_torchvision(hub)
        with pytest.raises(ModelError, match="not the file that was announced"):
            load(SQUEEZENET)
    assert not on_this_machine(SQUEEZENET)
    assert not parts(models)


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
    with serving_hub(on_hub) as hub:
        require_network(hub.address, "It")
