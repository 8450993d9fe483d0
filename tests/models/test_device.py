"""Where models run, and how many passes at once."""

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import torch

from dashboard.models import device, zoo
from dashboard.models.device import (
    OPERATIONS_A_STEP,
    PASSES,
    chosen_device,
    counted,
    device_name,
    in_the_background,
    pass_under_way,
    slow_work,
    slowly,
)
from dashboard.models.families.bundled import Bundled
from dashboard.progress import advance, watched

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


@pytest.mark.parametrize(("operations", "batches"), [(0, [5]), (OPERATIONS_A_STEP["cpu"] / 2, [2, 2, 1]), (10**15, [1] * 5)])
def test_slow_work_asks_a_large_model_about_few_photos_at_once(operations: int, batches: list[int]) -> None:
    """No batch of a large model holds its place for seconds; what comes of it stays the same."""
    asked, told = [], []

    def answer(stage: int, photos: torch.Tensor) -> torch.Tensor:
        asked.append(len(photos))
        return photos.flatten(1).sum(1) + stage

    photos = torch.arange(30.0).view(5, 3, 1, 2)
    call = counted(answer, CPU, batch=1)
    with watched(told.append), slow_work(CPU, operations):
        slow = call(1, photos)
    assert asked == told == batches
    assert slow.equal(call(1, photos))
    assert asked == [*batches, 5], "quick work is not split"


def test_gradients_of_each_stage_stay_as_they_are_in_parts() -> None:
    call = counted(lambda stage, maps, weights: (maps * weights, maps.sum((2, 3))), CPU, batch=1)
    asked = (0, torch.rand(3, 2, 4, 5), torch.rand(5))
    with slow_work(CPU, 10**15):
        parts = call(*asked)
    assert all(part.equal(whole) for part, whole in zip(parts, call(*asked), strict=True))


def test_opening_a_model_leaves_the_processor_to_whoever_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's slider goes first, and who asked for the model is in no other thread's place afterwards."""

    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before, inside, load = own(), [], Bundled.open
    monkeypatch.setattr(Bundled, "open", lambda *asked: inside.append(own()) or load(*asked))
    zoo.load("bundled/cnn")
    assert inside == [before + (device.NICE if sys.platform == "linux" else 0)]
    assert own() == before


def test_a_slow_method_leaves_the_processor_to_whoever_needs_it() -> None:
    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def work() -> int:
        for _ in range(3):
            advance(2)
        return own()

    before, told = own(), []
    with watched(told.append):
        inside = slowly(work, CPU, 1)
    assert inside == before + (device.NICE if sys.platform == "linux" else 0)
    assert own() == before
    assert sum(told) == 6, "its steps are told where it was asked for"


def test_who_leaves_stops_their_slow_method_at_its_next_step() -> None:
    class Left(Exception):
        pass

    def leave(_: int) -> None:
        raise Left

    def for_ever() -> None:
        while True:
            advance(1)

    with pytest.raises(Left), watched(leave):
        slowly(for_ever, CPU, 1)
    with all_places_free():
        pass


def all_places_free() -> ExitStack:
    """Every place of the CPU, each given at once."""
    with ExitStack() as places:
        for _ in range(PASSES["cpu"]):
            places.enter_context(pass_under_way(CPU, pytest.fail))
        return places.pop_all()


def test_who_leaves_stops_the_model_that_they_were_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    class Left(Exception):
        pass

    def leave(message: str) -> None:
        raise Left

    def for_ever(*_: object) -> None:
        while True:
            advance(0)

    with monkeypatch.context() as patched:
        patched.setattr(Bundled, "open", for_ever)
        with pytest.raises(Left):
            zoo.load("bundled/cnn", leave)
    assert zoo.load("bundled/cnn", leave_nobody).key == "bundled/cnn", "the next one finds the way free"


def leave_nobody(message: str) -> None:
    """Waits as long as it takes."""


def test_what_goes_wrong_in_the_background_is_told() -> None:
    with pytest.raises(ZeroDivisionError):
        in_the_background(lambda: 1 / 0, leave_nobody)
