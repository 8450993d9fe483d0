"""Where models run, and how many passes at once."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from dashboard.models import device
from dashboard.models.device import PASSES, chosen_device, device_name, pass_under_way

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def fresh() -> None:
    chosen_device.cache_clear()
    device._turns.cache_clear()


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_DEVICE", "cpu")
    assert chosen_device() == CPU
    assert device_name(chosen_device()) == "CPU"


@pytest.mark.parametrize("wanted", ["tpu", "gpu", "CPU", " ", "cuda", "cuda:0", "mps", "cpu:3", "cuda:-1", "cpu\n"])
def test_a_device_that_is_not_there(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv("DASHBOARD_DEVICE", wanted)
    with pytest.raises(ValueError, match=rf"^expected DASHBOARD_DEVICE to name one of cpu.*, got {re.escape(repr(wanted))}$"):
        chosen_device()


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "cuda:1"])
def test_a_device_that_is_there(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("DASHBOARD_DEVICE", wanted)
    assert chosen_device() == torch.device(wanted)
    monkeypatch.setenv("DASHBOARD_DEVICE", "cuda:2")
    chosen_device.cache_clear()
    with pytest.raises(ValueError, match="one of cpu, cuda, cuda:0, cuda:1, got 'cuda:2'"):
        chosen_device()


@pytest.mark.parametrize(("cuda", "mps", "kind"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_without_a_choice_the_fastest_is_taken(cuda: bool, mps: bool, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHBOARD_DEVICE")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert chosen_device().type == kind
    assert kind in PASSES


def test_never_more_passes_than_places() -> None:
    lock, full = threading.Lock(), threading.Barrier(PASSES["cpu"], timeout=30)
    under_way, most = 0, 0

    def work(_: int) -> None:
        nonlocal under_way, most
        with pass_under_way(CPU):
            with lock:
                under_way += 1
                most = max(most, under_way)
            full.wait()  # all places are taken at once, and no more
            with lock:
                under_way -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16 * PASSES["cpu"])))
    assert (most, under_way) == (PASSES["cpu"], 0)


def test_who_waits_is_told_and_may_leave() -> None:
    class Left(Exception):
        pass

    told = []

    def leave(message: str) -> None:
        told.append(message)
        raise Left

    places = [pass_under_way(CPU) for _ in range(PASSES["cpu"])]
    for place in places:
        place.__enter__()
    with pytest.raises(Left), pass_under_way(CPU, leave):
        pytest.fail("a pass began with every place taken")
    for place in places:
        place.__exit__(None, None, None)
    assert told == ["Waiting for other passes on this machine to end …"]
    with pass_under_way(CPU, leave):  # whoever left took no place along
        pass


def test_a_pass_that_fails_gives_its_place_back() -> None:
    for _ in range(PASSES["cpu"] + 1):
        with pytest.raises(ZeroDivisionError), pass_under_way(CPU, pytest.fail):
            _ = 1 / 0
